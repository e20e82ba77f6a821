from __future__ import annotations

from benchmarks.engine_cost import mathematics, updates


def test_what_is_timed_is_an_update_that_counts() -> None:
    update = updates()

    assert [True, True, True] == [update() for _ in range(3)]
    mathematics()
