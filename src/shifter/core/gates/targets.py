"""Health of a lane's targets, as its load balancers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from shifter.core.gates.gate import Gate, OnBad, Reading, Situation, State, Verdict
from shifter.core.lanes import Lane


@dataclass(frozen=True, slots=True)
class TargetsSeen:
    """Healthy targets of one lane, by edge."""

    healthy: Mapping[str, int]
    registered: Mapping[str, int]


class TargetsGate(Gate[TargetsSeen]):
    """Passes while every edge has enough healthy targets of the lane."""

    kind: Literal["targets"] = "targets"
    lane: Lane
    """The lane whose targets are counted."""
    minimum_healthy: int = Field(default=1, ge=1)
    """Healthy targets needed at each edge."""
    on_unhealthy: OnBad = OnBad.ROLL_BACK
    """What fewer healthy targets lead to."""

    def look(self, seen: TargetsSeen, situation: Situation) -> tuple[Reading, Verdict]:
        del situation
        source = f"targets of {self.lane}"
        if not seen.healthy:
            return (
                Reading(state=State.NO_DATA, detail="no edge answered", source=source),
                self.on_unhealthy.verdict,
            )
        counts = ", ".join(
            f"{edge} {count} of {seen.registered.get(edge, 0)} healthy"
            for edge, count in sorted(seen.healthy.items())
        )
        least = min(seen.healthy.values())
        state = State.GOOD if least >= self.minimum_healthy else State.BAD
        needed = f", {self.minimum_healthy} needed" if state is State.BAD else ""
        return (
            Reading(
                state=state,
                detail=counts + needed,
                value=least,
                unit="targets",
                source=source,
            ),
            self.on_unhealthy.verdict,
        )
