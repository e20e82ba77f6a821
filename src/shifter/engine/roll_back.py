"""roll_back: make every edge all blue, and settle only when that is certain.

Whoever decided to go back has said so in the record; then nothing is asked before
all edges are written.  It settles after a second read-back that is equal too
and later than any weight write that a claim still allowed, so that no raise which was
under way can land afterwards.  DNS and capacity follow as well as they can: once every
edge is all blue, they decide nothing about risk.
"""

from __future__ import annotations

from datetime import datetime

from shifter.core.directive import ACTING, SOONEST, Directive, Next
from shifter.core.errors import AwsError
from shifter.core.notice import Severity
from shifter.core.phases import ENDS, GOING_BACK, Action, after
from shifter.core.record import Record, Rollback
from shifter.engine import all_blue
from shifter.engine.finish import provable_at
from shifter.engine.observe import unable_edges
from shifter.engine.saving import (
    EVENTS_PER_VERB,
    deliver,
    direct,
    ending,
    load,
    save,
    superseded,
)
from shifter.ports import Ports

STUCK_AFTER = 3
"""Failed attempts after which people are paged."""
GIVE_UP_AFTER = 40
"""Failed attempts after which the execution ends; the watchdog goes on."""


def roll_back(directive: Directive, ports: Ports, reason: str) -> Directive:
    """Carry out a directive of the state machine to go back.

    `reason` is used if nobody has decided to go back yet.
    """
    record = load(ports, directive.cutover_id)
    if record.owner != directive.owner:
        return superseded(directive)
    return go_back(record, ports, actor="roll_back", reason=reason)


def go_back(record: Record, ports: Ports, *, actor: str, reason: str) -> Directive:
    """Go back to all blue, whoever asked.  Twice is the same as once."""
    if record.phase in ENDS:
        return ending(record, ports)
    if record.phase not in GOING_BACK:
        record = _intend(record, ports, actor, reason)
    begun = record.way_back
    looked_at = ports.clock.now()  # before the look: its answer may take its time
    confirmed = begun.verified_at is not None and not all_blue.read(ports)
    if confirmed and no_write_under_way(record, looked_at):
        return _settle(record, ports)
    if not confirmed:
        begun, wrong = _write(record, begun, ports)
        if wrong:
            return _try_again(record, begun, wrong, ports)
    return _wait_to_settle(record, begun, ports)


def _intend(record: Record, ports: Ports, actor: str, reason: str) -> Record:
    now = ports.clock.now()
    return save(
        ports,
        record.model_copy(
            update={
                "phase": after(record.phase, Action.ROLL_BACK),
                "reason": reason,
                "decided": record.version + 1,
                "look_again_at": now + ACTING,
                "rollback": Rollback(
                    since=now, reason=reason, unable=unable_edges(ports)
                ),
            }
        ),
        now=now,
        actor=actor,
        action=Action.ROLL_BACK,
        rule="asked",
        reason=reason,
        before=record.phase,
        notify=Severity.PAGE,
    )


def _write(record: Record, begun: Rollback, ports: Ports) -> tuple[Rollback, str]:
    """Write all blue and read it back; return what is wrong, or nothing."""
    if begun.attempts:
        begun = begun.model_copy(update={"unable": unable_edges(ports)})
    wrong = all_blue.write(record.baseline.edges, ports, begun.unable)
    return begun, all_blue.told(wrong)


def no_write_under_way(record: Record, now: datetime) -> bool:
    """Tell whether no write that a claim allowed can land any more."""
    return record.writes_end_at is None or now > record.writes_end_at


def _wait_to_settle(record: Record, begun: Rollback, ports: Ports) -> Directive:
    """Save that all blue was read; look once more when no write can land any more."""
    now = ports.clock.now()
    until = max(now, record.writes_end_at or now) + SOONEST
    saved = save(
        ports,
        record.model_copy(
            update={
                "rollback": begun.model_copy(update={"verified_at": now}),
                "look_again_at": until,
                "history_events": record.history_events + EVENTS_PER_VERB,
            }
        ),
        now=now,
        actor="roll_back",
        action="verify",
        rule="read_back",
        reason="every edge shows all blue; looking once more before it counts",
        before=record.phase,
    )
    _follow(saved, ports)
    return direct(deliver(ports, saved), Next.ROLL_BACK_LATER, until)


