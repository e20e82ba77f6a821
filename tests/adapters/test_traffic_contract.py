"""What every adapter of `ports.Traffic` promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.errors import AwsError
from shifter.core.intervals import Interval
from shifter.core.lanes import Lane
from tests.adapters.bench import NOW, Bench

MINUTE = timedelta(minutes=1)


def test_requests_are_counted_by_minute_edge_and_lane(bench: Bench) -> None:
    counts = {
        "edge-1": {Lane.BLUE: 90, Lane.GREEN: 10},
        "edge-2": {Lane.BLUE: 45, Lane.CANARY: 5},
    }
    bench.set_requests(NOW, counts)

    assert bench.traffic.intervals(NOW, NOW + MINUTE) == [Interval(NOW, counts)]


def test_a_minute_without_datapoints_is_told_without_counts(bench: Bench) -> None:
    """Silence is unknown, not zero; the two must stay apart."""
    bench.set_requests(NOW, {"edge-1": {Lane.BLUE: 7}})
    bench.set_requests(NOW + 2 * MINUTE, {"edge-1": {Lane.BLUE: 0}})

    assert bench.traffic.intervals(NOW, NOW + 3 * MINUTE) == [
        Interval(NOW, {"edge-1": {Lane.BLUE: 7}}),
        Interval(NOW + MINUTE, {}),
        Interval(NOW + 2 * MINUTE, {"edge-1": {Lane.BLUE: 0}}),
    ]


def test_only_whole_minutes_between_start_and_end_are_told(bench: Bench) -> None:
    for number in range(-1, 4):
        bench.set_requests(NOW + number * MINUTE, {"edge-1": {Lane.BLUE: number + 2}})

    told = bench.traffic.intervals(
        NOW + timedelta(seconds=1), NOW + 3 * MINUTE - timedelta(seconds=1)
    )

    assert told == [Interval(NOW + MINUTE, {"edge-1": {Lane.BLUE: 3}})]


def test_no_time_has_no_intervals(bench: Bench) -> None:
    assert list(bench.traffic.intervals(NOW, NOW)) == []


def test_traffic_that_cannot_be_asked_for_is_an_error(bench: Bench) -> None:
    bench.break_source("traffic")

    with pytest.raises(AwsError):
        bench.traffic.intervals(NOW, NOW + MINUTE)
