"""finish: end a cutover, or prove after a rollback that green is quiet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, Conflict
from shifter.core.gates.gate import Unreadable
from shifter.core.intervals import INTERVAL, SETTLE, closed_before, first_interval
from shifter.core.lanes import Lane, Split
from shifter.core.notice import Severity
from shifter.core.phases import ENDS, Action, Phase, after
from shifter.core.quantities import told_moment
from shifter.core.record import Proof, Record
from shifter.engine.rotations import let_rotate
from shifter.engine.saving import deliver, direct, ending, load, save, superseded
from shifter.ports import Ports

QUIET = 2 * INTERVAL
"""So long must no request have reached another lane than blue."""
PROOF_DEADLINE = timedelta(minutes=15)


def finish(directive: Directive, ports: Ports) -> Directive:
    """Complete what was decided to be complete, or look for the proof of safety."""
    record = load(ports, directive.cutover_id)
    if record.owner != directive.owner:
        return superseded(directive)
    if record.phase is Phase.ROLLED_BACK and record.proof is None:
        return prove(record, ports, actor="finish")
    if record.phase in ENDS:
        return ending(record, ports)
    going_on = record.phase is Phase.BAKING and not record.told_to_stop
    if record.decided != directive.version or not going_on:
        return _leave_to_assess(record, ports)
    try:
        return _complete(record, ports)
    except Conflict:
        _keep_able(load(ports, record.cutover_id), ports)
        raise


def _complete(record: Record, ports: Ports) -> Directive:
    """Look at the edges once more, and end."""
    if not all_show(ports.edges.read(), record.split):
        return _leave_to_assess(record, ports)
    saved = complete(
        record,
        ports,
        actor="finish",
        action=Action.COMPLETE,
        rule="read_back",
        reason=record.reason,
    )
    let_rotate(saved, ports)
    return direct(deliver(ports, saved), Next.END_COMPLETED, ports.clock.now())


def _leave_to_assess(record: Record, ports: Ports) -> Directive:
    _keep_able(record, ports)
    return direct(record, Next.ASSESS, ports.clock.now())


def _keep_able(record: Record, ports: Ports) -> None:
    """Keep blue from scaling in again: a try that failed may have let it."""
    if record.phase is Phase.BAKING:
        with suppress(AwsError):
            ports.capacity.keep()


def all_show(states: Mapping[str, EdgeState | Unreadable], split: Split) -> bool:
    """Tell whether every edge can be read, and shows exactly this split."""
    return all(
        isinstance(state, EdgeState) and state.weights.matches(split)
        for state in states.values()
    )


def complete(
    record: Record, ports: Ports, *, actor: str, action: str, rule: str, reason: str
) -> Record:
    """Save the end at the last step: blue may scale in, and the lock is free."""
    problem = ""
    try:
        ports.capacity.release(record.baseline.suspended)
    except AwsError as error:
        problem = f"; scaling of blue stays off: {error}"
    now = ports.clock.now()
    return save(
        ports,
        record.model_copy(
            update={
                "phase": after(record.phase, Action.COMPLETE),
                "step": len(record.plan.steps),
                "ended_at": now,
            }
        ),
        now=now,
        actor=actor,
        action=action,
        rule=rule,
        reason=reason + problem,
        before=record.phase,
        notify=Severity.PAGE if problem else Severity.INFO,
    )


def provable_at(verified_at: datetime) -> datetime:
    """The first moment at which all blue, read at `verified_at`, can be proven."""
    return first_interval(verified_at) + QUIET + SETTLE


def prove(record: Record, ports: Ports, *, actor: str) -> Directive:
    """Proven safe: two closed minutes without requests elsewhere, and a probe.

    Whoever drives the cutover looks for it, or else the watchdog: looking changes
    nothing, and it is saved once.
    """
    now = ports.clock.now()
    verified_at = record.way_back.verified_at or now
    if now < provable_at(verified_at):
        until = max(provable_at(verified_at), now + SOONEST)
        return direct(deliver(ports, record), Next.FINISH_LATER, until)
    problem = _not_quiet(closed_before(now), ports) or _wrong_lane(record, ports)
    if problem and now - verified_at < PROOF_DEADLINE:
        return direct(deliver(ports, record), Next.FINISH_LATER, now + INTERVAL)
    return _save_proof(record, ports, actor, problem)


def _not_quiet(closed: datetime, ports: Ports) -> str:
    """What the last closed minutes say against safety; empty when they are quiet."""
    try:
        intervals = ports.traffic.intervals(closed - QUIET, closed)
    except AwsError as error:
        return f"request counts cannot be read: {error}"
    for interval in intervals:
        if not interval.count(Lane.BLUE):
            return f"no request count for blue at {told_moment(interval.start)}"
        for lane in (Lane.CANARY, Lane.GREEN):
            if interval.count(lane):
                return (
                    f"{interval.count(lane)} requests reached {lane} "
                    f"at {told_moment(interval.start)}"
                )
    return ""


def _wrong_lane(record: Record, ports: Ports) -> str:
    """What a probe through each edge says against safety."""
    for edge in sorted(record.baseline.edges):
        try:
            lane = ports.probe.lane(edge)
        except AwsError as error:
            return f"the probe through {edge} failed: {error}"
        if lane not in {Lane.BLUE, None}:
            return f"the probe through {edge} was answered by {lane}"
    return ""


def _save_proof(record: Record, ports: Ports, actor: str, problem: str) -> Directive:
    now = ports.clock.now()
    detail = problem or (
        f"no request left blue in {QUIET.seconds // 60} closed minutes, "
        "and every edge that has a probe answers from blue"
    )
    saved = save(
        ports,
        record.model_copy(
            update={"proof": Proof(at=now, safe=not problem, detail=detail)}
        ),
        now=now,
        actor=actor,
        action="prove",
        rule="not_proven" if problem else "proven_safe",
        reason=detail,
        before=record.phase,
        notify=Severity.PAGE if problem else Severity.INFO,
    )
    let_rotate(saved, ports)
    return direct(deliver(ports, saved), Next.END_ROLLED_BACK, now)
