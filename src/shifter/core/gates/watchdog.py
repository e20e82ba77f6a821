"""The watchdog's heartbeat: nobody goes on while nobody watches.

The alarm on the heartbeat treats missing data as breaching, so a watchdog that fails
and one that does not run look alike.  Which alarm it is, the deployment says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, assert_never

from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict


@dataclass(frozen=True, slots=True)
class HeartbeatSeen:
    """The alarm on the heartbeat, and what it is called."""

    name: str
    alarm: AlarmSeen


class WatchdogGate(Gate[HeartbeatSeen]):
    """Passes while the alarm on the watchdog's heartbeat is OK."""

    kind: Literal["watchdog"] = "watchdog"
    name: Literal["watchdog"] = "watchdog"

    to_start: ClassVar[str] = "the watchdog must run before a cutover can start"

    def look(
        self, seen: HeartbeatSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        del situation
        state, detail = self._tell(seen)
        return (
            Reading(
                state=state,
                detail=detail,
                source=f"alarm {seen.name}",
                at=seen.alarm.updated_at,
            ),
            Verdict.WAIT,
        )

    def _tell(self, seen: HeartbeatSeen) -> tuple[State, str]:
        match seen.alarm.state:
            case AlarmState.OK:
                return State.GOOD, "OK"
            case AlarmState.ALARM:
                why = seen.alarm.reason or "no reason given"
                return State.BAD, f"{seen.name} is in ALARM: {why}"
            case AlarmState.MISSING:
                return State.NO_DATA, f"no alarm is named {seen.name}"
            case AlarmState.INSUFFICIENT_DATA:
                return State.NO_DATA, f"{seen.name} has INSUFFICIENT_DATA"
            case _:
                assert_never(seen.alarm.state)
