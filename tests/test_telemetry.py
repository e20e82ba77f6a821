"""One shape for every save in the logs, and one place for metrics."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from shifter.adapters.logged_store import LoggedStore
from shifter.adapters.memory.store import MemoryStore
from shifter.core.errors import Conflict
from shifter.core.phases import Phase
from shifter.telemetry import HEARTBEAT, heartbeat, log_save, logger, metrics
from tests.adapters.fixtures_b import begun, then

Logged = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    """What was logged since the test began, one dictionary a line."""
    written = StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", written)
    level = logger().log_level
    logger().setLevel("INFO")  # a demonstration in this process may have muted it
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger().setLevel(level)


def test_a_save_is_logged_in_the_words_of_the_journal(logged: Logged) -> None:
    record, entry = begun()

    log_save(record, entry)

    [line] = logged()
    volatile = {"location", "timestamp", "xray_trace_id"}
    assert {key: value for key, value in line.items() if key not in volatile} == {
        "level": "INFO",
        "service": "shifter",
        "message": "the river → PREPARED",
        "cutover_id": "otters-1",
        "environment": "riverbank",
        "actor": "Hazel",
        "action": "swim",
        "rule": "otters_swim",
        "phase": "PREPARED",
        "step": 0,
        "version": 1,
        "look_again_at": "2027-03-20T12:00:00+00:00",
    }


def test_what_was_saved_is_logged_once_and_what_was_refused_is_not(
    logged: Logged,
) -> None:
    store = LoggedStore(MemoryStore())
    first = begun()
    second = then(first[0], phase=Phase.SHIFTING, step=1)

    store.save(*first)
    store.save(*second)
    with pytest.raises(Conflict):
        store.save(*second)

    assert [(line["version"], line["phase"]) for line in logged()] == [
        (1, "PREPARED"),
        (2, "SHIFTING"),
    ]
    assert store.load("otters-1") == second[0]
    assert list(store.journal("otters-1")) == [first[1], second[1]]
    held = store.environment("riverbank").holder
    assert held is not None
    assert held.holder == "cutover:otters-1"


def test_a_plan_is_never_logged(logged: Logged) -> None:
    record, entry = begun()

    log_save(record, entry)

    [line] = logged()
    assert record.plan.name not in json.dumps(line)


def test_logger_and_metrics_are_made_once() -> None:
    assert logger() is logger()
    assert metrics() is metrics()


def test_a_metric_is_written_in_the_embedded_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics().add_metric(name="Ripples", unit=MetricUnit.Count, value=3)
    metrics().flush_metrics()

    written = json.loads(capsys.readouterr().out)

    assert written["Ripples"] == [3.0]
    assert written["service"] == "shifter"
    [directive] = written["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Shifter"


def test_a_heartbeat_names_the_environment_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat("riverbank")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    heartbeat("seaside")
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    heartbeat("hillside")

    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [("riverbank", [1.0]), ("hillside", [1.0])] == [
        (line["environment"], line[HEARTBEAT]) for line in written
    ]


def test_importing_telemetry_makes_nothing_and_loads_no_tracer() -> None:
    """The Tracer would bring its own library and slow every cold start."""
    program = (
        "import logging, sys; import shifter.telemetry; "
        "assert 'aws_xray_sdk' not in sys.modules; "
        "assert 'shifter' not in logging.Logger.manager.loggerDict"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
