"""What every adapter of `ports.Outcomes` promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.counts import Counts
from shifter.core.errors import AwsError
from shifter.core.lanes import Lane
from shifter.core.outcomes import MINUTE, Objective, Outcome, Source, Span
from tests.adapters.bench import NOW, Bench

COUNTED = Objective(Source.APPLICATION)
TEN = timedelta(seconds=10)
BOTH: dict[str, dict[Lane, Counts]] = {
    "edge-1": {Lane.BLUE: (90, 1, 2), Lane.GREEN: (10, 0, 3)},
    "edge-2": {Lane.BLUE: (45, 0, 0), Lane.CANARY: (5, 5, 5)},
}


@pytest.mark.parametrize("length", [TEN, MINUTE])
def test_outcomes_are_counted_by_interval_edge_and_lane(
    bench: Bench, length: timedelta
) -> None:
    bench.set_outcomes(NOW, BOTH)
    bench.set_outcomes(NOW + length, {"edge-1": {Lane.BLUE: (1, 0, 0)}})

    assert bench.outcomes.intervals(COUNTED, Span(NOW, NOW + 2 * length), length) == [
        Outcome(NOW, length, BOTH),
        Outcome(NOW + length, length, {"edge-1": {Lane.BLUE: (1, 0, 0)}}),
    ]


def test_silence_is_unknown_and_zero_is_zero(bench: Bench) -> None:
    bench.set_outcomes(NOW, {"edge-1": {Lane.GREEN: (0, 0, 0)}})

    silent, idle = (
        bench.outcomes.intervals(COUNTED, Span(at, at + TEN), TEN)
        for at in (NOW - TEN, NOW)
    )
    assert [Outcome(NOW - TEN, TEN, {})] == silent
    assert [Outcome(NOW, TEN, {"edge-1": {Lane.GREEN: (0, 0, 0)}})] == idle


def test_only_whole_intervals_of_the_span_are_told(bench: Bench) -> None:
    for number in range(-1, 4):
        bench.set_outcomes(NOW + number * TEN, {"edge-1": {Lane.BLUE: (7, 0, 0)}})

    told = bench.outcomes.intervals(
        COUNTED, Span(NOW, NOW + timedelta(seconds=25)), TEN
    )

    assert [NOW, NOW + TEN] == [outcome.start for outcome in told]


def test_outcomes_that_cannot_be_asked_for_are_an_error(bench: Bench) -> None:
    bench.break_source("outcomes")

    with pytest.raises(AwsError):
        bench.outcomes.intervals(COUNTED, Span(NOW, NOW + TEN), TEN)
