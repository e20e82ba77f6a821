"""The past, cut into windows; and who plays green in them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.aa.past import (
    Direction,
    Stretch,
    directions,
    stretches_of,
    windows,
)
from shifter.core.counts import Unusable
from shifter.core.dossier import BEFORE
from shifter.core.outcomes import MINUTE
from shifter.core.plan import parse_plan
from tests.core.aa.pasts import past, steady
from tests.core.examples import plan_document


@given(minutes=st.integers(0, 700), length=st.integers(1, 200))
def test_windows_do_not_overlap_and_each_has_its_hour_before(
    minutes: int, length: int
) -> None:
    cut = windows(past(minutes, steady), [Stretch(50, length * MINUTE)])

    assert max((minutes - 60) // length, 0) == len(cut)
    for window in cut:
        assert window.start == window.during[0].start
        assert length == len(window.during)
        assert BEFORE // MINUTE == len(window.before)
        assert window.start - MINUTE == window.before[-1].start
    for one, following in pairwise(cut):
        assert one.during[-1].start + MINUTE == following.start


def test_each_zone_plays_green_and_so_do_all_others() -> None:
    assert (
        Direction("a"),
        Direction("b"),
        Direction("c"),
        Direction("a", others=True),
        Direction("b", others=True),
        Direction("c", others=True),
    ) == directions(("a", "b", "c"))


def test_two_zones_are_each_others_others() -> None:
    """A third direction would be one of the first two again."""
    assert (Direction("a"), Direction("b")) == directions(("a", "b"))


@pytest.mark.parametrize("zones", [(), ("a",)])
def test_one_zone_has_nothing_to_be_compared_with(zones: tuple[str, ...]) -> None:
    with pytest.raises(Unusable, match="nothing to compare with"):
        directions(zones)


def test_every_request_is_on_one_side() -> None:
    zones = {"a": (10, 1, 0), "b": (20, 2, 1), "c": (30, 3, 2)}

    assert ((50, 5, 3), (10, 1, 0)) == Direction("a").parted(zones)
    assert ((10, 1, 0), (50, 5, 3)) == Direction("a", others=True).parted(zones)


def test_a_plan_is_played_as_long_as_it_leaves_requests_on_blue() -> None:
    document = plan_document() | {
        "steps": [
            {"share": "5 %", "bake": "10m"},
            {"share": "50 %", "bake": "20m"},
            {"share": "100 %"},
        ]
    }

    assert (
        Stretch(50, timedelta(minutes=10)),
        Stretch(500, timedelta(minutes=20)),
    ) == stretches_of(parse_plan(document))


def test_a_plan_that_leaves_blue_nothing_compares_nothing() -> None:
    with pytest.raises(Unusable, match="none leaves requests on blue"):
        stretches_of(
            parse_plan(
                plan_document()
                | {
                    "steps": [{"share": "100 %"}],
                    "gates": [{"kind": "targets", "name": "healthy", "lane": "blue"}],
                }
            )
        )
