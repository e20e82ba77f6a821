"""The breaker as EventBridge calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import BadEvent, SettingsError
from shifter.core.phases import Phase
from shifter.handlers import breaker
from tests.engine.bench import OTTERS, Bench
from tests.handlers.conftest import keep

Clients = Callable[[str], Any]

DETAIL: dict[str, Any] = {
    "alarmName": "frogs-complain",
    "state": {
        "value": "ALARM",
        "reason": "Threshold Crossed",
        "timestamp": "2026-03-02T09:30:00.000+0000",
    },
    "previousState": {"value": "OK"},
}
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "123456789012",
    "time": "2026-03-02T09:30:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": DETAIL,
}


def _event(**state: str) -> dict[str, Any]:
    return EVENT | {"detail": DETAIL | {"state": DETAIL["state"] | state}}


@pytest.fixture
def running(table: DynamoStore) -> DynamoStore:
    """A cutover that has just begun."""
    bench = Bench()
    bench.start()
    keep(table, bench)
    return table


def _alarm(clients: Clients, state: str) -> None:
    client = clients("cloudwatch")
    client.put_metric_alarm(
        AlarmName="frogs-complain",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Frogs",
        Namespace="River",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    client.set_alarm_state(
        AlarmName="frogs-complain", StateValue=state, StateReason="told so"
    )


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (None, "event"),
        ([EVENT], "event"),
        ({}, "source"),
        (EVENT | {"source": "otters"}, "source"),
        (EVENT | {"detail-type": "Scheduled Event"}, "detail-type"),
        (EVENT | {"detail": None}, "detail"),
        (EVENT | {"detail": {"alarmName": "frogs-complain"}}, "detail.state"),
        (EVENT | {"detail": DETAIL | {"alarmName": ""}}, "detail.alarmName"),
        (EVENT | {"detail": DETAIL | {"alarmName": "f" * 10**6}}, "detail.alarmName"),
        (_event(value="CROAK"), "detail.state.value"),
        (_event(timestamp="yesterday"), "detail.state.timestamp"),
        (_event(timestamp="2026-03-02T09:30:00"), "detail.state.timestamp"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_event_that_nobody_understands_is_refused(event: Any, field: str) -> None:
    """Before anything is built: without settings there is nothing to write with."""
    with pytest.raises(BadEvent, match=f"^{field}: "):
        breaker.handler(event, None)


@pytest.mark.parametrize("value", ["OK", "INSUFFICIENT_DATA"])
def test_a_change_to_anything_else_is_none_to_react_to(value: str) -> None:
    assert breaker.handler(_event(value=value), None) is None


def test_without_settings_they_are_named() -> None:
    with pytest.raises(SettingsError, match="TABLE_NAME"):
        breaker.handler(EVENT, None)


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA"])
def test_an_alarm_leads_back(
    running: DynamoStore, clients: Clients, state: str
) -> None:
    _alarm(clients, state)

    answer = breaker.handler(EVENT, None)

    record = running.load(OTTERS)
    assert record is not None
    assert answer is not None
    assert ("roll_back_later", Phase.ROLLING_BACK) == (answer["action"], record.phase)
    assert record.way_back.reason.startswith(f"alarm frogs-complain is in {state}")
    assert breaker.handler(EVENT, None) is None, "replayed"
    assert record == running.load(OTTERS)


def test_an_alarm_that_is_ok_again_is_written_down(
    running: DynamoStore, clients: Clients
) -> None:
    _alarm(clients, "OK")

    assert breaker.handler(EVENT, None) is None
    assert ("breaker", "ignore") == (
        running.journal(OTTERS)[-1].actor,
        running.journal(OTTERS)[-1].action,
    )


@pytest.mark.parametrize(
    "event",
    [
        EVENT | {"detail": DETAIL | {"alarmName": "herons-complain"}},
        _event(timestamp="2026-03-01T09:30:00.000+0000"),
    ],
    ids=["foreign", "stale"],
)
def test_a_foreign_or_stale_event_writes_nothing(
    running: DynamoStore, event: dict[str, Any]
) -> None:
    before = running.load(OTTERS)

    assert breaker.handler(event, None) is None
    assert before == running.load(OTTERS)


def test_where_nothing_runs_nothing_is_written(
    table: DynamoStore, clients: Clients
) -> None:
    assert breaker.handler(EVENT, None) is None
    assert 0 == clients("dynamodb").scan(TableName="burrow")["Count"]
