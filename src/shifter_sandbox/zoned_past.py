"""The past by Availability Zone: what load balancers counted before the sandbox began.

For whoever looks at blue's own past, as `shifter evidence check` does.  Only minutes of
blue are made, with Poisson counts around a rate that breathes over the day, and each
zone of an edge takes an equal part.

Source: user guide for Application Load Balancers, "CloudWatch metrics for your
Application Load Balancer" (with the dimension AvailabilityZone beside the others).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import pi, sin
from random import Random

from shifter.core.counts import Counts
from shifter.core.lanes import Lane
from shifter.core.topology import Topology
from shifter_sandbox.balancer_metrics import NAMESPACE, dimensions
from shifter_sandbox.chance import poisson
from shifter_sandbox.clock import MINUTE, minute_of
from shifter_sandbox.metrics import Metrics, Series

FAST, SLOW = 0.05, 2.0
"""Seconds that a request takes."""


@dataclass(frozen=True, slots=True)
class Past:
    """How blue did: requests per minute over all edges, and what became of them."""

    requests_per_minute: float = 833.0
    failed: float = 0.001
    slow: float = 0.01
    worse: Mapping[str, float] = field(default_factory=dict)
    """Zones whose requests fail so many times as often."""


def remember(
    metrics: Metrics,
    topology: Topology,
    *,
    zones: Sequence[str],
    until: datetime,
    days: float,
    past: Past | None = None,
    seed: int = 1,
) -> None:
    """Let the load balancers have counted for so many days."""
    random, told = Random(seed), past or Past()  # noqa: S311  a model, not a secret
    end = minute_of(until)
    minutes = int(timedelta(days=days) / MINUTE)
    share = told.requests_per_minute / len(zones) / len(topology.edges)
    for back in range(minutes, 0, -1):
        minute = end - back * MINUTE
        hour = minute.hour + minute.minute / 60
        rate = share * (1 + 0.6 * sin((hour - 8) / 24 * 2 * pi))
        for edge in topology.edges:
            named = dimensions(edge.load_balancer_arn, edge.target_groups[Lane.BLUE])
            for zone in zones:
                count = poisson(random, rate)
                failed = told.failed * told.worse.get(zone, 1.0)
                counts = (
                    count,
                    min(poisson(random, count * failed), count),
                    min(poisson(random, count * told.slow), count),
                )
                _write(metrics, {**named, "AvailabilityZone": zone}, minute, counts)


def _write(
    metrics: Metrics,
    named: Mapping[str, str],
    minute: datetime,
    counts: Counts,
) -> None:
    count, failed, slow = counts
    for name, values in (
        ("RequestCount", {1.0: float(count)}),
        ("HTTPCode_Target_5XX_Count", {1.0: float(failed)}),
        ("TargetResponseTime", {FAST: float(count - slow), SLOW: float(slow)}),
    ):
        there = {value: times for value, times in values.items() if times}
        if there:
            metrics.record(Series.of(NAMESPACE, name, dict(named)), minute, there)
