"""F5: a task follows its script, and its lag is in CloudWatch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter_sandbox.account import Account
from shifter_sandbox.dms import ReplicationTask


@pytest.fixture
def task(aws: Account) -> ReplicationTask:
    return aws.replication.add_task("blue-to-green", instance="payments-dms")


def described(task: ReplicationTask) -> Any:
    found = boto3.client("dms").describe_replication_tasks(
        Filters=[{"Name": "replication-task-arn", "Values": [task.arn]}]
    )
    return found["ReplicationTasks"][0]


def lags(aws: Account, task: ReplicationTask) -> list[float]:
    found = boto3.client("cloudwatch").get_metric_data(
        StartTime=aws.now() - timedelta(minutes=10),
        EndTime=aws.now(),
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {
                "Id": "lag",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/DMS",
                        "MetricName": "CDCLatencyTarget",
                        "Dimensions": [
                            {
                                "Name": "ReplicationInstanceIdentifier",
                                "Value": "payments-dms",
                            },
                            {
                                "Name": "ReplicationTaskIdentifier",
                                "Value": task.arn.rsplit(":", 1)[-1],
                            },
                        ],
                    },
                    "Period": 60,
                    "Stat": "Maximum",
                },
            }
        ],
    )
    return list(found["MetricDataResults"][0]["Values"])


def test_a_new_task_replicates(task: ReplicationTask) -> None:
    found = described(task)

    assert found["Status"] == "running"
    assert found["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100
    assert "StopReason" not in found


def test_its_lag_is_published_each_minute(aws: Account, task: ReplicationTask) -> None:
    aws.advance(120)
    task.set_lag(95)
    aws.advance(300)

    assert lags(aws, task)[:4] == [1, 1, 95, 95]


@pytest.mark.parametrize(
    ("control", "status", "reason"),
    [
        ("stop", "stopped", "Stop Reason NORMAL"),
        ("fail", "failed", "Stop Reason FATAL_ERROR"),
    ],
)
def test_a_task_that_has_ended_says_why_and_publishes_nothing(
    aws: Account, task: ReplicationTask, control: str, status: str, reason: str
) -> None:
    getattr(task, control)()
    aws.advance(600)

    assert (described(task)["Status"], described(task)["StopReason"]) == (
        status,
        reason,
    )
    assert lags(aws, task) == []


def test_a_silent_task_runs_without_metrics(
    aws: Account, task: ReplicationTask
) -> None:
    task.silence()
    aws.advance(600)

    assert described(task)["Status"] == "running"
    assert lags(aws, task) == []


def test_stopping_and_starting_change_the_task(task: ReplicationTask) -> None:
    dms = boto3.client("dms")
    dms.stop_replication_task(ReplicationTaskArn=task.arn)
    assert described(task)["Status"] == "stopped"
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        dms.stop_replication_task(ReplicationTaskArn=task.arn)

    dms.start_replication_task(
        ReplicationTaskArn=task.arn, StartReplicationTaskType="resume-processing"
    )
    assert described(task)["Status"] == "running"
    with pytest.raises(ClientError, match="InvalidResourceStateFault"):
        dms.start_replication_task(
            ReplicationTaskArn=task.arn, StartReplicationTaskType="resume-processing"
        )


def test_an_unknown_task_is_not_found(aws: Account) -> None:
    dms = boto3.client("dms")
    with pytest.raises(dms.exceptions.ResourceNotFoundFault):
        dms.describe_replication_tasks(
            Filters=[{"Name": "replication-task-arn", "Values": ["arn:aws:dms:x"]}]
        )
    with pytest.raises(dms.exceptions.ResourceNotFoundFault):
        dms.stop_replication_task(ReplicationTaskArn="arn:aws:dms:x")


def test_an_operation_without_a_fake_is_refused_loudly(aws: Account) -> None:
    """moto's canned answer would look like success."""
    with pytest.raises(NotImplementedError, match=r"no fake of dms\.DescribeTable"):
        boto3.client("dms").describe_table_statistics(
            ReplicationTaskArn="arn:aws:dms:x"
        )


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("replication-task-id", "identifier"),
        ("replication-instance-arn", "instance_arn"),
    ],
)
def test_tasks_are_found_by_other_filters(
    task: ReplicationTask, name: str, attribute: str
) -> None:
    wanted = getattr(task, attribute)
    found = boto3.client("dms").describe_replication_tasks(
        Filters=[{"Name": name, "Values": [wanted]}]
    )

    assert [each["ReplicationTaskArn"] for each in found["ReplicationTasks"]] == [
        task.arn
    ]


def test_an_unknown_filter_is_refused(task: ReplicationTask) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        boto3.client("dms").describe_replication_tasks(
            Filters=[{"Name": "endpoint-arn", "Values": ["x"]}]
        )
