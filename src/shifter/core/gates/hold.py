"""The operator's hold: a pause is a gate that somebody closed."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field

from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict
from shifter.core.quantities import Duration


class HoldGate(Gate[None]):
    """Waits while the cutover is paused."""

    kind: Literal["hold"] = "hold"
    name: Literal["hold"] = "hold"
    deadline: Duration | None = Field(default=timedelta(hours=24))

    from_record: ClassVar[bool] = True

    def look(self, seen: None, situation: Situation) -> tuple[Reading, Verdict]:
        del seen
        pause = situation.pause
        if pause is None:
            return Reading(
                state=State.GOOD, detail="not paused", source="record"
            ), Verdict.WAIT
        return (
            Reading(
                state=State.BAD,
                detail=f"paused by {pause.by}: {pause.reason}",
                source="record",
                at=pause.at,
            ),
            Verdict.WAIT,
        )
