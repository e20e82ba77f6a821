"""Means and rates with their uncertainty, and the bound that nobody can beat."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isnan, log, sqrt

import numpy as np

from benchmarks.blast_radius.scenarios import Scenario
from benchmarks.blast_radius.world import SLOW_RATIO, Bools, Floats

Z95 = 1.959963984540054
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    def __format__(self, spec: str) -> str:
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"


def mean(values: Floats) -> Estimate:
    """A mean, by its standard error."""
    middle = float(values.mean())
    error = Z95 * float(values.std(ddof=1)) / sqrt(len(values))
    return Estimate(middle, middle - error, middle + error)


def rate(events: Bools) -> Estimate:
    """A fraction, by Wilson's interval, which is right for rare events too."""
    n, p = len(events), float(events.mean())
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return Estimate(p, max(centre - half, 0.0), min(centre + half, 1.0))


def ratio(theirs: Floats, ours: Floats) -> Estimate:
    """How many times as many, as if the two were independent."""
    above, below = float(theirs.mean()), float(ours.mean())
    spread = sqrt(
        float(theirs.var(ddof=1)) / len(theirs) / above**2
        + float(ours.var(ddof=1)) / len(ours) / below**2
    )
    times = above / below
    return Estimate(times, times * exp(-Z95 * spread), times * exp(Z95 * spread))


def median(values: Floats) -> float:
    """The median of what is known; not a number if nothing is."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def wald(scenario: Scenario) -> float | None:
    """The fewest bad requests before any test with this error rate can tell.

    Wald's bound for a known baseline, less those that blue would have failed too.
    """
    times = SLOW_RATIO if scenario.slower else scenario.ratio
    if times is None or isnan(times):
        return None
    events = log(1 / ALPHA) / (log(times) - 1 + 1 / times)
    return events * (1 - 1 / times)
