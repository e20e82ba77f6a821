from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shifter.core.errors import Problem
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.gate import Judgement, Reading, State, Unreadable, Verdict
from tests.core.examples import HOUR, MINUTE, NOW, SECOND, situation

SEASON = CalendarGate(name="season", calendar="salmon-run")
OPEN = CalendarSeen(open=True)
CLOSED = CalendarSeen(open=False)
HALF_HOUR = 30 * MINUTE


def _changing(after: timedelta, *, is_open: bool) -> CalendarSeen:
    return CalendarSeen(is_open, NOW + after)


@pytest.mark.parametrize(
    ("seen", "stands", "state", "detail"),
    [
        (OPEN, {}, State.GOOD, "open"),
        (OPEN, {"next_share": 50, "next_bake": HALF_HOUR}, State.GOOD, "open"),
        (
            _changing(HALF_HOUR, is_open=True),
            {"next_share": 50, "next_bake": HALF_HOUR},
            State.GOOD,
            "open until 2027-03-20T12:30+00:00",
        ),
        (
            _changing(HALF_HOUR - SECOND, is_open=True),
            {"next_share": 50, "next_bake": HALF_HOUR},
            State.BAD,
            "closes at 2027-03-20T12:29+00:00, before the next step has baked for 30m",
        ),
        (
            _changing(SECOND, is_open=True),
            {"next_share": 1000, "next_bake": None},
            State.GOOD,
            "open until 2027-03-20T12:00+00:00",
        ),
        (CLOSED, {"next_share": 50}, State.BAD, "closed"),
        (
            _changing(16 * HOUR, is_open=False),
            {"next_share": 50, "settled_at": NOW},
            State.BAD,
            "closed until 2027-03-21T04:00+00:00",
        ),
        (CLOSED, {"next_share": None, "settled_at": None}, State.BAD, "closed"),
        (
            CLOSED,
            {"next_share": None, "settled_at": NOW},
            State.GOOD,
            "no step is left to begin",
        ),
    ],
    ids=[
        "open for ever",
        "open for ever before a step",
        "open until the very end of the bake",
        "closing within the bake",
        "closing within the final bake",
        "closed for ever",
        "closed over night",
        "closed while a step is being made",
        "closed while the last step bakes",
    ],
)
def test_a_calendar_says_when_steps_may_begin(
    seen: CalendarSeen, stands: dict[str, Any], state: State, detail: str
) -> None:
    """It holds, and never leads back; the final bake is nobody's working day."""
    assert Judgement(
        gate="season",
        kind="calendar",
        reading=Reading(
            state=state, detail=detail, source="calendar salmon-run", at=NOW
        ),
        verdict=Verdict.PASS if state is State.GOOD else Verdict.WAIT,
    ) == SEASON.judge(seen, situation(**stands))


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        (CLOSED, "closed"),
        (
            _changing(MINUTE, is_open=True),
            "closes at 2027-03-20T12:01+00:00, before the next step has baked for 30m",
        ),
        (Unreadable("fog"), "fog"),
    ],
)
def test_a_calendar_that_lets_no_step_begin_refuses_the_start(
    seen: CalendarSeen | Unreadable, value: str
) -> None:
    assert Problem(
        "gate season", value, "start while it is open, for as long as a step takes"
    ) == SEASON.refusal(seen, situation(next_share=50, next_bake=HALF_HOUR))


def test_an_open_calendar_does_not_refuse_the_start() -> None:
    assert SEASON.refusal(OPEN, situation(next_share=50, next_bake=HALF_HOUR)) is None
