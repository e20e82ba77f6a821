from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.sample_ratio import ALARM, is_off, log_odds


@pytest.mark.parametrize(
    ("green", "blue", "weight", "off"),
    [
        (0, 0, 0.5, False),
        (1, 0, 0.01, False),
        (10, 990, 0.01, False),
        (40, 960, 0.01, True),
        (0, 2_000, 0.01, True),
        (0, 100, 0.01, False),
        (5_400, 4_600, 0.5, False),
        (6_100, 3_900, 0.5, True),
        (833, 0, 0.95, False),
    ],
)
def test_a_share_that_is_far_off_and_surely_so_is_off(
    green: int, blue: int, weight: float, off: bool
) -> None:
    """One that is near is not, however sure we are; weights are never exact."""
    assert off is is_off(green, blue, weight)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0.001, 0.999))
def test_it_never_alarms_without_odds(green: int, blue: int, weight: float) -> None:
    if is_off(green, blue, weight):
        assert log_odds(green, blue, weight) >= ALARM
