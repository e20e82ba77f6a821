"""CloudWatch alarms, metric and composite.

`DescribeAlarms` leaves names that do not exist out of its answer without a word, so a
missing alarm is a case of its own (CloudWatch API, `DescribeAlarms`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, assert_never

from pydantic import StringConstraints

from shifter.core.errors import Problem
from shifter.core.gates.gate import (
    Gate,
    OnBad,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
    lane_of_weight_zero,
)
from shifter.core.lanes import Lane


class AlarmState(StrEnum):
    """The states of CloudWatch, and one more."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    MISSING = "MISSING"
    """No alarm has this name."""


@dataclass(frozen=True, slots=True)
class AlarmSeen:
    """An alarm as CloudWatch tells it."""

    state: AlarmState
    actions_enabled: bool = True
    updated_at: datetime | None = None
    reason: str = ""


class AlarmGate(Gate[AlarmSeen]):
    """Passes while the alarm is OK."""

    kind: Literal["alarm"] = "alarm"
    alarm: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    """Name of the CloudWatch alarm, metric or composite."""
    on_alarm: OnBad
    """What ALARM leads to.  No default: it is the main decision of a plan."""
    lane: Lane | None = None
    """The lane whose traffic the alarm watches: without weight there it has no data."""

    def look(self, seen: AlarmSeen, situation: Situation) -> tuple[Reading, Verdict]:
        state, detail = self._tell(seen, situation)
        return (
            Reading(
                state=state,
                detail=detail,
                source=f"alarm {self.alarm}",
                at=seen.updated_at,
            ),
            self.on_alarm.verdict,
        )

    def _tell(self, seen: AlarmSeen, situation: Situation) -> tuple[State, str]:
        match seen.state:
            case AlarmState.OK:
                return State.GOOD, "OK"
            case AlarmState.ALARM:
                return State.BAD, f"in ALARM: {seen.reason or 'no reason given'}"
            case AlarmState.MISSING:
                return State.NO_DATA, f"no alarm is named {self.alarm}"
            case AlarmState.INSUFFICIENT_DATA:
                if lane_of_weight_zero(situation, self.lane):
                    return State.GOOD, f"no data, and no traffic on {self.lane} yet"
                return State.NO_DATA, "INSUFFICIENT_DATA"
            case _:
                assert_never(seen.state)

    def refusal(
        self, seen: AlarmSeen | Unreadable, situation: Situation
    ) -> Problem | None:
        """An alarm that cannot speak, or that is speaking, refuses the start."""
        if isinstance(seen, Unreadable):
            return super().refusal(seen, situation)
        field = f"gate {self.name}"
        if seen.state is AlarmState.MISSING:
            return Problem(
                field, self.alarm, "no such alarm: create it or correct the name"
            )
        if seen.state is AlarmState.ALARM:
            return Problem(
                field, f"{self.alarm} is in ALARM", "clear its cause before starting"
            )
        if not seen.actions_enabled:
            return Problem(
                field,
                f"the actions of {self.alarm} are disabled",
                "somebody muted it: enable its actions",
            )
        if seen.state is AlarmState.INSUFFICIENT_DATA and not lane_of_weight_zero(
            situation, self.lane
        ):
            return Problem(
                field,
                f"{self.alarm} has INSUFFICIENT_DATA",
                "wait for data, or name the lane without traffic that it watches",
            )
        return None
