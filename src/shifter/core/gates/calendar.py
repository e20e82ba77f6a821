"""An SSM Change Calendar: when steps may begin.

Rules of this file
* Closed means that nobody may raise: the cutover stands where it is, and never goes
  back for a calendar's sake.
* Open is not enough when it closes before the next step could have baked: then nobody
  would be there to look after the step.  The final bake is not counted, because few
  calendars are open for as long.
* Where no step is left to begin, the calendar has nothing to say any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import StringConstraints

from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict
from shifter.core.quantities import format_duration


@dataclass(frozen=True, slots=True)
class CalendarSeen:
    """What a calendar says about now."""

    open: bool
    changes_at: datetime | None = None
    """When it opens or closes next; None if it never does."""


class CalendarGate(Gate[CalendarSeen]):
    """Passes while the calendar is open, and for long enough."""

    kind: Literal["calendar"] = "calendar"
    calendar: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]+$", max_length=300)
    ]
    """Name or ARN of the SSM Change Calendar."""

    to_start: ClassVar[str] = "start while it is open, for as long as a step takes"

    def look(self, seen: CalendarSeen, situation: Situation) -> tuple[Reading, Verdict]:
        state, detail = self._tell(seen, situation)
        return (
            Reading(
                state=state,
                detail=detail,
                source=f"calendar {self.calendar}",
                at=situation.now,
            ),
            Verdict.WAIT,
        )

    def _tell(self, seen: CalendarSeen, situation: Situation) -> tuple[State, str]:
        until = "" if seen.changes_at is None else f" until {_time(seen.changes_at)}"
        at_rest = situation.settled_at is not None
        if at_rest and situation.next_share is None:
            return State.GOOD, "no step is left to begin"
        if not seen.open:
            return State.BAD, f"closed{until}"
        bake = situation.next_bake
        if (
            seen.changes_at is not None
            and bake is not None
            and situation.now + bake > seen.changes_at
        ):
            closing = _time(seen.changes_at)
            baked = f"the next step has baked for {format_duration(bake)}"
            return State.BAD, f"closes at {closing}, before {baked}"
        return State.GOOD, f"open{until}"


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
