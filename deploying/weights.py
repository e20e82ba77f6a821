"""The weights of a stack's parameters, and whether the live ones are the same.

Rules of this file
* Weights are compared as ratios, because only ratios mean anything to AWS; numbers that
  mean the same are left as they are, so that nothing is written.
* What nobody can put into parameters is refused: an edge that cannot be read, and
  weight on something that is no lane.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from shifter.core.edges import DnsState, EdgeState
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Lane

LARGEST_OF_AN_EDGE, LARGEST_OF_DNS = 999, 255
Values = Mapping[str, str]


class NotWritable(Exception):
    """Live weights that parameters cannot hold, in one sentence."""


def live_parameters(
    edges: Mapping[str, EdgeState | Unreadable], dns: DnsState | None
) -> dict[str, str]:
    """The live weights as parameters of the root.  Raises NotWritable."""
    found: dict[str, str] = {}
    for edge, state in edges.items():
        if isinstance(state, Unreadable):
            raise NotWritable(f"the weights of {edge} cannot be read: {state.detail}")
        if state.weights.other or not state.weights.total:
            raise NotWritable(
                f"{edge} has {state.weights.other} on target groups that are no lane, "
                f"of {state.weights.total} in all: put that right first"
            )
        for lane in Lane:
            name = f"{_word(edge)}{lane.value.capitalize()}Weight"
            found[name] = str(getattr(state.weights, lane.value))
    for edge, weight in ({} if dns is None else dns.weights).items():
        found[f"{_word(edge)}DnsWeight"] = str(weight)
    return found


def changed(before: Values, live: Values) -> dict[str, str]:
    """The parameters that have to change so that they mean the live weights."""
    differing: dict[str, str] = {}
    for group in _groups(live):
        if _ratio(before, group) != _ratio(live, group):
            differing |= {name: live[name] for name in group}
    return differing


def _groups(live: Values) -> list[tuple[str, ...]]:
    """The parameters that are compared with each other."""
    dns = tuple(sorted(name for name in live if name.endswith("DnsWeight")))
    edges = sorted({name[:5] for name in live if name not in dns})
    lanes = [
        tuple(sorted(n for n in live if n.startswith(edge) and n not in dns))
        for edge in edges
    ]
    return [group for group in (*lanes, dns) if group]


def _ratio(values: Values, names: tuple[str, ...]) -> tuple[Fraction, ...] | None:
    """The share of each; None where one is missing or all are zero."""
    try:
        numbers = [int(values[name]) for name in names]
    except (KeyError, ValueError):
        return None
    total = sum(numbers)
    return tuple(Fraction(number, total) for number in numbers) if total else None


def _word(edge: str) -> str:
    """`edge-1` as it is written in parameters: Edge1."""
    return edge.replace("-", "").capitalize()
