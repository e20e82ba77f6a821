"""What every reader of alarms, the heartbeat and replication promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.adapters.memory.signals import HEARTBEAT_ALARM
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import OnBad, Situation, Unreadable
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from tests.adapters.bench import NOW, Bench

MINUTE = timedelta(minutes=1)
WATCHDOG = WatchdogGate()
ALARMS = tuple(
    AlarmGate(name=name, alarm=f"payments-{name}", on_alarm=OnBad.HOLD)
    for name in ("errors", "latency")
)
ORDERS = ReplicationGate(name="lag", task="orders", hold_above=timedelta(seconds=30))
UNKNOWN = ReplicationGate(name="old", task="gone", hold_above=timedelta(seconds=30))
SITUATIONS = {name: Situation(now=NOW) for name in ("errors", "latency", "lag", "old")}


@pytest.mark.parametrize(
    "state", [AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA]
)
def test_an_alarm_is_told_with_its_state_and_reason(
    bench: Bench, state: AlarmState
) -> None:
    bench.set_alarm("payments-errors", state, reason="5 errors", enabled=False)

    seen = bench.alarms.read(ALARMS[:1], SITUATIONS)["errors"]

    assert isinstance(seen, AlarmSeen)
    assert (seen.state, seen.reason, seen.actions_enabled) == (state, "5 errors", False)
    assert seen.updated_at is not None


def test_an_alarm_that_does_not_exist_is_missing(bench: Bench) -> None:
    """CloudWatch leaves it out without a word; we do not."""
    bench.set_alarm("payments-errors", AlarmState.OK, reason="fine")

    seen = bench.alarms.read(ALARMS, SITUATIONS)

    assert seen["errors"].state is AlarmState.OK
    assert seen["latency"] == AlarmSeen(AlarmState.MISSING)


def test_alarms_that_cannot_be_asked_for_are_unreadable(bench: Bench) -> None:
    bench.break_source("alarms")

    seen = bench.alarms.read(ALARMS, SITUATIONS)

    assert list(seen) == ["errors", "latency"]
    assert all(isinstance(answer, Unreadable) for answer in seen.values())


@pytest.mark.parametrize("state", [AlarmState.OK, AlarmState.ALARM])
def test_the_heartbeat_is_told_like_an_alarm_with_its_name(
    bench: Bench, state: AlarmState
) -> None:
    bench.set_heartbeat(state, reason="three minutes")
    bench.set_alarm("payments-errors", AlarmState.OK, reason="fine")

    seen = bench.alarms.read([*ALARMS[:1], WATCHDOG], SITUATIONS)

    assert {"errors", "watchdog"} == set(seen)
    assert isinstance(seen["errors"], AlarmSeen)
    heart = seen["watchdog"]
    assert isinstance(heart, HeartbeatSeen)
    assert (HEARTBEAT_ALARM, state, "three minutes") == (
        heart.name,
        heart.alarm.state,
        heart.alarm.reason,
    )


def test_a_heartbeat_that_cannot_be_asked_for_is_unreadable(bench: Bench) -> None:
    bench.set_heartbeat(AlarmState.OK, reason="fine")
    bench.break_source("alarms")

    [seen] = bench.alarms.read([WATCHDOG], SITUATIONS).values()

    assert isinstance(seen, Unreadable)


def test_a_running_task_is_told_with_its_lags_oldest_first(bench: Bench) -> None:
    bench.set_task("running", {NOW - MINUTE: 4.0, NOW - 2 * MINUTE: 9.0})

    assert bench.replication.read([ORDERS], SITUATIONS) == {
        "lag": ReplicationSeen(
            status="running",
            lags=(Lag(NOW - 2 * MINUTE, 9.0), Lag(NOW - MINUTE, 4.0)),
        )
    }


def test_a_stopped_task_is_told_as_stopped(bench: Bench) -> None:
    bench.set_task("stopped", {})

    assert bench.replication.read([ORDERS], SITUATIONS) == {
        "lag": ReplicationSeen(status="stopped")
    }


def test_a_task_that_nobody_knows_has_no_status(bench: Bench) -> None:
    """Neither one that the topology lacks, nor one that DMS lacks."""
    assert bench.replication.read([ORDERS, UNKNOWN], SITUATIONS) == {
        "lag": ReplicationSeen(status=None),
        "old": ReplicationSeen(status=None),
    }


def test_replication_that_cannot_be_asked_for_is_unreadable(bench: Bench) -> None:
    bench.set_task("running", {NOW - MINUTE: 0.0})
    bench.break_source("replication")

    [seen] = bench.replication.read([ORDERS], SITUATIONS).values()

    assert isinstance(seen, Unreadable)
