from __future__ import annotations

import pytest

from shifter.core.errors import Problem
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Judgement, Reading, State, Unreadable, Verdict
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from tests.core.examples import NOW, situation

WATCHDOG = WatchdogGate()


def _heart(state: AlarmState, reason: str = "") -> HeartbeatSeen:
    return HeartbeatSeen("heron-heartbeat", AlarmSeen(state, True, NOW, reason))


@pytest.mark.parametrize(
    ("seen", "state", "detail"),
    [
        (_heart(AlarmState.OK), State.GOOD, "OK"),
        (
            _heart(AlarmState.ALARM, "it is still"),
            State.BAD,
            "heron-heartbeat is in ALARM: it is still",
        ),
        (
            _heart(AlarmState.ALARM),
            State.BAD,
            "heron-heartbeat is in ALARM: no reason given",
        ),
        (
            _heart(AlarmState.MISSING),
            State.NO_DATA,
            "no alarm is named heron-heartbeat",
        ),
        (
            _heart(AlarmState.INSUFFICIENT_DATA),
            State.NO_DATA,
            "heron-heartbeat has INSUFFICIENT_DATA",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_nobody_goes_on_while_nobody_watches(
    seen: HeartbeatSeen, state: State, detail: str
) -> None:
    """It says nothing about green, so it holds and does not lead back."""
    assert Judgement(
        gate="watchdog",
        kind="watchdog",
        reading=Reading(
            state=state, detail=detail, source="alarm heron-heartbeat", at=NOW
        ),
        verdict=Verdict.PASS if state is State.GOOD else Verdict.WAIT,
    ) == WATCHDOG.judge(seen, situation())


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        (_heart(AlarmState.MISSING), "no alarm is named heron-heartbeat"),
        (Unreadable("fog"), "fog"),
    ],
)
def test_a_watchdog_that_does_not_run_refuses_the_start(
    seen: HeartbeatSeen | Unreadable, value: str
) -> None:
    assert Problem(
        "gate watchdog", value, "the watchdog must run before a cutover can start"
    ) == WATCHDOG.refusal(seen, situation())


def test_a_watchdog_that_runs_does_not_refuse_the_start() -> None:
    assert WATCHDOG.refusal(_heart(AlarmState.OK), situation()) is None
