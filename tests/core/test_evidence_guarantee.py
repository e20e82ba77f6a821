"""What the engine guarantees: few rollbacks of a green that is not worse than blue.

On the boundary of the null, where green's rate is exactly the tolerated multiple of
blue's, and under every schedule here, the evidence crosses with a chance of at most
alpha over the whole cutover.  The seeds are fixed, so the tests cannot flicker.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import exp, sin

import numpy as np
import pytest

from shifter.core.evidence import Evidence
from shifter.core.mixture import RHO, gains, share_under_null, tolls
from tests.core.evidence_examples import BEFORE, RPM

ALPHA, R0 = 0.01, 1.25
LADDER = (0.01, 0.05, 0.10, 0.25, 0.50, 0.95)
STREAMS, MINUTES = 500, 60

Rate = Callable[[int], float]
Step = Callable[[int], int]


def crossings(seed: int, blue_rate: Rate, step: Step, *, ratio: float) -> int:
    """How many of STREAMS cutovers cross, looked at after every interval."""
    drawn = np.random.default_rng(seed)
    evidences = [Evidence(RPM, BEFORE, alpha=ALPHA) for _ in range(STREAMS)]
    for minute in range(MINUTES):
        requests = drawn.integers(300, 1300, STREAMS)
        green = np.maximum(1, drawn.binomial(requests, LADDER[step(minute)]))
        of_green, of_blue = (
            np.stack([n, drawn.binomial(n, rate), drawn.binomial(n, rate)], 1).tolist()
            for n, rate in (
                (green, ratio * blue_rate(minute)),
                (requests - green, blue_rate(minute)),
            )
        )
        for evidence, x, y in zip(evidences, of_green, of_blue, strict=True):
            evidence.update(now=60.0 * minute, step=step(minute), blue=y, green=x)
    return sum(evidence.crossed_at is not None for evidence in evidences)


RATES: dict[str, Rate] = {
    "rare": lambda minute: 0.002,
    "frequent": lambda minute: 0.03,
    "drifting": lambda minute: 0.02 * exp(1.5 * sin(minute / 5)),
    "with an incident on both": lambda minute: 0.2 if 20 <= minute < 25 else 0.003,
}
STEPS: dict[str, Step] = {
    "at a half": lambda minute: 4,
    "up the ladder": lambda minute: min(5, minute // 6),
}


@pytest.mark.parametrize(
    ("rate", "step"),
    list(product(RATES.values(), STEPS.values())),
    ids=[" ".join(names) for names in product(RATES, STEPS)],
)
def test_on_the_boundary_it_crosses_with_less_than_alpha(
    rate: Rate, step: Step
) -> None:
    """Ville's inequality: the bound holds although one looks sixty times."""
    crossed = crossings(7, rate, step, ratio=R0)

    assert crossed <= ALPHA * STREAMS


def test_the_simulation_would_notice_a_green_that_is_worse() -> None:
    """The control of the tests above: twice the tolerated ratio crosses."""
    crossed = crossings(7, RATES["frequent"], STEPS["at a half"], ratio=2 * R0)

    assert crossed > 0.9 * STREAMS


@pytest.mark.parametrize("rho", RHO)
def test_one_interval_never_wins_on_average_under_the_null(rho: float) -> None:
    """Summed over everything that can happen, not simulated."""
    for green, blue, p_blue, r0 in product(
        (1, 3, 12), (1, 4, 15), (0.001, 0.05, 0.3, 0.7), (1.0, R0)
    ):
        p_green = min(1.0, r0 * p_blue)
        price = tolls(share_under_null(green, blue, r0))
        mean = sum(
            _chance(x, green, p_green)
            * _chance(y, blue, p_blue)
            * exp(gains(x, x + y, price)[RHO.index(rho)])
            for x in range(green + 1)
            for y in range(blue + 1)
        )

        assert mean <= 1 + 1e-12


def _chance(bad: int, requests: int, p: float) -> float:
    ways = 1.0
    for k in range(bad):
        ways *= (requests - k) / (k + 1)
    return ways * p**bad * (1 - p) ** (requests - bad)


def test_the_whole_capital_is_never_staked() -> None:
    """A fault after a pause of a day can still be found."""
    evidence = Evidence(RPM, BEFORE)
    for minute in range(24 * 60):
        evidence.update(
            now=60.0 * minute,
            step=min(5, minute // 100),
            blue=(416, 0, 4),
            green=(417, 0, 4),
        )
    assert 0.99 < evidence.comparison.spent < 1
    before = evidence.log_e

    for minute in range(24 * 60, 24 * 60 + 6):
        evidence.update(now=60.0 * minute, step=5, blue=(416, 0, 4), green=(417, 20, 4))

    assert before < 0
    assert evidence.crossed_at is not None
