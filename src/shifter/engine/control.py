"""control: take an operator's order into the record; the next assessment acts on it.

An order never touches weights itself.  Each is one conditional save; when somebody else
saves at the same moment, the order is tried again on what they saved.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from shifter.core.errors import Conflict, Refused
from shifter.core.gates.approval import ApprovalGate
from shifter.core.notice import Severity
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.record import Record
from shifter.engine.saving import deliver, load, save
from shifter.ports import Ports

ATTEMPTS = 5


def abort(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """Go back at the next assessment.  Cannot be taken back."""

    def order(record: Record) -> Record:
        if record.phase in GOING_BACK:
            raise Refused(f"{cutover_id} is going back already: {record.reason}")
        if record.abort is not None:
            raise Refused(
                f"{record.abort.by} aborted {cutover_id} already: "
                "the next assessment goes back"
            )
        told = Abort(by=by, at=ports.clock.now(), reason=reason)
        return record.model_copy(update={"abort": told})

    return take(cutover_id, ports, order, action="abort", by=by, reason=reason)


def pause(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """Hold at the present step until somebody resumes."""

    def order(record: Record) -> Record:
        if record.pause is not None:
            raise Refused(f"{cutover_id} is paused already by {record.pause.by}")
        told = Pause(by=by, at=ports.clock.now(), reason=reason)
        return record.model_copy(update={"pause": told})

    return take(cutover_id, ports, order, action="pause", by=by, reason=reason)


def resume(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """Go on.  Weights that were changed by hand are made the step's again."""

    def order(record: Record) -> Record:
        edited = bool(record.adopted) or "weights" in record.waiting
        if record.pause is None and not edited:
            raise Refused(f"{cutover_id} is not paused: there is nothing to resume")
        told = Resume(by=by, at=ports.clock.now(), reason=reason) if edited else None
        return record.model_copy(update={"pause": None, "resume": told})

    return take(cutover_id, ports, order, action="resume", by=by, reason=reason)


def answer(
    cutover_id: str, ports: Ports, *, gate: str, approved: bool, by: str, reason: str
) -> Record:
    """Approve or decline at an approval gate; declining leads back to blue."""

    def order(record: Record) -> Record:
        found = next((g for g in record.plan.gates if g.name == gate), None)
        if not isinstance(found, ApprovalGate):
            names = ", ".join(
                g.name for g in record.plan.gates if isinstance(g, ApprovalGate)
            )
            raise Refused(
                f"{gate} is not an approval gate of {cutover_id}: "
                f"it has {names or 'none'}"
            )
        if approved and by == record.started_by and not found.allow_starter:
            raise Refused(f"{by} started {cutover_id}: somebody else must approve it")
        told = Answer(
            gate=gate, approved=approved, by=by, at=ports.clock.now(), reason=reason
        )
        return record.model_copy(update={"answers": (*record.answers, told)})

    action = "approve" if approved else "decline"
    return take(cutover_id, ports, order, action=action, by=by, reason=reason)


def take(
    cutover_id: str,
    ports: Ports,
    order: Callable[[Record], Record],
    *,
    action: str,
    by: str,
    reason: str,
) -> Record:
    """Save what `order` makes of the record; again on what somebody else saved."""

    def once() -> Record:
        record = load(ports, cutover_id)
        if record.phase in ENDS:
            raise Refused(f"{cutover_id} has ended: {record.phase}")
        saved = save(
            ports,
            order(record),
            now=ports.clock.now(),
            actor=by,
            action=action,
            rule="ordered",
            reason=reason,
            before=record.phase,
            notify=Severity.INFO,
        )
        return deliver(ports, saved)

    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return once()
    return once()
