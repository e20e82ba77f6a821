"""Alarms on fixed thresholds, which CodeDeploy and ECS roll back on.

"AlarmConfiguration" in the CodeDeploy API reference: a deployment is rolled back when
an attached alarm goes into ALARM.  "Create a CloudWatch alarm based on a static
threshold" in the CloudWatch user guide: it does so when N of the last M datapoints
breach; missing data is left out, the default.  The timetables are from "Working with
deployment configurations in CodeDeploy" and "Amazon ECS canary deployments".
"""

from __future__ import annotations

from itertools import product

import numpy as np

from benchmarks.blast_radius.scenarios import PER_MINUTE
from benchmarks.blast_radius.timetable import Timetable
from benchmarks.blast_radius.world import (
    GREEN_FAILED,
    GREEN_N,
    GREEN_VERY_SLOW,
    Bools,
    Floats,
    World,
)

LADDER = Timetable(
    "our ladder, 5 minutes each", (0.005, 0.02, 0.05, 0.10, 0.25, 0.50, 0.95), 5
)
CANARY = Timetable("CodeDeploy Canary10Percent5Minutes", (0.1, 1.0), 5)
ECS_CANARY = Timetable("ECS canary 5 %, 10 minutes", (0.05, 1.0), 10)
LONG_CANARY = Timetable("CodeDeploy Canary10Percent15Minutes", (0.1, 1.0), 15)
LINEAR_1 = Timetable(
    "CodeDeploy Linear10PercentEvery1Minute", tuple(k / 10 for k in range(1, 11)), 1
)
LINEAR_3 = Timetable(
    "CodeDeploy Linear10PercentEvery3Minutes", tuple(k / 10 for k in range(1, 11)), 3
)

NINETY_NINTH = 0.01
"""A 99th percentile is over its limit when this fraction is."""


class Alarm:
    """N of the last M datapoints breach: on errors, and perhaps on latency."""

    to_the_end = True

    def __init__(
        self,
        n: int,
        m: int,
        threshold: float,
        *,
        count: int | None = None,
        latency: bool = False,
        period: int = PER_MINUTE,
        lag: tuple[int, int] = (6, 18),
    ) -> None:
        over = f">= {count} errors" if count else f"errors > {threshold:.0%}"
        self.name = f"{over}, {n} of {m}" + (", p99 > 500 ms" if latency else "")
        self.n, self.m, self.threshold, self.count = n, m, threshold, count
        self.latency, self.period, self.lag = latency, period, lag

    def start(self, world: World) -> None:
        self.errors = np.zeros((self.m, world.replicates), np.bool_)
        self.slow = np.zeros((self.m, world.replicates), np.bool_)

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        del step
        failed, n = data[GREEN_FAILED], data[GREEN_N]
        breach = failed >= self.count if self.count else failed > self.threshold * n
        fired = self._add(self.errors, breach, known)
        if self.latency:
            late = data[GREEN_VERY_SLOW] > np.floor(NINETY_NINTH * n)
            fired = fired | self._add(self.slow, late, known)
        return fired

    def _add(self, latest: Bools, breach: Bools, known: Bools) -> Bools:
        latest[1:, known] = latest[:-1, known]
        latest[0, known] = breach[known]
        return np.asarray(latest.sum(0) >= self.n)


GRID = tuple(
    (n, m, threshold)
    for (n, m), threshold in product(
        ((2, 2), (3, 3), (3, 5), (5, 5)), (0.01, 0.02, 0.03, 0.05)
    )
)
"""The alarms that are searched for the best one: on errors alone."""


def grid() -> list[Alarm]:
    """Every alarm of the search."""
    return [Alarm(n, m, threshold) for n, m, threshold in GRID]
