from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from shifter.core.intervals import (
    INTERVAL,
    SETTLE,
    Interval,
    closed_before,
    first_interval,
)
from shifter.core.lanes import Lane
from tests.core.examples import MINUTE, NOW, SECOND
from tests.core.strategies import MOMENTS

QUIET: Mapping[str, Mapping[Lane, int]] = {"edge-1": {}, "edge-2": {}}


@pytest.mark.parametrize(
    ("requests", "count"),
    [
        ({}, None),
        (QUIET, None),
        ({"edge-1": {Lane.BLUE: 3}}, None),
        ({"edge-1": {Lane.GREEN: 0}, "edge-2": {}}, 0),
        ({"edge-1": {Lane.GREEN: 2}, "edge-2": {Lane.GREEN: 40}}, 42),
    ],
)
def test_a_lane_without_a_datapoint_is_unknown_and_never_zero(
    requests: Mapping[str, Mapping[Lane, int]], count: int | None
) -> None:
    assert count == Interval(NOW, requests).count(Lane.GREEN)


def test_an_interval_is_a_minute() -> None:
    assert NOW + MINUTE == Interval(NOW, {}).end


@pytest.mark.parametrize(
    ("since", "start"),
    [
        (NOW, NOW),
        (NOW + timedelta(microseconds=1), NOW + MINUTE),
        (NOW + 59 * SECOND, NOW + MINUTE),
    ],
)
def test_the_first_interval_is_whole(since: datetime, start: datetime) -> None:
    assert start == first_interval(since)


@given(MOMENTS)
def test_the_first_interval_never_begins_before_the_moment(since: datetime) -> None:
    start = first_interval(since)

    assert timedelta() <= start - since < INTERVAL
    assert (0, 0) == (start.second, start.microsecond)


@given(MOMENTS)
def test_an_interval_closes_when_late_metrics_have_arrived(now: datetime) -> None:
    closed = closed_before(now)

    assert SETTLE <= now - closed < SETTLE + INTERVAL
    assert closed == first_interval(closed)
