"""On SIGTERM what was begun is answered, nothing new is, and the last counts told."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.sample_app.service import PATIENCE_S, Schema, Service, serve


def _sum(service: Service, name: str, edge: str) -> int:
    return sum(
        line[name]
        for line in service.lines()
        if "_aws" in line and line["edge"] == edge
    )


def _wait_until_refused(service: Service) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            service.get("/health")
        except httpx.ConnectError:
            return
        except httpx.TransportError:  # it was closing just then
            continue
    raise AssertionError("it still takes connections")


def test_a_request_that_was_begun_is_answered_before_the_end(
    own_service: Service,
) -> None:
    """It waits for another's lock when the signal comes."""
    service, schema = own_service, own_service.schema
    answers: list[httpx.Response] = []
    pays = threading.Thread(target=lambda: answers.append(service.pay("drain-0001")))
    with closing(schema.server.connect(database=schema.name)) as other:
        other.begin()
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO payments VALUES (NULL, 'drain-0001', 'shop', 1, 'EUR',"
                " 'tok_other1234', 'blue', UTC_TIMESTAMP(6))"
            )
        pays.start()
        _wait_for_a_lock(schema)
        service.process.terminate()
        _wait_until_refused(service)
        alive = service.process.poll() is None
        other.rollback()
    pays.join(PATIENCE_S)

    assert alive
    assert [201] == [answer.status_code for answer in answers]
    assert 0 == service.process.wait(PATIENCE_S)
    assert 1 == schema.rows("drain-0001")
    assert service.told("drained")


def _wait_for_a_lock(schema: Schema) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if schema.server.run(
            "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        ):
            return
        time.sleep(0.2)  # InnoDB renews what it shows only after a pause
    raise AssertionError("no request waits")


def test_every_request_is_counted_at_its_edge(own_service: Service) -> None:
    """Probes are not, and callers' mistakes are no errors."""
    for n in range(5):
        own_service.pay(f"count-{n:04}", "edge-1")
    own_service.pay("count-0001", "edge-2", amount_minor=0)
    own_service.get("/no-such-path", "edge-2")
    for path in ("/health", "/ready"):
        own_service.get(path, "edge-2")
    own_service.schema.fence()
    try:
        own_service.pay("count-0006", "edge-2")
    finally:
        own_service.schema.open()

    assert 0 == own_service.stop()
    assert (5, 0) == (
        _sum(own_service, "requests", "edge-1"),
        _sum(own_service, "errors", "edge-1"),
    )
    assert (3, 1) == (
        _sum(own_service, "requests", "edge-2"),
        _sum(own_service, "errors", "edge-2"),
    )


def test_a_request_over_the_objective_is_slow(schema: Schema, tmp_path: Path) -> None:
    """One that waits for another's lock takes longer than a millisecond."""
    with serve(schema, tmp_path / "out", {"SLOW_MS": "1"}) as up:
        up.pay("slow-0001")
        up.stop()

    assert 1 == _sum(up, "slow", "edge-1")


@pytest.mark.parametrize("edge", ["edge-1", "edge-2"])
def test_a_line_of_counts_is_in_the_embedded_metric_format(
    own_service: Service, edge: str
) -> None:
    """The form that README.md promises to whoever reads the metrics."""
    own_service.stop()
    line = next(li for li in own_service.lines() if li.get("edge") == edge)

    assert {
        "environment": "payments-test",
        "edge": edge,
        "lane": "blue",
        "requests": 0,
        "errors": 0,
        "slow": 0,
    } == {name: value for name, value in line.items() if name != "_aws"}
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert 0 == line["_aws"]["Timestamp"] % 10_000
    assert {
        "Namespace": "Shifter/Application",
        "Dimensions": [["environment", "edge", "lane"]],
        "Metrics": [
            {"Name": name, "Unit": "Count", "StorageResolution": 1}
            for name in ("requests", "errors", "slow")
        ],
    } == directive
