"""Weight truth: the edges show what the record says, at every poll.

What is found outside the record: above the step's share, or weight on a lane that the
record gives none: breach.  Below it: wait; `decide` adopts what was found, because
somebody has moved to safety by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from shifter.core.edges import LOST, EdgeState, Found, compare
from shifter.core.gates.gate import (
    Gate,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)

EdgesSeen = Mapping[str, EdgeState | Unreadable]


class WeightsGate(Gate[EdgesSeen]):
    """Passes while every edge has the weights that the record allows."""

    kind: Literal["weights"] = "weights"
    name: Literal["weights"] = "weights"

    def find(self, seen: EdgesSeen, situation: Situation) -> dict[str, Found]:
        """Compare each edge with the record; one that is not shown is unreadable."""
        lost = dict.fromkeys(situation.edges - seen.keys(), Found.UNREADABLE)
        return lost | {
            edge: Found.UNREADABLE
            if isinstance(state, Unreadable)
            else compare(state.weights, situation.expected, situation.adopted.get(edge))
            for edge, state in seen.items()
        }

    def look(self, seen: EdgesSeen, situation: Situation) -> tuple[Reading, Verdict]:
        found = self.find(seen, situation)
        worst = max(found.values(), default=Found.UNREADABLE)
        state = {Found.SAME: State.GOOD, Found.UNREADABLE: State.UNREADABLE}.get(
            worst, State.BAD
        )
        wanted = " or ".join(str(split) for split in situation.expected)
        told = (
            "; ".join(
                f"{edge}: {_describe(seen.get(edge, _LOST))}"
                for edge, is_ in sorted(found.items())
                if is_ is not Found.SAME
            )
            or "no edge was read"
        )
        return (
            Reading(
                state=state,
                detail=wanted
                if state is State.GOOD
                else f"{told}; the record says {wanted}",
                source="edges",
            ),
            Verdict.BREACH if worst in {Found.ABOVE, Found.FOREIGN} else Verdict.WAIT,
        )


_LOST = Unreadable(LOST)


def _describe(state: EdgeState | Unreadable) -> str:
    if isinstance(state, Unreadable):
        return state.detail
    return state.weights.told
