"""Chance: how often something happens that happens independently."""

from __future__ import annotations

from math import exp
from random import Random

EXACT_BELOW = 100
"""Below, counts are drawn exactly; above, by the normal distribution."""


def poisson(random: Random, mean: float) -> int:
    """A count with this mean: Knuth's method, where the mean is small."""
    if mean >= EXACT_BELOW:
        return max(round(random.gauss(mean, mean**0.5)), 0)
    bound, product, count = exp(-mean), random.random(), 0
    while product > bound:
        product *= random.random()
        count += 1
    return count
