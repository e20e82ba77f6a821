"""Virtual time: it moves only when asked, stops at minutes, and orders everything."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import boto3
import pytest

from shifter_sandbox.account import START, Account, account
from shifter_sandbox.turns import Stuck


def test_the_whole_process_sees_the_virtual_time(aws: Account) -> None:
    aws.advance(90)

    assert datetime.now(UTC) == aws.now() == START + timedelta(seconds=90)
    assert time.time() == aws.now().timestamp()


def test_time_stands_still_between_moves(aws: Account) -> None:
    first = datetime.now(UTC)
    sum(range(100_000))

    assert datetime.now(UTC) == first


def test_an_api_call_takes_a_few_virtual_milliseconds(aws: Account) -> None:
    boto3.client("sts").get_caller_identity()

    assert aws.now() - START == timedelta(milliseconds=30)


def test_a_move_stops_at_every_full_minute(aws: Account) -> None:
    """Who is told about a span can write its data at the right time."""
    spans: list[tuple[datetime, datetime]] = []
    minutes: list[datetime] = []
    aws.clock.each_span(lambda start, end: spans.append((start, end)))
    aws.clock.each_minute(lambda minute: minutes.append(datetime.now(UTC)))

    aws.advance(30)
    aws.advance(100)

    at = [START + timedelta(seconds=s) for s in (0, 30, 60, 120, 130)]
    assert spans == list(pairwise(at))
    assert minutes == [at[2], at[3]]


def test_a_listener_may_call_aws_without_moving_time(aws: Account) -> None:
    aws.clock.each_minute(lambda _: boto3.client("sts").get_caller_identity())

    aws.advance(120)

    assert aws.now() == START + timedelta(seconds=120)


def test_what_is_planned_happens_at_its_moment(aws: Account) -> None:
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, (aws.now() - START).total_seconds()))

    aws.after(20, lambda: note("later"))
    aws.after(10, lambda: note("sooner"))
    aws.every(25, lambda: note("again"))
    aws.advance(60)

    assert seen == [("sooner", 10), ("later", 20), ("again", 25), ("again", 50)]


def test_equal_moments_go_first_come_first_served(aws: Account) -> None:
    seen: list[int] = []
    for number in range(5):
        aws.after(10, lambda number=number: seen.append(number))  # type: ignore[misc]

    aws.advance(10)
    aws.advance(0)

    assert seen == [0, 1, 2, 3, 4]


def test_an_error_in_a_task_is_not_lost() -> None:
    def fails() -> None:
        raise ValueError("planned")

    def run() -> None:
        with account() as aws:
            aws.after(5, fails)
            aws.advance(10)

    with pytest.raises(RuntimeError, match="failed unseen"):
        run()


def test_calls_of_a_thread_pool_overlap_in_virtual_time(aws: Account) -> None:
    """Two edges are written in parallel: a slow one does not delay the other."""
    seen: list[tuple[str, float]] = []

    def work(name: str, seconds: float) -> str:
        aws.sleep(seconds)
        seen.append((name, (aws.now() - START).total_seconds()))
        return name

    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(work, "slow", 3), pool.submit(work, "quick", 1)]
        assert futures[0].result() == "slow"
        assert list(pool.map(lambda name: work(name, 1), ["a", "b"])) == ["a", "b"]
        done, _ = wait([pool.submit(work, "c", 1)])
        assert len(done) == 1
        assert [f.result() for f in as_completed([pool.submit(work, "d", 1)])] == ["d"]

    assert seen == [
        ("quick", 1),
        ("slow", 3),
        ("a", 4),
        ("b", 4),
        ("c", 5),
        ("d", 6),
    ]


def test_an_error_in_a_pool_comes_out_of_its_future(aws: Account) -> None:
    with ThreadPoolExecutor() as pool:
        future = pool.submit(lambda: 1 // 0)
        assert isinstance(future.exception(), ZeroDivisionError)
        with pytest.raises(ZeroDivisionError):
            future.result()


def test_waiting_for_something_that_nobody_will_do_fails_clearly(aws: Account) -> None:
    def waits_for_itself() -> None:
        aws.turns.join(task)

    task = aws.after(1, waits_for_itself)

    with pytest.raises(Stuck, match="waits for something that nobody will do"):
        aws.turns.join(task)


def test_real_time_has_a_deadline() -> None:
    """A real sleep in a handler cannot hang a test run for ever."""
    with account(real_seconds=0.05) as aws:
        aws.after(1, lambda: time.sleep(0.3))
        with pytest.raises(Stuck, match=r"no end after 0\.05 real seconds"):
            aws.advance(2)
