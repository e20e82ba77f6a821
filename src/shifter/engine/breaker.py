"""breaker: go back as soon as an alarm fires, without waiting for the next poll.

Rules of this file
* Only an alarm that the active cutover's plan names with `on_alarm: roll_back` counts.
* An event is a hint, and may be old or come twice: one from before the cutover is
  ignored, and the alarm is read again.  OK now is written into the journal and no more;
  whatever is not OK, and an alarm that cannot be read, leads back.
* Who is going back already needs no breaker.
"""

from __future__ import annotations

from datetime import datetime

from shifter.core.directive import Directive
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import OnBad, Unreadable
from shifter.core.phases import GOING_BACK
from shifter.core.record import Record
from shifter.engine.active import active
from shifter.engine.roll_back import go_back
from shifter.engine.saving import persistently, save
from shifter.ports import Ports


def trip(alarm: str, changed_at: datetime, ports: Ports) -> Directive | None:
    """Go back because of an alarm; None when it was no reason to.

    When somebody else saves at the same moment, it is tried again on what they saved.
    """
    return persistently(lambda: _once(alarm, changed_at, ports))


def _once(alarm: str, changed_at: datetime, ports: Ports) -> Directive | None:
    record = active(ports)
    if record is None or record.phase in GOING_BACK:
        return None
    gate = _gate(alarm, record)
    if gate is None or changed_at < record.started_at:
        return None
    trouble = _trouble(gate, record, ports)
    if not trouble:
        _ignore(gate, record, ports)
        return None
    return go_back(
        record, ports, actor="breaker", reason=f"alarm {gate.alarm} {trouble}"
    )


def _gate(alarm: str, record: Record) -> AlarmGate | None:
    """The gate that lets this alarm lead back, if there is one."""
    found = (
        gate
        for gate in record.plan.gates
        if isinstance(gate, AlarmGate)
        and gate.alarm == alarm
        and gate.on_alarm is OnBad.ROLL_BACK
    )
    return next(found, None)


def _trouble(gate: AlarmGate, record: Record, ports: Ports) -> str:
    """What the alarm says against going on when it is read again; empty when OK."""
    situation = record.situation(gate, ports.clock.now())
    read = ports.readers[gate.kind].read([gate], {gate.name: situation})
    seen: AlarmSeen | Unreadable = read.get(gate.name, Unreadable("it was not told"))
    if isinstance(seen, Unreadable):
        return f"changed to ALARM, and cannot be read: {seen.detail}"
    if seen.state is AlarmState.OK:
        return ""
    return f"is in {seen.state}" + (f": {seen.reason}" if seen.reason else "")


def _ignore(gate: AlarmGate, record: Record, ports: Ports) -> None:
    save(
        ports,
        record,
        now=ports.clock.now(),
        actor="breaker",
        action="ignore",
        rule="alarm_ok_now",
        reason=f"alarm {gate.alarm} changed to ALARM, and is OK now",
        before=record.phase,
    )
