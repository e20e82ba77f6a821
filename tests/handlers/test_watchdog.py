"""The watchdog as its schedule calls it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import BadEvent, NotFound, SettingsError, Unavailable
from shifter.core.phases import Phase
from shifter.engine import control
from shifter.handlers import watchdog
from shifter.telemetry import HEARTBEAT
from tests.engine.bench import OTTERS, Bench
from tests.handlers.conftest import keep

EVENT: dict[str, Any] = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-03-02T09:30:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": {},
}


def _heartbeats(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The environments that were told to be looked after."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line["environment"] for line in lines if line.get(HEARTBEAT) == [1.0]]


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (None, "event"),
        ("tick", "event"),
        ({}, "source"),
        (EVENT | {"source": "aws.cloudwatch"}, "source"),
        (EVENT | {"detail-type": "s" * 10**6}, "detail-type"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_event_that_nobody_understands_is_refused(
    event: Any, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadEvent, match=f"^{field}: "):
        watchdog.handler(event, None)
    assert [] == _heartbeats(capsys)


def test_without_settings_they_are_named() -> None:
    with pytest.raises(SettingsError, match="TABLE_NAME"):
        watchdog.handler(EVENT, None)


def test_the_heart_beats_when_there_is_nothing_to_do(
    table: DynamoStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert watchdog.handler(EVENT, None) is None
    assert ["riverbank"] == _heartbeats(capsys)


def test_a_dead_owner_s_cutover_goes_back(
    table: DynamoStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bench's time is long past."""
    bench = Bench()
    bench.start()
    keep(table, bench)

    answer = watchdog.handler(EVENT, None)

    record = table.load(OTTERS)
    assert record is not None
    assert answer is not None
    assert ("roll_back_later", Phase.ROLLING_BACK) == (answer["action"], record.phase)
    assert record.way_back.reason.startswith("nobody has looked since 2026-03-02 09:")
    assert ["riverbank"] == _heartbeats(capsys)
    assert watchdog.handler(EVENT, None) is None, "replayed"
    assert record == table.load(OTTERS)


def test_the_heart_of_a_watchdog_that_fails_stands_still(
    table: DynamoStore, clients: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lock whose record is gone: people have to come."""
    bench = Bench()
    bench.start()
    keep(table, bench)
    clients("dynamodb").delete_item(
        TableName="burrow",
        Key={"pk": {"S": f"CUTOVER#{OTTERS}"}, "sk": {"S": "RECORD"}},
    )

    with pytest.raises(NotFound):
        watchdog.handler(EVENT, None)
    assert [] == _heartbeats(capsys)


def _ended() -> Bench:
    bench = Bench()
    bench.start()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.finish_all(bench.now())
    return bench


def test_an_end_that_is_more_than_a_day_old_needs_nobody(
    table: DynamoStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """There are no edges in this account: whoever looked would fail."""
    record = keep(table, _ended())

    assert watchdog.handler(EVENT, None) is None
    assert ["riverbank"] == _heartbeats(capsys)
    assert record == table.load(OTTERS)


def test_edges_that_cannot_be_looked_at_after_the_end_keep_the_heart_still(
    table: DynamoStore, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = _ended()
    now = {"ended_at": datetime.now(UTC)}
    bench.store.records[OTTERS] = bench.record.model_copy(update=now)
    record = keep(table, bench)

    with pytest.raises(Unavailable, match="read on edge-1"):
        watchdog.handler(EVENT, None)
    assert [] == _heartbeats(capsys)
    assert record == table.load(OTTERS)
