"""`shifter replication`: both tasks are started once, in order, by whoever may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from interlock.lock import EnvironmentLock, HolderName
from shifter.cli import connection
from shifter_sandbox.dms import ReplicationTask
from shifter_sandbox.patching import patched
from shifter_sandbox.stage import Stage
from tests.cli.stages import operated_stage, operator, run

HOUR = timedelta(hours=1)


@pytest.fixture
def on() -> Iterator[Stage]:
    """A stage whose two tasks were made and never started."""
    with operated_stage(edges=1) as opened, operator("ada"):
        reverse = opened.aws.replication.add_task("green-to-blue", instance="dms")
        client: Any = boto3.client("ssm")
        name = opened.system.topology_parameter
        topology = json.loads(client.get_parameter(Name=name)["Parameter"]["Value"])
        topology["replication"]["reverse"] = {
            "arn": reverse.arn,
            "instance_identifier": reverse.instance_identifier,
        }
        client.put_parameter(
            Name=name, Type="String", Value=json.dumps(topology), Overwrite=True
        )
        for task in tasks(opened):
            task.begin_anew()
        yield opened


def tasks(on: Stage) -> list[ReplicationTask]:
    return list(on.aws.replication.tasks.values())


def loading(on: Stage, percents: list[int]) -> Any:
    """Instead of waiting: let the full load go on by one of these at each look."""
    left = iter(percents)

    def sleep(seconds: float) -> None:
        on.aws.advance(seconds)
        tasks(on)[0].load(next(left))

    return patched(connection, "sleep", sleep)


def test_both_are_started_and_reverse_reads_from_the_end_of_the_load(
    on: Stage,
) -> None:
    with loading(on, [0, 40, 100, 100]):
        done = run(on, "replication", "start", "--yes")

    forward, reverse = tasks(on)
    assert 0 == done.exit_code, done.stderr
    assert ("running", "running") == (forward.status, reverse.status)
    assert ("", True) == (forward.position, reverse.position.startswith("20"))
    assert [
        "forward loads all of blue into green",
        "forward has loaded 0 %",
        "forward has loaded 40 %",
        f"reverse reads from {reverse.position}, before green's first write",
    ] == done.stderr.splitlines()
    assert reverse.position in done.stdout


def test_a_second_start_changes_nothing(on: Stage) -> None:
    with loading(on, [100, 100]):
        run(on, "replication", "start", "--yes")
    position = tasks(on)[1].position
    on.aws.advance(600)

    again = run(on, "replication", "start")

    assert (0, "") == (again.exit_code, again.stderr)
    assert position == tasks(on)[1].position


def test_a_stopped_task_goes_on_where_it_stopped(on: Stage) -> None:
    with loading(on, [100, 100]):
        run(on, "replication", "start", "--yes")
    forward, reverse = tasks(on)
    position = reverse.position
    reverse.stop()

    with loading(on, [100]):
        done = run(on, "replication", "start", "--yes", "--json")

    assert {"forward", "reverse"} == set(done.document)
    assert ("running", position) == (reverse.status, reverse.position)
    assert "running" == forward.status


def test_without_a_yes_and_a_terminal_nothing_is_started(on: Stage) -> None:
    done = run(on, "replication", "start")

    assert 4 == done.exit_code
    assert ["ready", "ready"] == [task.status for task in tasks(on)]


def test_nothing_is_started_while_somebody_holds_the_environment(on: Stage) -> None:
    lock = EnvironmentLock(boto3.client("dynamodb"), on.system.table)
    lock.acquire("payments-prod", HolderName.deploy("friday"), on.aws.now(), HOUR)

    done = run(on, "replication", "start", "--yes")

    assert 4 == done.exit_code
    assert "held by deploy:friday since" in done.stderr
    assert ["ready", "ready"] == [task.status for task in tasks(on)]


def test_what_failed_is_told_and_left_alone(on: Stage) -> None:
    tasks(on)[0].fail("Last Error no such user")

    done = run(on, "replication", "start", "--yes")

    assert 4 == done.exit_code
    assert "forward: it is failed (Last Error no such user)" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_status_is_told_for_people_and_programs(on: Stage) -> None:
    told = run(on, "replication", "status")
    document = run(on, "replication", "status", "--json").document

    assert "forward" in told.stdout
    assert "ready" in told.stdout
    assert {"forward": "ready", "reverse": "ready"} == {
        name: seen["status"] for name, seen in document.items()
    }


def test_a_system_without_replication_is_told_so() -> None:
    with operated_stage(edges=1, replication=False) as on, operator("ada"):
        done = run(on, "replication", "status")

    assert 5 == done.exit_code
    assert "the topology of payments-prod names no replication" in done.stderr
