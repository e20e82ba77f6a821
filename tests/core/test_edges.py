from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.edges import DnsState, EdgeState, Found, compare
from shifter.core.lanes import ALL_BLUE, Lane, Split, Weights
from tests.core.properties import OF_COMPARISONS, OfComparison
from tests.core.strategies import splits, weights

HALF = Split.leaving_blue(500)
TENTH = Split.leaving_blue(100)
ALL_GREEN = Split.leaving_blue(1000)
TWO_LANES = Split(blue=500, canary=250, green=250)


def small_weights(most: int) -> list[Weights]:
    """All weights up to `most`, those elsewhere up to one."""
    counts = range(most + 1)
    return [
        Weights(blue=blue, canary=canary, green=green, other=other)
        for blue, canary, green, other in product(counts, counts, counts, (0, 1))
    ]


EXPECTED = [
    (ALL_BLUE,),
    (HALF,),
    (TWO_LANES,),
    (ALL_GREEN,),
    (ALL_BLUE, HALF),
    (HALF, ALL_GREEN),
]
ADOPTED = [None, Weights(blue=1), Weights(blue=3, green=1), Weights(blue=1, green=2)]


@pytest.mark.parametrize("holds", OF_COMPARISONS, ids=lambda f: f.__name__)
def test_comparing_holds_for_all_small_weights(holds: OfComparison) -> None:
    for found, expected, adopted in product(small_weights(3), EXPECTED, ADOPTED):
        holds(compare, found, expected, adopted)


@pytest.mark.parametrize("holds", OF_COMPARISONS, ids=lambda f: f.__name__)
@given(
    found=weights(),
    expected=st.lists(splits(), min_size=1, max_size=2),
    adopted=st.none() | weights(),
)
def test_comparing_holds_for_any_weights(
    holds: OfComparison, found: Weights, expected: list[Split], adopted: Weights
) -> None:
    holds(compare, found, tuple(expected), adopted)


@pytest.mark.parametrize(
    ("found", "expected", "adopted", "is_"),
    [
        pytest.param(Weights(blue=7), (ALL_BLUE,), None, Found.SAME, id="same ratio"),
        pytest.param(
            Weights(blue=9, green=1), (ALL_BLUE, TENTH), None, Found.SAME, id="moved"
        ),
        pytest.param(
            Weights(blue=1), (ALL_BLUE, TENTH), None, Found.SAME, id="not yet"
        ),
        pytest.param(
            Weights(blue=19, green=1),
            (ALL_BLUE, TENTH),
            None,
            Found.DIFFERENT,
            id="between two splits",
        ),
        pytest.param(
            Weights(blue=8, green=2), (TENTH,), None, Found.ABOVE, id="above the bound"
        ),
        pytest.param(
            Weights(blue=1), (TENTH,), None, Found.BELOW, id="moved to safety"
        ),
        pytest.param(
            Weights(blue=1, green=1),
            (ALL_GREEN,),
            None,
            Found.BELOW,
            id="half way back",
        ),
        pytest.param(
            Weights(blue=9, canary=1), (TENTH,), None, Found.FOREIGN, id="other lane"
        ),
        pytest.param(
            Weights(blue=9, green=1, other=1),
            (TENTH,),
            None,
            Found.FOREIGN,
            id="a guest",
        ),
        pytest.param(Weights(), (TENTH,), None, Found.FOREIGN, id="nobody is served"),
        pytest.param(
            Weights(blue=1, canary=1),
            (TWO_LANES,),
            None,
            Found.DIFFERENT,
            id="the same share on other lanes",
        ),
        pytest.param(
            Weights(blue=3, green=1),
            (HALF,),
            Weights(blue=3, green=1),
            Found.SAME,
            id="adopted",
        ),
        pytest.param(
            Weights(blue=2, green=1),
            (HALF,),
            Weights(blue=3, green=1),
            Found.DIFFERENT,
            id="above what was adopted",
        ),
        pytest.param(
            Weights(blue=9, green=1),
            (HALF,),
            Weights(blue=3, green=1),
            Found.BELOW,
            id="still lower than adopted",
        ),
        pytest.param(
            Weights(blue=3, green=1),
            (TENTH,),
            Weights(blue=3, green=1),
            Found.ABOVE,
            id="adopted, and above the bound by now",
        ),
        pytest.param(
            Weights(blue=3, green=1),
            (ALL_BLUE,),
            Weights(blue=3, green=1),
            Found.FOREIGN,
            id="adopted before the way back",
        ),
    ],
)
def test_what_an_edge_shows_is_compared_with_the_record(
    found: Weights,
    expected: tuple[Split, ...],
    adopted: Weights | None,
    is_: Found,
) -> None:
    assert is_ == compare(found, expected, adopted)


def test_the_worst_finding_has_the_highest_rank() -> None:
    """What is unreadable speaks louder than what is low, softer than what is high."""
    assert [
        Found.SAME,
        Found.DIFFERENT,
        Found.BELOW,
        Found.UNREADABLE,
        Found.ABOVE,
        Found.FOREIGN,
    ] == sorted(Found)


STICKY = EdgeState(
    weights=Weights(blue=1), stickiness_seconds=300, other_actions='[{"Order": 1}]'
)


def test_moving_an_edge_keeps_everything_but_its_weights() -> None:
    assert EdgeState(
        weights=Weights(blue=9, green=1),
        stickiness_seconds=300,
        other_actions='[{"Order": 1}]',
    ) == STICKY.moved(TENTH)


def test_releasing_an_edge_unpins_clients_too() -> None:
    assert EdgeState(
        weights=Weights(blue=1), stickiness_seconds=None, other_actions='[{"Order": 1}]'
    ) == STICKY.released(ALL_BLUE)


@pytest.mark.parametrize(
    ("shown", "share"),
    [
        ({"edge-1": 9, "edge-2": 1}, 100),
        ({"edge-1": 1, "edge-2": 0}, 0),
        ({"edge-1": 1}, 0),
        ({"edge-1": 0, "edge-2": 255}, 1000),
        ({"edge-1": 2, "edge-2": 1}, None),
        ({"edge-1": 0, "edge-2": 0}, None),
        ({}, None),
    ],
)
def test_a_dns_share_is_a_whole_per_mille_or_unknown(
    shown: dict[str, int], share: int | None
) -> None:
    """All zero means equal shares to Route 53, which is never what was wanted."""
    assert share == DnsState(weights=shown, ttl_seconds=60).share()


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_dns_share_is_never_rounded(first: int, second: int) -> None:
    share = DnsState({"edge-1": first, "edge-2": second}, ttl_seconds=60).share()

    if share is not None:
        assert Fraction(second, first + second) == Fraction(share, 1000)


def test_every_lane_is_compared() -> None:
    """A fourth lane would need a place in Weights and Split, or never be seen."""
    assert {lane.value for lane in Lane} == set(Split.model_fields)
    assert {*Split.model_fields, "other"} == set(Weights.model_fields)
