"""Replication tasks of DMS: what AWS adds to the contract."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shifter.adapters.dms import ReplicationReader
from shifter.core.gates.gate import Situation, Unreadable
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.topology import ReplicationTask
from tests.adapters.bench import NOW, TASK_ARN, AwsBench

MINUTE = timedelta(minutes=1)
ORDERS = ReplicationGate(name="lag", task="orders", hold_above=timedelta(seconds=30))
SITUATIONS = {name: Situation(now=NOW) for name in ("lag", "second")}


def read(aws: AwsBench) -> ReplicationSeen | Unreadable:
    return aws.replication.read([ORDERS], SITUATIONS)["lag"]


def tell(aws: AwsBench, **task: Any) -> None:
    """Let DMS tell this about the task."""
    aws.account.answer(
        "dms",
        "DescribeReplicationTasks",
        lambda _: {"ReplicationTasks": [{"ReplicationTaskArn": TASK_ARN, **task}]},
    )


def test_a_slower_source_makes_the_lag_of_its_minute_worse(aws: AwsBench) -> None:
    aws.set_task("running", {NOW - 2 * MINUTE: 5.0, NOW - MINUTE: 6.0})
    aws.put_lag("CDCLatencySource", NOW - 2 * MINUTE, 50.0)
    aws.put_lag("CDCLatencySource", NOW - MINUTE, 1.0)

    assert read(aws) == ReplicationSeen(
        status="running", lags=(Lag(NOW - 2 * MINUTE, 50.0), Lag(NOW - MINUTE, 6.0))
    )


def test_the_source_alone_tells_no_lag(aws: AwsBench) -> None:
    """A task that reads and does not write must not look up to date."""
    aws.set_task("running", {})
    aws.put_lag("CDCLatencySource", NOW - MINUTE, 0.0)

    assert read(aws) == ReplicationSeen(status="running", lags=())


def test_the_highest_of_a_minute_counts(aws: AwsBench) -> None:
    aws.set_task("running", {NOW - MINUTE: 3.0})
    aws.put_lag("CDCLatencyTarget", NOW - timedelta(seconds=30), 8.0)

    assert read(aws) == ReplicationSeen(
        status="running", lags=(Lag(NOW - MINUTE, 8.0),)
    )


def test_lags_are_told_oldest_first_however_they_come(aws: AwsBench) -> None:
    """The gate takes the last one for the newest."""
    aws.set_task("running", {})
    times = [NOW - MINUTE, NOW - 3 * MINUTE, NOW - 2 * MINUTE]
    aws.account.answer(
        "cloudwatch",
        "GetMetricData",
        lambda _: {
            "MetricDataResults": [
                {"Id": "m0", "Timestamps": times, "Values": [1.0, 3.0, 2.0]}
            ]
        },
    )

    assert read(aws) == ReplicationSeen(
        status="running",
        lags=(
            Lag(NOW - 3 * MINUTE, 3.0),
            Lag(NOW - 2 * MINUTE, 2.0),
            Lag(NOW - MINUTE, 1.0),
        ),
    )


def test_twenty_minutes_are_asked_for_in_one_call(aws: AwsBench) -> None:
    aws.set_task("running", {})
    sent = aws.account.record("cloudwatch", "GetMetricData")

    read(aws)

    [call] = sent
    assert (call["StartTime"], call["EndTime"]) == (NOW - 20 * MINUTE, NOW)
    assert [
        (query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"])
        for query in call["MetricDataQueries"]
    ] == [("CDCLatencyTarget", "Maximum"), ("CDCLatencySource", "Maximum")]


def test_all_tasks_are_asked_for_in_one_call(aws: AwsBench) -> None:
    aws.set_task("running", {})
    other = ReplicationTask(arn=TASK_ARN + "2", instance_identifier="instance-1")
    topology = aws.topology.model_copy(
        update={"replication": {**aws.topology.replication, "refunds": other}}
    )
    client = aws.account.client
    reader = ReplicationReader(client("dms"), client("cloudwatch"), topology)
    second = ORDERS.model_copy(update={"name": "second", "task": "refunds"})
    sent = aws.account.record("dms", "DescribeReplicationTasks")

    seen = reader.read([ORDERS, second], SITUATIONS)

    assert [call["Filters"] for call in sent] == [
        [{"Name": "replication-task-arn", "Values": [TASK_ARN, TASK_ARN + "2"]}]
    ]
    assert seen == {
        "lag": ReplicationSeen(status="running"),
        "second": ReplicationSeen(status=None),
    }


def test_tables_in_error_are_counted(aws: AwsBench) -> None:
    tell(aws, Status="running", ReplicationTaskStats={"TablesErrored": 3})

    assert read(aws) == ReplicationSeen(status="running", tables_errored=3)


@pytest.mark.parametrize("field", ["StopReason", "LastFailureMessage"])
def test_why_a_task_has_stopped_is_told_without_secrets(
    aws: AwsBench, field: str
) -> None:
    tell(aws, Status="failed", **{field: "cannot log in,\n password=hunter2 ended it"})

    assert read(aws) == ReplicationSeen(
        status="failed", stop_reason="cannot log in, password=*** ended it"
    )


def test_dms_that_finds_no_task_at_all_says_so_by_an_error(aws: AwsBench) -> None:
    aws.account.refuse(
        "dms", "DescribeReplicationTasks", "ResourceNotFoundFault", message="none"
    )

    assert read(aws) == ReplicationSeen(status=None)


def test_another_refusal_is_not_taken_for_a_missing_task(aws: AwsBench) -> None:
    aws.account.refuse("dms", "DescribeReplicationTasks", "InvalidParameterValue")

    assert isinstance(read(aws), Unreadable)


def test_a_running_task_whose_lag_cannot_be_asked_for_is_unreadable(
    aws: AwsBench,
) -> None:
    aws.set_task("running", {NOW - MINUTE: 0.0})
    aws.account.refuse("cloudwatch", "GetMetricData")

    assert isinstance(read(aws), Unreadable)


@pytest.mark.parametrize(
    ("status", "errored"), [("stopped", 0), ("failed", 0), ("running", 1)]
)
def test_a_broken_task_is_told_even_when_its_lag_cannot_be_asked_for(
    aws: AwsBench, status: str, errored: int
) -> None:
    """One failing service must not hide what another one says."""
    tell(aws, Status=status, ReplicationTaskStats={"TablesErrored": errored})
    aws.account.refuse("cloudwatch", "GetMetricData")

    assert read(aws) == ReplicationSeen(status=status, tables_errored=errored)
