from __future__ import annotations

from math import isclose

from hypothesis import given
from hypothesis import strategies as st

from shifter.core.baseline import baseline, dispersion, neighbour_dispersion
from shifter.core.evidence import Evidence
from tests.core.evidence_examples import counts

STEADY = [(800, k % 2, 8) for k in range(60)]


def test_an_hour_of_blue_is_all_that_the_engine_asks_for() -> None:
    rpm, rates, phi = baseline(STEADY)

    assert (800.0, 1.0) == (rpm, phi)
    assert (30.5 / 48_001, 480.5 / 48_001) == rates
    assert Evidence(rpm, rates, phi).log_e == 0


def test_clumps_are_seen_by_both_statistics() -> None:
    bad = [4 * (k % 5 == 0) for k in range(60)]

    assert dispersion(bad, [800] * 60) > 2.5
    assert neighbour_dispersion(bad, [800] * 60) > 2.5


def test_a_drift_is_not_taken_for_clumps() -> None:
    """Both colours share it, so it takes nothing from what one failure says."""
    bad = [k // 2 for k in range(60)]

    assert dispersion(bad, [800] * 60) > 4
    assert 1 == neighbour_dispersion(bad, [800] * 60)
    assert 1 == baseline([(800, x, 8) for x in bad])[2]


def test_neighbours_with_unequal_traffic_are_compared_by_their_share() -> None:
    """Three times the requests should have three times the failures."""
    assert isclose(
        neighbour_dispersion([30, 10], [900, 300]),
        neighbour_dispersion([10, 10], [5, 5]),
    )
    assert neighbour_dispersion([0, 40], [900, 300]) > 4


@given(st.lists(counts(), min_size=1, max_size=70))
def test_clumps_are_between_one_and_six(minutes: list[tuple[int, int, int]]) -> None:
    """Also for an hour without failures, and for one without requests."""
    rpm, rates, phi = baseline(minutes)

    assert rpm >= 0
    assert all(0 < rate < 1 for rate in rates)
    assert 1 <= phi <= 6