def bring_dns_back(record: Record, ports: Ports) -> str:
    """Let DNS answer as it did at the start; return what did not work."""
    try:
        share, state = record.baseline.dns_share, ports.dns.read()
        if share is not None and state is not None and state.share() != share:
            ports.dns.write(share)
    except AwsError as error:
        return f"DNS is not back: {error}"
    return ""


def _follow(record: Record, ports: Ports) -> str:
    """Bring DNS and capacity back as well as possible; return what did not work."""
    problems = [bring_dns_back(record, ports)]
    try:
        ports.capacity.keep()  # an abort may have come while finish was releasing it
        running = record.baseline.capacity.get("running")
        if running is not None:
            ports.capacity.raise_to(running)
    except AwsError as error:
        problems.append(f"capacity of blue was not raised: {error}")
    return "; ".join(filter(None, problems))


def _try_again(record: Record, begun: Rollback, wrong: str, ports: Ports) -> Directive:
    """Not all blue: page when it is stuck, and try again."""
    now = ports.clock.now()
    attempts = begun.attempts + 1
    stuck = attempts >= STUCK_AFTER or bool(begun.unable)
    action = Action.STUCK if stuck else Action.ROLL_BACK
    until = now + SOONEST
    phase = after(record.phase, action)
    saved = save(
        ports,
        record.model_copy(
            update={
                "phase": phase,
                "reason": f"{begun.reason}; not all blue: {wrong}",
                "rollback": begun.model_copy(
                    update={"attempts": attempts, "verified_at": None}
                ),
                "look_again_at": until,
                "history_events": record.history_events + EVENTS_PER_VERB,
            }
        ),
        now=now,
        actor="roll_back",
        action=action,
        rule="read_back",
        reason=f"attempt {attempts} did not make every edge all blue: {wrong}",
        before=record.phase,
        notify=Severity.PAGE
        if phase is not record.phase or attempts == GIVE_UP_AFTER
        else None,
    )
    saved = deliver(ports, saved)
    if attempts >= GIVE_UP_AFTER:
        return direct(saved, Next.END_STUCK, until)
    return direct(saved, Next.ROLL_BACK_LATER, until)


def _settle(record: Record, ports: Ports) -> Directive:
    """Save the fact: all blue, read twice, and no write can undo it."""
    saved = settle(
        record,
        ports,
        actor="roll_back",
        action=Action.SETTLE,
        rule="second_read_back",
        reason=f"all blue, read twice, because: {record.way_back.reason}",
        problems=_follow(record, ports),
    )
    return direct(deliver(ports, saved), Next.FINISH, ports.clock.now())


def settle(
    record: Record,
    ports: Ports,
    *,
    actor: str,
    action: str,
    rule: str,
    reason: str,
    problems: str = "",
) -> Record:
    """Save the end at all blue; blue may scale in, and the lock is free.

    `problems` is what did not follow, which people are told.
    """
    try:
        ports.capacity.release(record.baseline.suspended)
    except AwsError as error:
        told = f"scaling of blue stays off: {error}"
        problems = "; ".join(filter(None, [problems, told]))
    now = ports.clock.now()
    begun = record.way_back
    verified_at = begun.verified_at or now
    return save(
        ports,
        record.model_copy(
            update={
                "phase": after(record.phase, Action.SETTLE),
                "reason": begun.reason,
                "rollback": begun.model_copy(update={"verified_at": verified_at}),
                "ended_at": now,
                "look_again_at": max(provable_at(verified_at), now + ACTING),
            }
        ),
        now=now,
        actor=actor,
        action=action,
        rule=rule,
        reason="; ".join(filter(None, [reason, problems])),
        before=record.phase,
        notify=Severity.PAGE if problems else Severity.INFO,
    )
