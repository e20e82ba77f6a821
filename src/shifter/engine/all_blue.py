"""All blue: writing it at every edge, and reading back what came of it.

What is asked for is absolute, so doing it twice is the same as once.  Nobody here knows
why traffic goes back; whoever does journals it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shifter.core.edges import LOST, EdgeState
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import ALL_BLUE
from shifter.ports import Ports


def write(
    states: Mapping[str, EdgeState], ports: Ports, unable: Collection[str] = ()
) -> dict[str, str]:
    """Write all blue at these edges and read all back; return what is wrong, by edge.

    `states` keeps what an edge has beside its weights.  Edges that are `unable` are not
    written: blue has no healthy target there, and another lane has.  One that has left
    the topology cannot be, and nobody can say that it is all blue.
    """
    failures = ports.edges.write(
        {
            edge: state.released(ALL_BLUE)
            for edge, state in states.items()
            if edge not in unable
        },
        lambda: None,
    )
    shown = ports.edges.read()
    wrong = {edge: LOST for edge in sorted(states) if edge not in shown}
    wrong |= compare(shown)
    for edge in wrong:
        if edge in failures and edge in shown:
            wrong[edge] += f" ({failures[edge]})"
        if edge in unable:
            wrong[edge] += " (not written: blue has no healthy target there)"
    return wrong


def read(ports: Ports) -> dict[str, str]:
    """What keeps each edge from being all blue; empty when all of them are."""
    return compare(ports.edges.read())


def compare(states: Mapping[str, EdgeState | Unreadable]) -> dict[str, str]:
    """The same of edges that were read already."""
    return {
        edge: problem
        for edge, state in sorted(states.items())
        if (problem := _not_blue(state))
    }


def told(wrong: Mapping[str, str]) -> str:
    """What is wrong, in one sentence; empty when nothing is."""
    return "; ".join(f"{edge} {problem}" for edge, problem in wrong.items())


def _not_blue(state: EdgeState | Unreadable) -> str:
    if isinstance(state, Unreadable):
        return f"cannot be read: {state.detail}"
    if not state.weights.matches(ALL_BLUE):
        return f"shows {state.weights.told}"
    if state.stickiness_seconds is not None:
        return "still pins clients to a lane"
    return ""
