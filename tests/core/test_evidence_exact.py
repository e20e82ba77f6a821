"""The engine against an evaluation of the formulas with thirty digits.

Nothing of the engine is used on the other side: the capital is a plain number, which is
summed over every moment at which the fault may have started, and never a logarithm.
"""

from __future__ import annotations

from random import Random
from typing import Any

import mpmath  # type: ignore[import-untyped]
import pytest

from shifter.core.counts import Counts
from shifter.core.evidence import Evidence
from tests.core.evidence_examples import BEFORE, RPM

STREAMS = 2_000
LENGTH = 6

Interval = tuple[int, list[tuple[Counts, Counts]]]
"""Step, and (blue, green) at each edge."""


def exact_evidence(stream: list[Interval], phi: float) -> Any:
    """The logarithm of the capital after the last interval."""
    stakes = []
    for position, (step, _) in enumerate(stream):
        if position == 0:
            stakes.append(mpmath.mpf("0.3"))
        elif step != stream[position - 1][0]:
            stakes.append(mpmath.mpf("0.08"))
        else:
            stakes.append(mpmath.mpf("0.005"))
    capital = 1 - sum(stakes)
    for metric in (1, 2):
        for rho in (2, 4, 10, 40):
            since = mpmath.mpf(1)
            for (_, edges), stake in zip(
                reversed(stream), reversed(stakes), strict=True
            ):
                for blue, green in edges:
                    since *= _ratio(blue, green, metric, rho, phi)
                capital += stake * since / 8
    return mpmath.log(capital)


def _ratio(blue: Counts, green: Counts, metric: int, rho: int, phi: float) -> Any:
    if not (blue[0] and green[0]):
        return mpmath.mpf(1)
    pi = mpmath.mpf(5) * green[0] / (5 * green[0] + 4 * blue[0])
    x, m = green[metric], green[metric] + blue[metric]
    if m == 0:
        return mpmath.mpf(1)
    ratio = mpmath.mpf(rho) ** x / (1 + pi * (rho - 1)) ** m
    return ratio ** (1 / mpmath.mpf(phi)) if metric == 1 and phi > 1 else ratio


def random_counts(random: Random, requests: int) -> Counts:
    """Mostly few bad requests, sometimes many, sometimes all."""
    rate = random.choice((0.0, 0.001, 0.01, 0.2, 1.0)) * random.random()
    failed = min(requests, int(requests * rate + random.random()))
    slow = min(requests, int(requests * 0.02 * random.random() + random.random()))
    return requests, failed, slow


def random_stream(random: Random) -> list[Interval]:
    step, stream = 0, []
    edges = random.choice((1, 1, 2))
    for _ in range(LENGTH):
        step = min(5, step + (random.random() < 0.3))
        at_edges = []
        for _ in range(edges):
            n = int(10 ** random.uniform(0, 6))
            green = max(1, int(n * (0.01, 0.05, 0.1, 0.25, 0.5, 0.95)[step]))
            at_edges.append(
                (random_counts(random, n - green), random_counts(random, green))
            )
        stream.append((step, at_edges))
    return stream


@pytest.mark.parametrize("seed", range(4))
def test_the_evidence_is_exact_on_random_streams(seed: int) -> None:
    random, worst = Random(seed), 0.0
    with mpmath.workdps(30):
        for _ in range(STREAMS // 4):
            stream = random_stream(random)
            phi = random.choice((1.0, 1.0, 1.7, 6.0))
            evidence = Evidence(RPM, BEFORE, phi)
            for minute, (step, edges) in enumerate(stream, 1):
                evidence.update(
                    now=60 * minute,
                    step=step,
                    blue=edges[0][0],
                    green=edges[0][1],
                    edge_2=edges[1] if len(edges) > 1 else None,
                )
            expected = exact_evidence(stream, phi)
            difference = abs(evidence.log_e - expected)
            worst = max(worst, float(difference / max(1, abs(expected))))

    assert worst < 1e-11


@pytest.mark.parametrize("seed", range(2))
def test_the_permission_is_exact_on_random_streams(seed: int) -> None:
    """At the first step, whose margin is 25 bad requests in 3.5 minutes at 5 %."""
    random, worst = Random(seed), 0.0
    with mpmath.workdps(30):
        delta = 25 / (mpmath.mpf("0.05") * 833 * mpmath.mpf("3.5"))
        fade = mpmath.mpf(1) / 2 ** (mpmath.mpf(1) / 10)
        for _ in range(STREAMS // 4):
            evidence = Evidence(RPM, BEFORE)
            seen, failed, won = mpmath.mpf(0), mpmath.mpf(0), mpmath.mpf(0)
            for minute in range(1, LENGTH):
                blue = random_counts(random, random.randint(1, 10_000))
                green = random_counts(random, random.randint(1, 100))
                evidence.update(now=60 * minute, step=0, blue=blue, green=green)
                seen, failed = seen * fade + blue[0], failed * fade + blue[1]
                b = min(max(failed / seen, mpmath.mpf(0.001)), mpmath.mpf(0.01))
                good = green[0] - green[1]
                won = max(won, 0) + green[1] * mpmath.log(b / (b + delta))
                won += good * mpmath.log((1 - b) / (1 - b - delta))
                worst = max(worst, abs(float(evidence.permission.gate[0] - won)))

    assert worst < 1e-10
