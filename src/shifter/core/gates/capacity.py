"""Capacity of blue: the way back must be able to carry everything, at every moment.

Prepare notes what blue has; from then on less than that closes the gate.  It never
breaches: rolling back onto a blue that has shrunk would be the outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict


@dataclass(frozen=True, slots=True)
class CapacitySeen:
    """Blue's capacity: `running` tasks (where a service is described) and healthy
    targets for each edge."""

    counts: Mapping[str, int]


class CapacityGate(Gate[CapacitySeen]):
    """Passes while blue has at least what it had at prepare."""

    kind: Literal["capacity"] = "capacity"
    name: Literal["capacity"] = "capacity"

    def look(self, seen: CapacitySeen, situation: Situation) -> tuple[Reading, Verdict]:
        source = "capacity of blue"
        if not seen.counts:
            return (
                Reading(state=State.NO_DATA, detail="nothing counted", source=source),
                Verdict.WAIT,
            )
        missing = [
            f"{_told(what, seen.counts.get(what, 0))}, was {was}"
            for what, was in sorted(situation.capacity.items())
            if seen.counts.get(what, 0) < was
        ]
        empty = [what for what, count in sorted(seen.counts.items()) if count == 0]
        short = missing or [_told(what, 0) for what in empty]
        told = short or [
            _told(what, count) for what, count in sorted(seen.counts.items())
        ]
        return (
            Reading(
                state=State.BAD if short else State.GOOD,
                detail=", ".join(told),
                value=min(seen.counts.values()),
                unit="lowest count",
                source=source,
            ),
            Verdict.WAIT,
        )


def _told(what: str, count: int) -> str:
    """A count with what it counts: tasks, or healthy targets of an edge."""
    return f"{count} tasks running" if what == "running" else f"{what} {count} healthy"
