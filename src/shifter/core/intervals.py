"""Intervals: closed intervals of traffic, and the promise of a gate that judges them.

Only closed intervals count, in order, once each.  An interval is closed when its end
lies `SETTLE` in the past, because ALB metrics arrive late.  A lane without a datapoint
is *unknown*, never zero: an ALB publishes nothing for a minute without requests
(Elastic Load Balancing user guide, "CloudWatch metrics for your Application Load
Balancer").

A gate that counts fits `CountingGate`: it says from when on it wants intervals, and
keeps what it has counted in its memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shifter.core.gates.gate import Situation
from shifter.core.lanes import Lane

INTERVAL = timedelta(seconds=60)
SETTLE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Interval:
    """Requests of one closed interval, by edge and lane."""

    start: datetime
    requests: Mapping[str, Mapping[Lane, int]]

    @property
    def end(self) -> datetime:
        return self.start + INTERVAL

    def count(self, lane: Lane) -> int | None:
        """Requests of a lane over all edges; None when no edge has a datapoint."""
        known = [counts[lane] for counts in self.requests.values() if lane in counts]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class TrafficSeen:
    """The intervals that closed since the gate was last told, oldest first."""

    intervals: tuple[Interval, ...]


class CountingGate(Protocol):
    """What a reader of traffic needs from the gate it reads for."""

    name: str

    def wanted_from(self, situation: Situation) -> datetime | None:
        """Start of the first interval that was not fed yet; None: nothing is wanted."""


def first_interval(since: datetime) -> datetime:
    """Start of the first whole interval at or after a moment."""
    start = since.replace(second=0, microsecond=0)
    return start if start == since else start + INTERVAL


def closed_before(now: datetime) -> datetime:
    """End of the newest interval that is closed now."""
    settled = now - SETTLE
    return settled.replace(second=0, microsecond=0)
