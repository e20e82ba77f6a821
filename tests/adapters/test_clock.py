"""The time is in UTC and says so, over the machine's clock and over one in memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shifter.adapters.clock import SystemClock
from shifter.adapters.memory.world import ManualClock
from shifter.ports import Clock


@pytest.mark.parametrize(
    "clock", [ManualClock(), SystemClock()], ids=["memory", "real"]
)
def test_the_time_says_that_it_is_in_utc(clock: Clock) -> None:
    """Moments are compared with those of AWS: one without a zone could not be."""
    assert clock.now().tzinfo is UTC
    assert clock.now() <= clock.now()


def test_the_time_is_that_of_the_machine() -> None:
    before = datetime.now(UTC)

    assert before <= SystemClock().now() <= datetime.now(UTC)
