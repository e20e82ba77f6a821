"""The critical path to safety is counted from what was really called."""

from __future__ import annotations

import pytest

from benchmarks.time_to_safe import (
    LOOKS,
    WRITES,
    Call,
    begin_again,
    bench,
    chain,
    of_a_bare_script,
    of_the_way_back,
)


def _calls(*times: tuple[float, float]) -> list[Call]:
    return [Call("any", began, ended) for began, ended in times]


@pytest.mark.parametrize(
    ("times", "length"),
    [
        ([], 0),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 1), (0, 1), (0, 1)], 1),
        ([(0, 4), (0, 1), (1, 2), (2, 3)], 3),
        ([(0, 1), (0.5, 2), (1, 3)], 2),
    ],
)
def test_only_calls_that_wait_for_each_other_are_in_a_row(
    times: list[tuple[float, float]], length: int
) -> None:
    """The longest chain, not the number of calls, nor the longest call."""
    assert length == chain(_calls(*times))


def test_every_edge_is_written_before_the_last_look() -> None:
    with bench(2) as (delayed, topology):
        begin_again(topology)
        found = of_the_way_back(delayed)
        begin_again(topology)
        bare = of_a_bare_script(delayed)

    operations = [call.operation for call in found.way]
    assert len(topology.edges) == sum(name in WRITES for name in operations)
    assert operations[-1] in LOOKS
    assert 0 < bare
    assert chain(found.way) * 0.05 <= found.seconds
    assert not {call.operation for call in (*found.before, *found.after)} & WRITES
    assert "DescribeAlarms" in {call.operation for call in found.before}
    assert LOOKS & {call.operation for call in found.after}
