"""The binomial distribution, against sums that need no logarithm."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.aa.binomial import at_least, limit, upper_bound, visible

PARTS = st.integers(0, 100).map(lambda n: Fraction(n, 100))


@given(trials=st.integers(0, 40), happened=st.integers(-1, 41), chance=PARTS)
def test_it_is_the_exact_tail(trials: int, happened: int, chance: Fraction) -> None:
    exact = sum(
        comb(trials, k) * chance**k * (1 - chance) ** (trials - k)
        for k in range(max(happened, 0), trials + 1)
    )

    assert at_least(happened, trials, float(chance)) == pytest.approx(
        float(exact), abs=1e-12
    )


def test_the_limit_of_the_design_is_six_of_168() -> None:
    """decision-engine: refuse at 6 crossings of 168, which chance brings at 0.7 %."""
    assert 0.006 < at_least(6, 168, 0.01) < 0.008
    assert 6 == limit(168, 0.01, 0.01)


@given(trials=st.integers(0, 60), level=st.floats(0.0001, 0.5), chance=PARTS)
def test_the_limit_is_the_least_that_is_rare_enough(
    trials: int, level: float, chance: Fraction
) -> None:
    found = limit(trials, float(chance), level)

    assert at_least(found, trials, float(chance)) <= level
    assert found == 0 or at_least(found - 1, trials, float(chance)) > level


@given(trials=st.integers(1, 60), data=st.data())
def test_above_the_upper_bound_so_few_would_be_rare(
    trials: int, data: st.DataObject
) -> None:
    happened = data.draw(st.integers(0, trials - 1))
    bound = upper_bound(happened, trials, 0.95)

    assert 1 - at_least(happened + 1, trials, bound) == pytest.approx(0.05, abs=1e-6)


@given(trials=st.integers(1, 60), data=st.data())
def test_what_is_visible_reaches_the_limit_with_certainty(
    trials: int, data: st.DataObject
) -> None:
    bound = data.draw(st.integers(1, trials))

    assert at_least(bound, trials, visible(trials, bound, 0.9)) >= 0.9 - 1e-9


def test_a_limit_that_cannot_be_reached_makes_nothing_visible() -> None:
    assert visible(3, 4, 0.9) == pytest.approx(1.0)
