from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given

from shifter.core.gates.gate import (
    Judgement,
    OnBad,
    Reading,
    State,
    Verdict,
)
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from tests.core.examples import MINUTE, NOW, SECOND, situation
from tests.core.strategies import Sight, replication_sights

ECHO = ReplicationGate(
    name="echo",
    task="valley",
    hold_above=timedelta(seconds=30),
    breach_above=timedelta(minutes=2),
)


def lags(*seconds: float, last: timedelta = MINUTE) -> tuple[Lag, ...]:
    """One lag a minute, the newest of them `last` ago."""
    count = len(seconds)
    return tuple(
        Lag(NOW - last - (count - number) * MINUTE, value)
        for number, value in enumerate(seconds, start=1)
    )


def running(*seconds: float, last: timedelta = MINUTE) -> ReplicationSeen:
    return ReplicationSeen(status="running", lags=lags(*seconds, last=last))


def judged(
    state: State, detail: str, verdict: Verdict, newest: Lag | None = None
) -> Judgement:
    return Judgement(
        gate="echo",
        kind="replication",
        reading=Reading(
            state=state,
            detail=detail,
            value=newest.seconds if newest else None,
            unit="s" if newest else "",
            source="DMS task valley",
            at=newest.at if newest else None,
        ),
        verdict=verdict,
    )


@pytest.mark.parametrize(
    ("seen", "state", "detail", "verdict"),
    [
        (
            ReplicationSeen(status=None),
            State.NO_DATA,
            "no DMS task for valley",
            Verdict.WAIT,
        ),
        (
            ReplicationSeen(status="stopped", stop_reason="FATAL_ERROR"),
            State.BAD,
            "task is stopped: FATAL_ERROR",
            Verdict.BREACH,
        ),
        (
            ReplicationSeen(status="failed", lags=lags(0)),
            State.BAD,
            "task is failed",
            Verdict.BREACH,
        ),
        (
            ReplicationSeen(status="starting", lags=lags(0)),
            State.NO_DATA,
            "task is starting",
            Verdict.WAIT,
        ),
        (
            ReplicationSeen(status="running", tables_errored=2, lags=lags(0)),
            State.BAD,
            "2 tables in error",
            Verdict.BREACH,
        ),
        (
            ReplicationSeen(status="running"),
            State.NO_DATA,
            "no lag datapoint in the last 5m",
            Verdict.WAIT,
        ),
        (
            running(0, 0, last=5 * MINUTE + SECOND),
            State.NO_DATA,
            "no lag datapoint in the last 5m",
            Verdict.WAIT,
        ),
    ],
    ids=[
        "absent",
        "stopped",
        "failed",
        "starting",
        "tables in error",
        "no datapoint",
        "stale",
    ],
)
def test_a_task_without_a_lag_is_never_taken_for_one_without_delay(
    seen: ReplicationSeen, state: State, detail: str, verdict: Verdict
) -> None:
    """Nor does a lag of zero speak for a task that has stopped."""
    assert judged(state, detail, verdict) == ECHO.judge(seen, situation())


@pytest.mark.parametrize(
    ("seen", "state", "detail", "verdict"),
    [
        (running(0), State.GOOD, "lag 0 s", Verdict.PASS),
        (running(30), State.GOOD, "lag 30 s", Verdict.PASS),
        (running(7, last=5 * MINUTE), State.GOOD, "lag 7 s", Verdict.PASS),
        (running(31), State.BAD, "lag 31 s, above 30s", Verdict.WAIT),
        (running(900, 900, 12), State.GOOD, "lag 12 s", Verdict.PASS),
        (running(900, 900), State.BAD, "lag 900 s, above 30s", Verdict.WAIT),
        (running(900, 120, 900), State.BAD, "lag 900 s, above 30s", Verdict.WAIT),
        (
            running(0, 121, 121, 121),
            State.BAD,
            "lag 121 s, above 2m for 3 datapoints",
            Verdict.BREACH,
        ),
        (
            running(121, 121, 121, last=5 * MINUTE),
            State.BAD,
            "lag 121 s, above 2m for 3 datapoints",
            Verdict.BREACH,
        ),
    ],
    ids=[
        "none",
        "just small enough",
        "just fresh enough",
        "too much",
        "recovered",
        "two in a row",
        "an interrupted row",
        "three in a row",
        "three in a row that came late",
    ],
)
def test_a_lag_waits_at_once_and_breaches_when_it_stays(
    seen: ReplicationSeen, state: State, detail: str, verdict: Verdict
) -> None:
    """Only the newest has to be fresh: DMS publishes some minutes late."""
    assert judged(state, detail, verdict, seen.lags[-1]) == ECHO.judge(
        seen, situation()
    )


def test_without_breach_above_a_lag_only_ever_waits() -> None:
    patient = ECHO.model_copy(update={"breach_above": None})
    seen = running(9000, 9000, 9000, 9000)

    assert judged(
        State.BAD, "lag 9000 s, above 30s", Verdict.WAIT, seen.lags[-1]
    ) == patient.judge(seen, situation())


@pytest.mark.parametrize("datapoints", range(1, 16))
def test_any_number_of_datapoints_can_breach(datapoints: int) -> None:
    """A row may be longer than a datapoint stays fresh."""
    gate = ECHO.model_copy(update={"datapoints": datapoints})
    few, enough = (running(*[300] * n) for n in (datapoints - 1, datapoints))

    assert gate.judge(enough, situation()).verdict is Verdict.BREACH
    assert gate.judge(few, situation()).verdict is Verdict.WAIT


@pytest.mark.parametrize("on_failed", list(OnBad))
def test_a_failed_task_leads_where_the_plan_says(on_failed: OnBad) -> None:
    gate = ECHO.model_copy(update={"on_failed": on_failed})
    stopped = ReplicationSeen(status="stopping")

    assert on_failed.verdict == gate.judge(stopped, situation()).verdict


@given(replication_sights())
def test_a_breach_needs_a_row_or_a_failure(sight: Sight) -> None:
    gate, seen, where = sight
    if not isinstance(seen, ReplicationSeen) or not isinstance(gate, ReplicationGate):
        return
    if gate.judge(seen, where).reading.detail.endswith("datapoints"):
        row = seen.lags[-gate.datapoints :]

        assert gate.breach_above is not None
        assert gate.datapoints == len(row)
        assert all(lag.seconds > gate.breach_above.total_seconds() for lag in row)
