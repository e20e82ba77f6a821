"""What starting replication does next: never too late, never over what is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.replication_start import Act, Order, TaskSeen, next_order

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NEW = TaskSeen(status="ready")
RUNNING = TaskSeen(status="running", loaded_percent=100)
STATUSES = ("ready", "running", "starting", "stopping", "stopped", "failed", "deleting")


def order(forward: TaskSeen, reverse: TaskSeen, **serves: str) -> Order:
    return next_order({"forward": forward, "reverse": reverse}, serves, NOW)


def test_forward_is_begun_first() -> None:
    assert (Act.START, "forward", None) == _short(order(NEW, NEW))


@pytest.mark.parametrize("percent", [0, 99])
def test_reverse_waits_until_all_of_blue_is_on_green(percent: int) -> None:
    """Before that, green's own changes are those of the load."""
    loading = replace(RUNNING, loaded_percent=percent)

    found = order(loading, NEW)

    assert (Act.WAIT, f"forward has loaded {percent} %") == (found.act, found.reason)


def test_reverse_reads_from_the_moment_in_which_the_load_was_whole() -> None:
    assert (Act.START, "reverse", NOW) == _short(order(RUNNING, NEW))


def test_reverse_is_refused_where_green_may_have_written() -> None:
    """A position after green's first write would lose what was written before it."""
    found = order(RUNNING, NEW, edge_2="weights 50/0/50")

    assert Act.REFUSE == found.act
    assert "edge_2: weights 50/0/50" in found.reason


def test_a_reverse_task_that_has_its_position_may_go_on_while_green_serves() -> None:
    stopped = TaskSeen(status="stopped", trouble="Stop Reason NORMAL")

    assert Act.RESUME == order(RUNNING, stopped, edge_1="weights 0/0/1").act


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (TaskSeen(status=None), "DMS knows no such task"),
        (TaskSeen(status="failed", trouble="no rights"), "it is failed (no rights)"),
        (TaskSeen(status="deleting"), "it is deleting (DMS gives no reason)"),
        (replace(RUNNING, tables_errored=2), "2 tables are in error"),
    ],
)
def test_trouble_is_for_a_person(seen: TaskSeen, told: str) -> None:
    found = order(seen, NEW)

    assert Act.REFUSE == found.act
    assert told in found.reason


def test_it_ends_when_both_replicate() -> None:
    assert Act.DONE == order(RUNNING, RUNNING).act
    assert "forward replicate" in next_order({"forward": RUNNING}, {}, NOW).reason


@given(
    st.sampled_from(STATUSES),
    st.sampled_from(STATUSES),
    st.integers(0, 100),
    st.booleans(),
)
def test_reverse_never_begins_before_the_load_is_whole_or_after_green_serves(
    forward: str, reverse: str, percent: int, serves: bool
) -> None:
    found = order(
        TaskSeen(status=forward, loaded_percent=percent),
        TaskSeen(status=reverse),
        **({"edge_1": "weights 1/0/1"} if serves else {}),
    )

    if (found.act, found.task) == (Act.START, "reverse"):
        assert (forward, percent, serves) == ("running", 100, False)
        assert NOW == found.position
    assert (
        found.act is not Act.START
        or {"forward": forward, "reverse": reverse}[found.task] == "ready"
    )


def _short(found: Order) -> tuple[Act, str, datetime | None]:
    return found.act, found.task, found.position
