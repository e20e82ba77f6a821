"""The past: what blue served, minute by minute and zone by zone, cut into windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shifter.core.counts import Counts, Unusable, added
from shifter.core.dossier import BEFORE
from shifter.core.lanes import PER_MILLE
from shifter.core.outcomes import MINUTE
from shifter.core.plan import Plan

PAIR = 2
NOTHING: Counts = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class ZonedMinute:
    """How blue's requests of one minute ended, by edge and Availability Zone."""

    start: datetime
    counts: Mapping[str, Mapping[str, Counts]]
    """A zone of which nothing is known is left out."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Who plays green: one zone, or all others against it."""

    zone: str
    others: bool = False

    def __str__(self) -> str:
        return f"all but {self.zone}" if self.others else self.zone

    def parted(self, zones: Mapping[str, Counts]) -> tuple[Counts, Counts]:
        """Counts of who plays blue and of who plays green, at one edge."""
        alone = zones.get(self.zone, NOTHING)
        rest = NOTHING
        for zone, counts in zones.items():
            if zone != self.zone:
                rest = added(rest, counts)
        return (alone, rest) if self.others else (rest, alone)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A step of the plan, as long as it bakes."""

    share: int
    """In per mille, below 1000."""
    length: timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the past, and the hour before it."""

    start: datetime
    before: Sequence[ZonedMinute]
    during: Sequence[ZonedMinute]


def stretches_of(plan: Plan) -> tuple[Stretch, ...]:
    """The steps that have a blue to compare with.  Raises Unusable without any."""
    found = tuple(
        Stretch(step.share, step.bake)
        for step in plan.steps
        if step.share < PER_MILLE and step.bake is not None
    )
    if not found:
        raise Unusable("steps: none leaves requests on blue, so nothing is compared")
    return found


def directions(zones: Sequence[str]) -> tuple[Direction, ...]:
    """Each zone against the rest, and the rest against it; two zones are each other's.

    Raises Unusable when there is nothing to compare.
    """
    if len(zones) < PAIR:
        told = " and ".join(zones) or "no zone at all"
        raise Unusable(
            f"zones: blue stands in {told}: there is nothing to compare with"
        )
    alone = [Direction(zone) for zone in zones]
    if len(zones) == PAIR:
        return tuple(alone)
    return (*alone, *(Direction(zone, others=True) for zone in zones))


def windows(
    minutes: Sequence[ZonedMinute], stretches: Iterable[Stretch]
) -> tuple[Window, ...]:
    """Cut minutes that follow each other, so that no two windows overlap.

    The hour before a window may be part of the one before: it only says what blue is
    like.
    """
    length = sum((part.length for part in stretches), timedelta()) // MINUTE
    hour = BEFORE // MINUTE
    return tuple(
        Window(
            minutes[first].start,
            minutes[first - hour : first],
            minutes[first : first + length],
        )
        for first in range(hour, len(minutes) - length + 1, length)
    )
