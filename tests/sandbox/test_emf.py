"""What functions print in embedded metric format becomes metrics, and is not shown."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable

import boto3
import pytest

from shifter.telemetry import HEARTBEAT, NAMESPACE, heartbeat
from shifter_sandbox.account import account
from shifter_sandbox.metrics import Datapoint, Series

SERIES = Series.of(
    NAMESPACE, HEARTBEAT, {"environment": "riverbank", "service": "shifter"}
)


def _run(function: Callable[[], object], times: int = 1) -> Datapoint | None:
    """Run a function in an account of its own; return the heartbeats it left there."""
    with account() as aws:
        started = aws.now()
        aws.add_function("it", lambda _event, _context: function())
        for _ in range(times):
            boto3.client("lambda").invoke(FunctionName="it", Payload=b"{}")
        return aws.metrics.period(SERIES, started, 60, aws.now())


def test_a_heartbeat_is_a_datapoint_of_its_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    point = _run(lambda: heartbeat("riverbank"), times=2)

    assert point is not None
    assert 2.0 == point.total
    assert "" == capsys.readouterr().out


def test_whatever_else_a_function_prints_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def talk() -> None:
        print("one", "two")
        print("no end of line", end="")
        print()

    assert _run(talk) is None
    assert "one two\nno end of line\n" == capsys.readouterr().out


def test_others_print_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    """Even what looks like a metric: nobody collects it there."""
    line = json.dumps({"_aws": {}})
    with account():
        print(line)

    assert f"{line}\n" == capsys.readouterr().out


def test_a_logger_made_in_an_account_outlives_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("made in an account")
    with account():
        log.addHandler(logging.StreamHandler(sys.stdout))
    log.warning("still here")

    assert "still here\n" == capsys.readouterr().out
