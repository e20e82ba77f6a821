"""control: take an operator's order into the record; the next assessment acts on it.

An order never touches weights itself.  Each is one conditional save; when somebody else
saves at the same moment, the order is tried again on what they saved.

An answer counts only when it is asked for, so nobody approves what they have not seen.
What leads out at any time is an abort; neither it nor a refusal can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shifter.core.callers import may_be_one
from shifter.core.errors import Refused
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.gate import OnDeadline
from shifter.core.lanes import percent
from shifter.core.notice import Severity
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.quantities import format_duration
from shifter.core.record import Record
from shifter.engine.saving import deliver, load, persistently, save
from shifter.ports import Ports


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

    return _take(cutover_id, ports, order, action="abort", by=by, reason=reason)


def pause(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """Hold at the present step until somebody resumes."""

    def order(record: Record) -> Record:
        if record.pause is not None:
            raise Refused(f"{cutover_id} is paused already by {record.pause.by}")
        told = Pause(by=by, at=ports.clock.now(), reason=reason)
        return record.model_copy(update={"pause": told})

    return _take(cutover_id, ports, order, action="pause", by=by, reason=reason)


def resume(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """Go on.  Weights that were changed by hand are made the step's again."""

    def order(record: Record) -> Record:
        edited = bool(record.adopted) or "weights" in record.waiting
        if record.pause is None and not edited:
            raise Refused(f"{cutover_id} is not paused: there is nothing to resume")
        told = Resume(by=by, at=ports.clock.now(), reason=reason) if edited else None
        return record.model_copy(update={"pause": None, "resume": told})

    return _take(cutover_id, ports, order, action="resume", by=by, reason=reason)


def answer(
    cutover_id: str, ports: Ports, *, gate: str, approved: bool, by: str, reason: str
) -> Record:
    """Approve or decline what is asked for now; declining leads back to blue."""

    def order(record: Record) -> Record:
        now, asked = ports.clock.now(), _approval(record, gate)
        if approved and not asked.allow_starter:
            _somebody_else(by, record)
        if record.phase in GOING_BACK:
            raise Refused(f"{cutover_id} is going back already: {record.reason}")
        if gate not in record.waiting:
            way_out = "" if approved else "; an abort leads out at any time"
            raise Refused(_not_asked(record, asked, now) + way_out)
        declined = _declined(record, gate) if approved else None
        if declined is not None:
            raise Refused(
                f"{declined.by} declined {gate} already: the next assessment goes back"
            )
        if approved and _expired(record, asked, now):
            deadline = format_duration(record.plan.deadline(asked))
            raise Refused(
                f"{gate} has expired: it was awaited for {deadline}, "
                "and now the plan rolls back"
            )
        told = Answer(gate=gate, approved=approved, by=by, at=now, reason=reason)
        return record.model_copy(update={"answers": (*record.answers, told)})

    action = "approve" if approved else "decline"
    return _take(cutover_id, ports, order, action=action, by=by, reason=reason)


def _approval(record: Record, name: str) -> ApprovalGate:
    """The approval gate of this name.  Raises Refused."""
    gates = {g.name: g for g in record.plan.gates if isinstance(g, ApprovalGate)}
    if name not in gates:
        raise Refused(
            f"{name} is not an approval gate of {record.cutover_id}: "
            f"it has {', '.join(gates) or 'none'}"
        )
    return gates[name]


def _not_asked(record: Record, gate: ApprovalGate, now: datetime) -> str:
    """Why nobody waits for an answer at this gate now."""
    before = percent(gate.before)
    if all(step.share != gate.before for step in record.plan.steps[record.step :]):
        return f"{gate.name} is over: the step to {before} was begun"
    situation = record.situation(gate, now)
    given = gate.last_answer(situation)
    if given is not None and situation.next_share == gate.before:
        return f"{given.by} has answered {gate.name} already: {given.reason}"
    return f"{gate.name} is not due yet: it is asked for before {before}"


def _somebody_else(by: str, record: Record) -> None:
    """Raise Refused for who has started the cutover, or may have."""
    starter = record.started_by
    if by == starter:
        told = f"{by} started {record.cutover_id}: somebody else must approve it"
        raise Refused(told)
    if may_be_one(by, starter):
        raise Refused(
            f"{by} may be {starter}, who started {record.cutover_id}: a session that "
            "is named by the time tells nobody apart: set role_session_name"
        )


def _declined(record: Record, gate: str) -> Answer | None:
    """The refusal at this gate that no assessment has acted upon yet."""
    told = (a for a in record.answers if a.gate == gate and not a.approved)
    return next(told, None)


def _expired(record: Record, gate: ApprovalGate, now: datetime) -> bool:
    """Tell whether the next assessment rolls back for want of an answer."""
    if gate.on_deadline is not OnDeadline.ROLL_BACK:
        return False
    return now - record.waiting[gate.name] >= record.plan.deadline(gate)


def _take(
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

    return persistently(once)
