from __future__ import annotations

from fractions import Fraction
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shifter.core.lanes import (
    ALL_BLUE,
    InexactShare,
    Lane,
    Split,
    Weights,
    dns_weights,
    percent,
)
from tests.core.strategies import splits, weights

DNS_SHARES = [
    share
    for share in range(1001)
    if max(share, 1000 - share) // gcd(share, 1000) <= 255
]


@given(splits())
def test_weights_of_a_split_have_exactly_its_ratio(split: Split) -> None:
    """What is written sends requests where the split says, within ALB's limits."""
    written = split.weights()
    of_lanes = [written.of(lane) for lane in Lane]

    assert [Fraction(split.of(lane), 1000) for lane in Lane] == [
        Fraction(weight, written.total) for weight in of_lanes
    ]
    assert all(0 <= weight <= 999 for weight in of_lanes)
    assert any(of_lanes)
    assert 0 == written.other
    assert written.matches(split)


@pytest.mark.parametrize("towards", [Lane.CANARY, Lane.GREEN])
def test_every_whole_per_mille_can_be_written(towards: Lane) -> None:
    """A step of 0.1 % never needs an ALB weight above 999."""
    for share in range(1001):
        split = Split.leaving_blue(share, towards)
        written = split.weights()

        assert written.matches(split)
        assert max(written.blue, written.canary, written.green) <= 999


def test_the_smallest_weights_are_written() -> None:
    assert Weights(blue=1) == ALL_BLUE.weights()
    assert Weights(green=1) == Split.leaving_blue(1000).weights()
    assert Weights(blue=999, green=1) == Split.leaving_blue(1).weights()
    assert Weights(blue=199, canary=1) == Split.leaving_blue(5, Lane.CANARY).weights()


def test_dns_weights_give_exactly_their_share() -> None:
    """Both are at most 255, and never both zero."""
    for share in DNS_SHARES:
        first, second = dns_weights(share)

        assert Fraction(share, 1000) == Fraction(second, first + second)
        assert max(first, second) <= 255


def test_a_dns_share_without_exact_weights_is_refused() -> None:
    for share in set(range(1001)) - set(DNS_SHARES):
        with pytest.raises(InexactShare, match="at most 255 is allowed"):
            dns_weights(share)


def test_a_dns_share_that_is_refused_says_what_it_would_need() -> None:
    with pytest.raises(InexactShare) as refused:
        dns_weights(1)

    assert (
        "{'edge-1': 999, 'edge-2': 1} needs the weights (999, 1); "
        "at most 255 is allowed"
    ) == str(refused.value)


@given(splits(), st.integers(1, 50))
def test_weights_match_by_ratio_whatever_their_sum(split: Split, times: int) -> None:
    """10/10 and 1/1 are the same; the numbers mean nothing by themselves."""
    written = split.weights()
    multiplied = Weights(
        blue=written.blue * times,
        canary=written.canary * times,
        green=written.green * times,
    )

    assert multiplied.matches(split)
    assert Fraction(split.share, 1000) == multiplied.share


@given(weights(), splits())
def test_weights_match_only_their_own_ratio(shown: Weights, split: Split) -> None:
    same = shown.total > 0 and all(
        shown.of(lane) * 1000 == split.of(lane) * shown.total for lane in Lane
    )

    assert (same and shown.other == 0) == shown.matches(split)


def test_weight_elsewhere_matches_nothing() -> None:
    assert not Weights(blue=1, other=1).matches(ALL_BLUE)


def test_weights_of_zero_match_nothing_and_serve_nobody() -> None:
    """All zero counts as everything gone from blue."""
    assert not Weights().matches(ALL_BLUE)
    assert Fraction(1) == Weights().share


def test_the_share_counts_whatever_leaves_blue() -> None:
    assert Fraction(3, 4) == Weights(blue=1, canary=1, green=1, other=1).share


def test_a_split_that_is_not_whole_is_refused() -> None:
    with pytest.raises(
        ValidationError, match="a split sums to 1000 per mille, not to 999"
    ):
        Split(blue=999)


@given(st.integers(0, 1000), st.sampled_from([Lane.CANARY, Lane.GREEN]))
def test_a_split_leaves_blue_by_its_share(share: int, towards: Lane) -> None:
    split = Split.leaving_blue(share, towards)

    assert (share, share, 1000 - share) == (
        split.share,
        split.of(towards),
        split.of(Lane.BLUE),
    )


def test_splits_and_weights_are_told_in_words() -> None:
    assert "blue 100 %" == str(ALL_BLUE)
    assert "blue 99.5 %, canary 0.5 %" == str(Split.leaving_blue(5, Lane.CANARY))
    assert "199/1/0" == str(Weights(blue=199, canary=1))
    assert "1/0/1 and 7 elsewhere" == str(Weights(blue=1, green=1, other=7))


@pytest.mark.parametrize(
    ("per_mille", "told"),
    [
        (0, "0 %"),
        (5, "0.5 %"),
        (10, "1 %"),
        (1000, "100 %"),
    ],
)
def test_per_mille_are_told_as_a_percentage(per_mille: int, told: str) -> None:
    assert told == percent(per_mille)
