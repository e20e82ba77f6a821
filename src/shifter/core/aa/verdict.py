"""What the crossings of all windows say about the engine's promise.

The promise: at most `alpha` of the cutovers with a healthy release cross.  Windows do
not overlap, so where it holds, the crossings of a direction are at most binomial.  All
directions together refuse an engine whose promise holds with a chance of at most
REFUSED_BY_CHANCE (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shifter.core.aa.binomial import at_least, limit, upper_bound, visible
from shifter.core.aa.past import Direction
from shifter.core.aa.play import Played

REFUSED_BY_CHANCE = 0.01
"""Chance that the whole check refuses an engine whose promise holds."""
CERTAINTY = 0.9
"""How surely a rate must have been seen to count as visible."""
ENOUGH = 0.15
"""A check that would not have seen this rate of crossings has seen too little."""
CONFIDENCE = 0.95


class Finding(StrEnum):
    """What the check has found."""

    HOLDS = "holds"
    """Nothing contradicts the promised rate, and a high one would have been seen."""
    REFUSED = "refused"
    """There were more crossings than the promised rate explains."""
    TOO_FEW = "too_few"
    """Too few windows to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One direction, over all windows that could be played."""

    direction: Direction
    windows: int
    crossings: int
    limit: int
    """So many crossings refuse; more than the windows where none do."""
    by_chance: float
    """How likely so many or more are, where the promise just holds."""
    at_most: float
    """What the true rate may be, with CONFIDENCE."""
    visible: float
    """The rate from which on so many windows refuse with CERTAINTY."""

    @property
    def finding(self) -> Finding:
        if self.crossings >= self.limit:
            return Finding.REFUSED
        return Finding.HOLDS if self.visible <= ENOUGH else Finding.TOO_FEW


def judged(plays: Sequence[Played], alpha: float) -> tuple[Judged, ...]:
    """Judge each direction; `alpha` is the promised rate."""
    everyone = list(dict.fromkeys(played.direction for played in plays))
    level = REFUSED_BY_CHANCE / max(len(everyone), 1)
    return tuple(
        _judged(d, [p for p in plays if p.direction == d and p.known], alpha, level)
        for d in everyone
    )


def together(found: Sequence[Judged]) -> Finding:
    """What all directions say: the worst speaks for all."""
    told = {one.finding for one in found}
    for worst in (Finding.REFUSED, Finding.TOO_FEW):
        if worst in told:
            return worst
    return Finding.HOLDS if told else Finding.TOO_FEW


def _judged(
    direction: Direction, plays: Sequence[Played], alpha: float, level: float
) -> Judged:
    windows = len(plays)
    crossings = sum(played.crossing is not None for played in plays)
    bound = limit(windows, alpha, level)
    return Judged(
        direction=direction,
        windows=windows,
        crossings=crossings,
        limit=bound,
        by_chance=at_least(crossings, windows, alpha),
        at_most=upper_bound(crossings, windows, CONFIDENCE),
        visible=visible(windows, bound, CERTAINTY),
    )
