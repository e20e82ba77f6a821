"""The baseline: what blue was like in the hour before the cutover.

How far its failures come in clumps decides how much one failure says, so clumps must
not be taken for less than they are, nor a slow drift for clumps: both colours share the
drift.  Two statistics tell them apart.  Pearson's compares each minute with the whole
hour, and grows with either; the other compares neighbouring minutes, between which
there is next to no drift.  The lesser of the two counts.
"""

from __future__ import annotations

from itertools import pairwise

from shifter.core.counts import Counts


def baseline(minutes: list[Counts]) -> tuple[float, tuple[float, float], float]:
    """Requests per minute, rates of failed and slow ones, and phi: as Evidence wants.

    Half an event is added, because no rate is known to be zero.
    """
    requests, failed, slow = ([minute[k] for minute in minutes] for k in range(3))
    total = sum(requests)
    rates = ((sum(failed) + 0.5) / (total + 1), (sum(slow) + 0.5) / (total + 1))
    phi = min(dispersion(failed, requests), neighbour_dispersion(failed, requests))
    return total / len(minutes), rates, phi


def dispersion(bad: list[int], requests: list[int]) -> float:
    """Pearson's statistic of each minute against all: 1 without clumps or drift."""
    rate = sum(bad) / max(sum(requests), 1)
    pearson = sum(
        (x - rate * n) ** 2 / (rate * n + 1e-9)
        for x, n in zip(bad, requests, strict=True)
    )
    return _shrunk(pearson, len(bad))


def neighbour_dispersion(bad: list[int], requests: list[int]) -> float:
    """The same of neighbouring minutes: how unevenly their events fall on the two."""
    pearson, pairs = 0.0, 0
    minutes = list(zip(bad, requests, strict=True))
    for (x, n), (y, m) in pairwise(minutes):
        if x + y and n and m:
            expected = (x + y) * n / (n + m)
            pearson += (x - expected) ** 2 / (expected * m / (n + m))
            pairs += 1
    return _shrunk(pearson, pairs)


def _shrunk(pearson: float, terms: int) -> float:
    """Towards 1 as by two minutes more, with three for both; never outside 1 to 6."""
    return min(max((pearson + 3.0) / (terms + 2), 1.0), 6.0)
