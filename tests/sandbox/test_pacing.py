"""Real time paces virtual time: nothing comes early, and what is lost stays lost."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from shifter_sandbox.account import START, Account
from shifter_sandbox.pacing import LOOK, PATIENCE, QUIET, Pace
from shifter_sandbox.turns import SandboxClosed


def _never_slow(reached: float) -> None:
    raise AssertionError(f"told to be slow: {reached}")


class Watch:
    """A clock of real time that tests move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_moment_is_waited_for_until_it_is_due() -> None:
    watch = Watch()
    pace = Pace(START, 60, _never_slow, real_time=watch)
    minute = START + timedelta(minutes=1)

    assert 1.0 == pytest.approx(pace.wait(minute))
    watch.seconds = 0.75
    assert 0.25 == pytest.approx(pace.wait(minute))
    assert START + timedelta(seconds=45) == pace.due()
    watch.seconds = 1.0
    assert 0.0 == pytest.approx(pace.wait(minute))


def test_a_little_lateness_is_caught_up() -> None:
    watch = Watch()
    pace = Pace(START, 60, _never_slow, real_time=watch)

    watch.seconds = PATIENCE
    assert -PATIENCE == pytest.approx(pace.wait(START))

    assert START + timedelta(seconds=60 * PATIENCE) == pace.due()


def test_time_that_the_machine_was_too_slow_for_is_lost() -> None:
    watch = Watch()
    pace = Pace(START, 60, _never_slow, real_time=watch)

    watch.seconds = 5.0
    assert pace.wait(START) < 0

    assert START == pace.due()
    watch.seconds = 6.0
    assert START + timedelta(minutes=1) == pace.due()


def test_being_too_slow_is_told_once_a_minute_with_the_speed_that_was_reached() -> None:
    watch, told = Watch(), list[float]()
    pace = Pace(START, 60, told.append, real_time=watch)
    moment = START

    def half_as_fast(seconds: float) -> None:
        nonlocal moment
        for _ in range(int(seconds)):
            watch.seconds += 2.0
            moment += timedelta(minutes=1)
            pace.wait(moment)

    half_as_fast(LOOK / 2)
    assert [pytest.approx(30)] == told
    half_as_fast(QUIET / 2 - 1)
    assert 1 == len(told)
    half_as_fast(1)
    assert [pytest.approx(30)] * 2 == told


def test_one_hiccup_is_not_told() -> None:
    watch = Watch()
    pace = Pace(START, 60, _never_slow, real_time=watch)

    watch.seconds = 20.0
    pace.wait(START + timedelta(minutes=19))
    watch.seconds = 21.0
    pace.wait(START + timedelta(minutes=19))


def test_a_paced_account_sleeps_in_real_time(aws: Account) -> None:
    aws.turns.pace = Pace(START, 600, _never_slow)
    began = time.perf_counter()

    aws.advance(90)

    assert 0.14 <= time.perf_counter() - began
    assert START + timedelta(seconds=90) == aws.now()


def test_who_comes_in_meanwhile_comes_at_the_moment_that_is_due(aws: Account) -> None:
    """The clock stands still while nobody asks, and must not be what it tells."""
    aws.turns.pace = Pace(START, 100, _never_slow)
    came = []

    def come() -> None:
        time.sleep(0.2)
        aws.turns.enter("visit", lambda: came.append(aws.now()))

    visitor = threading.Thread(target=come)
    visitor.start()
    aws.advance(55)
    visitor.join()

    [moment] = came
    assert timedelta(seconds=20) <= moment - START < timedelta(seconds=55)


def test_closing_ends_whoever_waits_for_real_time(aws: Account) -> None:
    aws.turns.pace = Pace(START, 0.1, _never_slow)
    ended = threading.Event()

    def sleep() -> None:
        with pytest.raises(SandboxClosed):
            aws.advance(3600)
        ended.set()

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    time.sleep(0.1)
    aws.turns.close()

    assert ended.wait(5)
    sleeper.join()
    with pytest.raises(SandboxClosed):
        aws.turns.enter("late", lambda: None)
