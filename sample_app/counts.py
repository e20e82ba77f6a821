"""Requests, errors and slow requests of each edge, in intervals of ten seconds.

This is what Shifter's evidence is made of, where one minute is too coarse.  A request
counts in the interval in which it was answered.  An interval without requests is told
too: zero says that the service is idle, silence that nobody knows.

AWS documentation: Amazon CloudWatch user guide, "Embedded metric format" and
"High-resolution metrics" (periods under a minute need StorageResolution 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "Shifter/Application"
PERIOD_S = 10
DIMENSIONS = ("environment", "edge", "lane")
METRICS = ("requests", "errors", "slow")


@dataclass
class Tally:
    """What happened at one edge in one interval."""

    requests: int = 0
    errors: int = 0
    slow: int = 0


@dataclass(frozen=True)
class Interval:
    """A tally with its edge, and when it began, in seconds since 1970."""

    edge: str
    began: int
    tally: Tally


class Counts:
    """Counts of the present, and of what has not been told yet.

    Times are seconds since 1970.
    """

    def __init__(self, edges: Iterable[str], now: float) -> None:
        self._edges = tuple(edges)
        self._began = _start(now)
        self._tallies: dict[tuple[str, int], Tally] = {}

    def add(self, edge: str, now: float, *, failed: bool, slow: bool) -> None:
        """Count a request that was answered just now."""
        # A clock that was set back must not write into what was told.
        began = max(_start(now), self._began)
        tally = self._tallies.setdefault((edge, began), Tally())
        tally.requests += 1
        tally.errors += failed
        tally.slow += slow

    def closed(self, now: float) -> Iterator[Interval]:
        """Each interval that is over and was not told before, oldest first."""
        while self._began + PERIOD_S <= now:
            yield from self._told(self._began)
            self._began += PERIOD_S

    def rest(self, now: float) -> Iterator[Interval]:
        """All that is left, when the service ends."""
        yield from self.closed(now)
        yield from self._told(self._began)

    def _told(self, began: int) -> Iterator[Interval]:
        for edge in self._edges:
            tally = self._tallies.pop((edge, began), Tally())
            yield Interval(edge, began, tally)


def embedded(interval: Interval, *, environment: str, lane: str) -> Mapping[str, Any]:
    """An interval as a line of log that CloudWatch makes metrics of."""
    metrics = [
        {"Name": name, "Unit": "Count", "StorageResolution": 1} for name in METRICS
    ]
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(DIMENSIONS)],
        "Metrics": metrics,
    }
    return {
        "_aws": {"Timestamp": interval.began * 1000, "CloudWatchMetrics": [directive]},
        "environment": environment,
        "edge": interval.edge,
        "lane": lane,
        "requests": interval.tally.requests,
        "errors": interval.tally.errors,
        "slow": interval.tally.slow,
    }


def _start(now: float) -> int:
    return int(now // PERIOD_S) * PERIOD_S
