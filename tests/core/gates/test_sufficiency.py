from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.errors import Problem
from shifter.core.gates.gate import (
    Judgement,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.intervals import INTERVAL, Interval, TrafficSeen
from shifter.core.lanes import Lane
from tests.core.examples import MINUTE, NOW, SECOND

HEADCOUNT = SufficiencyGate(name="headcount", minimum_requests=400)
SETTLED = NOW - 10 * MINUTE


def at(
    now: datetime = NOW,
    settled_at: datetime | None = SETTLED,
    memory: str | None = None,
) -> Situation:
    return Situation(now=now, settled_at=settled_at, memory=memory)


def minute(number: int, *counts: int | None) -> Interval:
    """Requests on green in a minute of the step, at one edge after the other."""
    return Interval(
        SETTLED + number * INTERVAL,
        {
            f"edge-{edge}": {} if count is None else {Lane.GREEN: count, Lane.BLUE: 9}
            for edge, count in enumerate(counts, start=1)
        },
    )


def fed(*polls: tuple[Interval, ...], now: datetime = NOW) -> Judgement:
    """What is judged after some polls, each remembering what the one before learnt."""
    judged = HEADCOUNT.judge(TrafficSeen(()), at(now))
    for intervals in polls:
        judged = HEADCOUNT.judge(TrafficSeen(intervals), at(now, memory=judged.memory))
    return judged


def counted(judged: Judgement) -> float | None:
    return judged.reading.value


def test_a_lane_that_has_served_enough_passes() -> None:
    served = (minute(0, 100, 150), minute(1, 50, 100))
    judged = fed(served, now=SETTLED + 5 * MINUTE)

    assert (
        Judgement(
            gate="headcount",
            kind="sufficiency",
            reading=Reading(
                state=State.GOOD,
                detail="400 requests on green, at least 400 needed",
                value=400,
                unit="requests",
                source="ALB RequestCount",
                at=SETTLED + 2 * INTERVAL,
            ),
            verdict=Verdict.PASS,
            memory=judged.memory,
        )
        == judged
    )


def test_a_lane_that_has_not_served_enough_waits() -> None:
    judged = fed((minute(0, 399),), now=SETTLED + 3 * MINUTE)

    assert (State.BAD, "399 requests on green, at least 400 needed", Verdict.WAIT) == (
        judged.reading.state,
        judged.reading.detail,
        judged.verdict,
    )


def test_requests_are_counted_over_polls() -> None:
    assert 300 == counted(fed((minute(0, 100),), (minute(1, 100), minute(2, 100))))


def test_an_interval_that_is_fed_twice_counts_once() -> None:
    once = fed((minute(0, 100), minute(1, 100)))
    twice = fed((minute(0, 100), minute(1, 100)), (minute(0, 100), minute(1, 100)))

    assert once == twice


def test_an_interval_out_of_order_is_not_counted_again() -> None:
    """Whoever reads backwards may lose evidence, and never invents any."""
    assert 100 == counted(fed((minute(3, 100), minute(1, 100))))


def test_a_gap_is_stepped_over() -> None:
    assert 200 == counted(fed((minute(0, 100),), (minute(5, 100),)))


def test_an_interval_before_the_weights_settled_is_not_counted() -> None:
    """The minute in which they settled is not whole: it is left out."""
    late = at(settled_at=SETTLED + 30 * SECOND)
    judged = HEADCOUNT.judge(
        TrafficSeen((minute(-1, 999), minute(0, 999), minute(1, 7))), late
    )

    assert 7 == counted(judged)


def test_another_step_starts_from_nothing() -> None:
    before = fed((minute(0, 400),))
    judged = HEADCOUNT.judge(
        TrafficSeen(()), at(settled_at=SETTLED + MINUTE, memory=before.memory)
    )

    assert 0 == counted(judged)


@pytest.mark.parametrize(
    ("last_seen", "quiet", "detail"),
    [
        (0, 7 * MINUTE, "400 requests on green, at least 400 needed"),
        (
            0,
            7 * MINUTE + SECOND,
            (
                "400 requests on green, at least 400 needed; "
                "no request count for 7 min 01 s"
            ),
        ),
    ],
)
def test_a_lane_that_has_fallen_silent_is_no_data(
    last_seen: int, quiet: timedelta, detail: str
) -> None:
    """However much it has served: a signal that stops arriving stops the cutover."""
    now = SETTLED + (last_seen + 1) * INTERVAL + quiet
    silent = tuple(minute(number, None, None) for number in (1, 2, 3))
    judged = fed((minute(last_seen, 400),), silent, now=now)

    state = State.NO_DATA if ";" in detail else State.GOOD
    assert (state, detail) == (judged.reading.state, judged.reading.detail)
    assert (Verdict.WAIT if ";" in detail else Verdict.PASS) == judged.verdict


def test_a_lane_that_was_never_seen_is_no_data_after_a_while() -> None:
    early = fed(now=SETTLED + 7 * MINUTE)
    late = fed(now=SETTLED + 7 * MINUTE + SECOND)

    assert (State.BAD, State.NO_DATA) == (early.reading.state, late.reading.state)
    assert (
        "0 requests on green, at least 400 needed; no request count for 7 min 01 s"
        == (late.reading.detail)
    )


def test_an_unknown_count_is_not_zero() -> None:
    """An interval without datapoint is over, and says nothing of being alive."""
    judged = fed((minute(0, 10),), (minute(1, None), minute(2, 0)))

    assert (10, SETTLED + 3 * INTERVAL) == (counted(judged), judged.reading.at)


def test_nothing_is_counted_while_weights_move() -> None:
    judged = HEADCOUNT.judge(TrafficSeen(()), at(settled_at=None, memory="old"))

    assert (
        Judgement(
            gate="headcount",
            kind="sufficiency",
            reading=Reading(
                state=State.GOOD, detail="nothing to count while weights move"
            ),
            verdict=Verdict.PASS,
        )
        == judged
    )


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (at(settled_at=None), None),
        (at(), SETTLED),
        (at(settled_at=SETTLED + SECOND), SETTLED + MINUTE),
        (at(memory=fed((minute(0, 1), minute(1, 1))).memory), SETTLED + 2 * MINUTE),
    ],
    ids=["while weights move", "at once", "from a whole minute on", "what is new"],
)
def test_intervals_are_wanted_from_where_counting_stopped(
    where: Situation, wanted: datetime | None
) -> None:
    assert wanted == HEADCOUNT.wanted_from(where)


def test_evidence_that_cannot_be_there_yet_does_not_refuse_the_start() -> None:
    assert HEADCOUNT.refusal(TrafficSeen(()), at(settled_at=None)) is None


def test_counts_that_cannot_be_read_refuse_the_start() -> None:
    """A permission that is missing is found before anything is touched."""
    assert Problem(
        "gate headcount", "fog", "must pass before a cutover can start"
    ) == HEADCOUNT.refusal(Unreadable("fog"), at(settled_at=None))


@given(
    st.lists(st.integers(0, 500) | st.none(), max_size=10),
    st.lists(st.integers(0, 10), max_size=4),
)
def test_however_polls_overlap_every_interval_counts_once(
    counts: list[int | None], ends: list[int]
) -> None:
    """A lost poll, a repeated one and a late one lead to the same count."""
    intervals = tuple(minute(number, count) for number, count in enumerate(counts))
    polls = [intervals[:end] for end in ends]

    assert sum(count or 0 for count in counts) == counted(fed(*polls, intervals))
