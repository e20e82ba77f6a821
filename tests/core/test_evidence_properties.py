"""Whatever is fed, these hold."""

from __future__ import annotations

import json
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.counts import Counts, Unusable
from shifter.core.evidence import ANSWERS, Evidence
from shifter.core.explanation import explain
from tests.core.evidence_examples import BEFORE, MINUTE, RPM, again, counts

HUGE = 10**9

Interval = tuple[int, Counts, Counts, bool]
INTERVALS = st.tuples(st.integers(0, 5), counts(), counts(), st.booleans())
STREAMS = st.lists(INTERVALS, min_size=1, max_size=8)


def feed(evidence: Evidence, stream: list[Interval]) -> Evidence:
    for step, blue, green, whole in stream:
        now = MINUTE if evidence.stamp is None else evidence.stamp + MINUTE
        evidence.update(now=now, step=step, blue=blue, green=green, whole=whole)
    return evidence


def fresh() -> Evidence:
    return Evidence(RPM, BEFORE, 1.5)


@given(STREAMS)
def test_a_state_is_an_exact_copy(stream: list[Interval]) -> None:
    """A poll between any two intervals changes nothing."""
    straight, polled = fresh(), fresh()
    for interval in stream:
        feed(straight, [interval])
        polled = feed(again(polled), [interval])

        assert straight.to_state() == polled.to_state()
        assert straight.log_e == polled.log_e


@given(STREAMS)
def test_a_state_is_small(stream: list[Interval]) -> None:
    kept = json.dumps(feed(fresh(), stream).to_state(), allow_nan=False)

    assert len(kept) < 1_000


@given(STREAMS, st.integers(0, 7), counts(), st.integers(0, 5))
def test_late_and_repeated_intervals_are_never_counted(
    stream: list[Interval], back: int, other: Counts, step: int
) -> None:
    """Not with the same counts, and not with a correction."""
    evidence = feed(fresh(), stream)
    before, now = evidence.to_state(), len(stream) * MINUTE - back * MINUTE

    try:
        counted = evidence.update(now=now, step=step, blue=other, green=other)
    except Unusable:
        counted = False

    assert not counted
    assert before == evidence.to_state()


@given(STREAMS, counts(), counts(), st.integers(0, 2_000), st.sampled_from([1, 2]))
def test_one_more_bad_request_on_green_never_speaks_for_it(
    stream: list[Interval], blue: Counts, green: Counts, more: int, metric: int
) -> None:
    """Also where it was good on blue: the number of bad ones on both is the same."""
    moved = min(more, green[0] - green[metric], blue[metric])
    worse_green, better_blue = list(green), list(blue)
    worse_green[metric] += moved
    better_blue[metric] -= moved
    as_it_was, worse = feed(fresh(), stream), feed(fresh(), stream)

    feed(as_it_was, [(0, blue, green, True)])
    feed(worse, [(0, _counts(better_blue), _counts(worse_green), True)])

    assert worse.log_e >= as_it_was.log_e - 1e-9 * abs(as_it_was.log_e)
    assert (
        all(
            a <= b + 1e-9 * abs(b)
            for a, b in zip(
                worse.permission.gate, as_it_was.permission.gate, strict=True
            )
        )
        or worse.permission.rates() != as_it_was.permission.rates()
    )


def _counts(given: list[int]) -> Counts:
    requests, failed, slow = given
    return requests, failed, slow


@given(STREAMS, counts(), counts())
def test_one_more_failure_on_green_is_never_a_comfort(
    stream: list[Interval], blue: Counts, green: Counts
) -> None:
    requests, failed, slow = green
    as_it_was, worse = feed(fresh(), stream), feed(fresh(), stream)
    feed(as_it_was, [(0, blue, green, True)])
    feed(worse, [(0, blue, (requests, min(failed + 1, requests), slow), True)])

    assert worse.log_e >= as_it_was.log_e - 1e-9 * abs(as_it_was.log_e)
    assert worse.permission.gate[0] <= as_it_was.permission.gate[0] + 1e-9


