"""Intervals are told once each, whole, in order, and none is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sample_app.counts import PERIOD_S, Counts, Interval, Tally

EDGES = ("edge-1", "edge-2")
REQUESTS = st.lists(
    st.tuples(
        st.floats(0, 25),  # seconds since the one before
        st.sampled_from(EDGES),
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
)


def _told(requests: list[tuple[float, str, bool, bool]]) -> list[Interval]:
    now = 1003.0
    counts, told = Counts(EDGES, now), []
    for wait, edge, failed, slow in requests:
        now += wait
        told += list(counts.closed(now))
        counts.add(edge, now, failed=failed, slow=slow)
    return told + list(counts.rest(now))


@given(REQUESTS)
def test_nothing_is_lost_and_nothing_is_told_twice(
    requests: list[tuple[float, str, bool, bool]],
) -> None:
    told = _told(requests)

    for edge in EDGES:
        mine = [(failed, slow) for _, at, failed, slow in requests if at == edge]
        tallies = [interval.tally for interval in told if interval.edge == edge]
        assert (
            len(mine),
            sum(failed for failed, _ in mine),
            sum(slow for _, slow in mine),
        ) == (
            sum(tally.requests for tally in tallies),
            sum(tally.errors for tally in tallies),
            sum(tally.slow for tally in tallies),
        )


@given(REQUESTS)
def test_every_interval_of_every_edge_is_told_in_order(
    requests: list[tuple[float, str, bool, bool]],
) -> None:
    """An idle one as well, as zeros: silence would say that nobody knows."""
    told = _told(requests)
    starts = [interval.began for interval in told if interval.edge == "edge-1"]

    assert list(range(1000, 1000 + PERIOD_S * len(starts), PERIOD_S)) == starts
    assert [i.began for i in told] == sorted(i.began for i in told)
    assert len(EDGES) * len(starts) == len(told)


def test_an_interval_that_is_not_over_is_not_told() -> None:
    counts = Counts(["edge-1"], 1000)
    counts.add("edge-1", 1009.9, failed=True, slow=False)

    assert [] == list(counts.closed(1009.9))
    assert [Interval("edge-1", 1000, Tally(1, 1, 0))] == list(counts.closed(1010))


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    """What was told stays told; the request counts in the interval that is open."""
    counts = Counts(["edge-1"], 1000)
    list(counts.closed(1010))
    counts.add("edge-1", 1001, failed=False, slow=False)

    assert [Interval("edge-1", 1010, Tally(1, 0, 0))] == list(counts.rest(1005))
