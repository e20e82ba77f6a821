"""Made-up pasts of blue, minute by minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from shifter.core.aa.past import ZonedMinute
from shifter.core.counts import Counts
from shifter.core.outcomes import MINUTE
from shifter_sandbox.chance import poisson

BEGAN = datetime(2027, 3, 1, tzinfo=UTC)
ZONES = ("a", "b", "c")
Rate = Callable[[str, int], float]
"""Fraction of failed requests in a zone, at a minute."""


def past(
    minutes: int,
    rate: Rate,
    *,
    requests: int = 100,
    zones: tuple[str, ...] = ZONES,
    seed: int = 1,
) -> list[ZonedMinute]:
    """Minutes in which each zone has so many requests, failing at the rate."""
    random = Random(seed)
    return [
        ZonedMinute(
            BEGAN + number * MINUTE,
            {
                "edge-1": {
                    zone: counts(random, requests, rate(zone, number)) for zone in zones
                }
            },
        )
        for number in range(minutes)
    ]


def counts(random: Random, requests: int, rate: float) -> Counts:
    return requests, min(poisson(random, requests * rate), requests), 0


def steady(_: str, __: int) -> float:
    return 0.01
