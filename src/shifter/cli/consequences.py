"""What each gate leads to: a bad reading, silence, and waiting for too long.

Everything that does not pass either holds the cutover where it is or rolls it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate
from shifter.core.gates.capacity import CapacityGate
from shifter.core.gates.dns import DnsSettledGate
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Gate, OnBad, OnDeadline, OnSilence
from shifter.core.gates.hold import HoldGate
from shifter.core.gates.line import LineGate
from shifter.core.gates.replication import ReplicationGate
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate
from shifter.core.gates.watchdog import WatchdogGate
from shifter.core.gates.weights import WeightsGate
from shifter.core.lanes import percent
from shifter.core.quantities import format_duration


class Outcome(StrEnum):
    """What happens to the cutover."""

    HOLD = "hold"
    HOLD_AND_PAGE = "hold and page"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a reading leads to."""

    when: str
    then: Outcome


def when_bad(gate: Gate[Any]) -> tuple[Consequence, ...]:
    """What the bad readings of a gate lead to, the mildest first."""
    match gate:
        case AlarmGate():
            return (Consequence("in ALARM", _bad(gate.on_alarm)),)
        case ReplicationGate():
            return _replication(gate)
        case TargetsGate():
            fewer = f"healthy {gate.lane} targets below {gate.minimum_healthy}"
            return (Consequence(fewer, _bad(gate.on_unhealthy)),)
        case SufficiencyGate():
            fewer = f"requests on {gate.lane} below {gate.minimum_requests}"
            return (Consequence(fewer, Outcome.HOLD),)
        case EvidenceGate():
            return (
                Consequence("too little evidence", Outcome.HOLD),
                Consequence("green worse than blue", _bad(gate.on_worse)),
            )
        case ApprovalGate():
            return (
                Consequence(f"no answer before {percent(gate.before)}", Outcome.HOLD),
                Consequence("declined", Outcome.ROLL_BACK),
            )
        case CalendarGate():
            return (Consequence("closed, or closing too soon", Outcome.HOLD),)
        case _:
            return _standing(gate)


def when_no_data(gate: Gate[Any]) -> Outcome | None:
    """What no data leads to; None for gates that always have some."""
    if gate.from_record or isinstance(
        gate, WeightsGate | DnsSettledGate | CalendarGate
    ):
        return None
    return _silence(gate.on_no_data)


def when_unreadable(gate: Gate[Any]) -> Outcome | None:
    """What it leads to that the source cannot be asked; None if it always can."""
    return None if gate.from_record else _silence(gate.on_unreadable)


def when_overdue(gate: Gate[Any], deadline: timedelta) -> Consequence:
    """What waiting for longer than its deadline in this plan leads to."""
    then = {
        OnDeadline.HOLD_AND_PAGE: Outcome.HOLD_AND_PAGE,
        OnDeadline.ROLL_BACK: Outcome.ROLL_BACK,
    }[gate.on_deadline]
    return Consequence(format_duration(deadline), then)


def can_roll_back(gate: Gate[Any]) -> bool:
    """Tell whether a bad reading of this gate can roll the cutover back."""
    return any(bad.then is Outcome.ROLL_BACK for bad in when_bad(gate))


def _standing(gate: Gate[Any]) -> tuple[Consequence, ...]:
    match gate:
        case WeightsGate():
            return (
                Consequence("changed by hand", Outcome.HOLD_AND_PAGE),
                Consequence("above the step's share", Outcome.ROLL_BACK),
            )
        case DnsSettledGate():
            return (Consequence("not INSYNC for one TTL", Outcome.HOLD),)
        case CapacityGate():
            return (Consequence("less blue than at the start", Outcome.HOLD),)
        case HoldGate():
            return (Consequence("paused", Outcome.HOLD),)
        case LineGate():
            return (Consequence("stopped", Outcome.HOLD),)
        case WatchdogGate():
            return (Consequence("no heartbeat", Outcome.HOLD),)
        case _:
            raise TypeError(f"nobody has said what a {gate.kind} gate leads to")


def _replication(gate: ReplicationGate) -> tuple[Consequence, ...]:
    found = [
        Consequence(f"lag above {format_duration(gate.hold_above)}", Outcome.HOLD),
        Consequence("task failed or stopped", _bad(gate.on_failed)),
    ]
    if gate.breach_above is not None:
        lag = f"lag above {format_duration(gate.breach_above)}, {gate.datapoints} times"
        found.append(Consequence(lag, Outcome.ROLL_BACK))
    return tuple(found)


def _bad(policy: OnBad) -> Outcome:
    return Outcome.HOLD if policy is OnBad.HOLD else Outcome.ROLL_BACK


def _silence(policy: OnSilence) -> Outcome:
    return Outcome.HOLD if policy is OnSilence.WAIT else Outcome.ROLL_BACK
