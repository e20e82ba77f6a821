"""Application metrics: what the service itself counts, every ten seconds.

Rules: for each edge and lane that runs, requests, failed ones and those over the
latency objective; an idle span is told as zeros.  A request that never reached the
service is not counted.  The lines are those of `sample_app`, whose way through the logs
takes some twenty seconds; here they arrive when their span is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from shifter_sandbox.metrics import Metrics, Series
from shifter_sandbox.system import OTHER, Entry

NAMESPACE = "Shifter/Application"
SLOW_SECONDS = 0.5


class ApplicationMetrics:
    """Counts of the running ten seconds, of every lane at every edge."""

    def __init__(
        self, metrics: Metrics, environment: str, entries: Iterable[Entry]
    ) -> None:
        self._metrics = metrics
        self._environment = environment
        self._lanes = [
            (entry.edge, lane)
            for entry in entries
            for lane in entry.lanes.values()
            if lane != OTHER
        ]
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def answered(
        self, edge: str, lane: str, errors: int, latencies: Sequence[float]
    ) -> None:
        """Count requests that the service has answered."""
        slow = sum(latency > SLOW_SECONDS for latency in latencies)
        for name, count in (
            ("requests", len(latencies)),
            ("errors", errors),
            ("slow", slow),
        ):
            self._counts[edge, lane, name] += count

    def publish(self, start: datetime) -> None:
        """Publish ten seconds that are over, and begin the next."""
        for edge, lane in self._lanes:
            named = {"environment": self._environment, "edge": edge, "lane": lane}
            for name in ("requests", "errors", "slow"):
                series = Series.of(NAMESPACE, name, named)
                count = float(self._counts[edge, lane, name])
                self._metrics.record(series, start, {count: 1.0})
        self._counts.clear()
