"""What every adapter of `ports.Capacity` promises."""

from __future__ import annotations

import pytest

from shifter.core.errors import AwsError
from shifter.core.lanes import Lane
from shifter.core.record import Scaling
from tests.adapters.bench import Bench


def test_running_tasks_and_healthy_targets_are_counted(bench: Bench) -> None:
    assert bench.capacity.counts() == {"running": 2, "edge-1": 2, "edge-2": 2}


def test_targets_of_blue_that_are_not_healthy_do_not_count(bench: Bench) -> None:
    bench.capacity.counts()
    bench.set_targets(Lane.BLUE, "edge-2", healthy=1, registered=4)

    assert bench.capacity.counts() == {"running": 2, "edge-1": 2, "edge-2": 1}


def test_keeping_twice_is_the_same_as_once(bench: Bench) -> None:
    bench.capacity.keep()
    bench.capacity.keep()

    assert bench.scale_in_suspended is True
    assert bench.capacity.suspended() == ("scale_in", "scheduled")


def test_releasing_twice_is_the_same_as_once(bench: Bench) -> None:
    bench.capacity.keep()

    bench.capacity.release(())
    bench.capacity.release(())

    assert bench.scale_in_suspended is False
    assert bench.capacity.suspended() == ()


@pytest.mark.parametrize(
    "before", [(), ("scale_in",), ("scheduled",), ("scale_in", "scheduled")]
)
def test_what_was_suspended_before_stays_suspended(
    bench: Bench, before: tuple[Scaling, ...]
) -> None:
    """Somebody had a reason for it, and whoever ends a cutover does not know it."""
    bench.capacity.release(before)
    assert bench.capacity.suspended() == before

    bench.capacity.keep()
    bench.capacity.release(before)

    assert bench.capacity.suspended() == before


@pytest.mark.parametrize(("asked", "running"), [(1, 2), (2, 2), (5, 5)])
def test_capacity_is_only_ever_raised(bench: Bench, asked: int, running: int) -> None:
    bench.capacity.raise_to(asked)

    assert bench.capacity.counts()["running"] == running


def test_without_a_service_there_are_targets_to_count_and_no_more(small: Bench) -> None:
    small.capacity.keep()
    small.capacity.raise_to(5)
    small.capacity.release(())

    assert small.capacity.counts() == {"edge-1": 2}
    assert small.capacity.suspended() == ()


def test_capacity_that_cannot_be_asked_is_an_error(bench: Bench) -> None:
    bench.capacity.counts()
    bench.break_source("capacity")

    with pytest.raises(AwsError):
        bench.capacity.counts()
    with pytest.raises(AwsError):
        bench.capacity.raise_to(5)