@given(
    st.lists(
        st.tuples(st.integers(0, 5), counts(HUGE), counts(HUGE), st.booleans()),
        max_size=6,
    ),
    st.sampled_from([1.0, 2.5, 6.0]),
    st.one_of(st.none(), counts(HUGE)),
    st.one_of(st.none(), st.tuples(counts(HUGE), counts(HUGE))),
)
def test_nothing_overflows(
    stream: list[Interval],
    phi: float,
    history: Counts | None,
    edge_2: tuple[Counts, Counts] | None,
) -> None:
    evidence = Evidence(RPM, (0.4, 0.4), phi)
    for minute, (step, blue, green, whole) in enumerate(stream, 1):
        evidence.update(
            now=minute * MINUTE,
            step=step,
            blue=blue,
            green=green,
            whole=whole,
            history=history,
            edge_2=edge_2,
        )

        assert isfinite(evidence.log_e)
        assert all(map(isfinite, evidence.permission.gate))
        answered = evidence.decide(now=minute * MINUTE, step=step, since_step_s=300)
        assert answered in ANSWERS.values()
        assert explain(evidence, now=minute * MINUTE, step=step, since_step_s=300)


@given(STREAMS, st.data())
def test_lost_intervals_only_take_evidence_away(
    stream: list[Interval], data: st.DataObject
) -> None:
    """What was lost leaves everything as it was, but for the patience."""
    lost = data.draw(st.integers(0, len(stream)))
    evidence = feed(fresh(), stream[:lost])
    before = evidence.to_state()
    now = (evidence.stamp or 0.0) + MINUTE

    evidence.update(
        now=now,
        step=evidence.permission.step,
        blue=(0, 0, 0),
        green=(0, 0, 0),
        missing=data.draw(st.booleans()),
    )

    assert before | {"stamp": now, "miss": before["miss"] + 1} == evidence.to_state()


@given(st.lists(st.tuples(counts(50), counts(50)), min_size=1, max_size=5), st.data())
def test_how_counts_of_one_moment_are_grouped_makes_no_difference(
    edges: list[tuple[Counts, Counts]], data: st.DataObject
) -> None:
    """Parts with the same ratio of colours are worth what their sum is worth."""
    times = data.draw(st.integers(1, 5))
    blue, green = edges[0]
    pair = ((3 * blue[0], *blue[1:]), (3 * green[0], *green[1:]))
    rest = ((times * pair[0][0], *blue[1:]), (times * pair[1][0], *green[1:]))
    whole = fresh()
    whole.update(
        now=60,
        step=0,
        blue=(pair[0][0] + rest[0][0], 2 * blue[1], 2 * blue[2]),
        green=(pair[1][0] + rest[1][0], 2 * green[1], 2 * green[2]),
    )
    parts = fresh()
    parts.update(now=60, step=0, blue=pair[0], green=pair[1], edge_2=rest)

    assert pytest.approx(whole.log_e, abs=1e-9) == parts.log_e


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=6),
)
def test_evidence_does_not_depend_on_the_length_of_an_interval(
    per_part: int, parts: list[tuple[int, int]]
) -> None:
    """With one ratio of colours, and one moment at which the fault may have started.

    Each interval is a moment more at which it may have started, so that more intervals
    stake more; what is staked on the first moment grows by the same amount.
    """
    blue, green = 90 * per_part, 10 * per_part
    shortened = {"horizon_min": 1e12}  # later moments have next to no stake
    apart = Evidence(RPM, BEFORE, **shortened)
    for minute, (x, y) in enumerate(parts, 1):
        apart.update(
            now=minute, step=0, blue=(blue, y, 0), green=(green, min(x, green), 0)
        )
    together = Evidence(RPM, BEFORE, **shortened)
    together.update(
        now=1,
        step=0,
        blue=(blue * len(parts), sum(y for _, y in parts), 0),
        green=(green * len(parts), sum(min(x, green) for x, _ in parts), 0),
    )

    assert pytest.approx(together.log_e, abs=1e-6) == apart.log_e


@given(counts(), counts(), counts(), counts(), st.booleans())
def test_two_edges_may_be_told_in_either_order(
    blue: Counts, green: Counts, blue_2: Counts, green_2: Counts, whole: bool
) -> None:
    one, other = fresh(), fresh()
    one.update(
        now=60, step=0, blue=blue, green=green, edge_2=(blue_2, green_2), whole=whole
    )
    other.update(
        now=60, step=0, blue=blue_2, green=green_2, edge_2=(blue, green), whole=whole
    )

    assert pytest.approx(one.log_e, abs=1e-9) == other.log_e
    assert one.permission.gate == other.permission.gate


@given(STREAMS)
def test_deciding_changes_nothing(stream: list[Interval]) -> None:
    evidence = feed(fresh(), stream)
    before = evidence.to_state()
    for step in range(6):
        for since_step_s in (0, 200, 700, 4_000):
            for later in (0, 100, 10_000):
                now = len(stream) * MINUTE + later
                evidence.decide(now=now, step=step, since_step_s=since_step_s)

    assert before == evidence.to_state()
