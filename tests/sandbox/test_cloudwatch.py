"""F3 and F4: late metrics, loud metric math, alarms that are evaluated."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter_sandbox.account import START, Account, account
from shifter_sandbox.metrics import Series

MINUTE = timedelta(minutes=1)


def put_alarm(name: str = "errors", **changes: Any) -> None:
    settings = {
        "AlarmName": name,
        "Namespace": "Payments",
        "MetricName": "Errors",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Statistic": "Sum",
    }
    client: Any = boto3.client("cloudwatch")
    client.put_metric_alarm(**settings | changes)


def put_errors(count: float, namespace: str = "Payments") -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "Errors", "Value": count}]
    )


def query(
    aws: Account, stat: str, *, namespace: str = "Payments", period: int = 60
) -> dict[str, Any]:
    found: Any = boto3.client("cloudwatch").get_metric_data(
        StartTime=START,
        EndTime=aws.now(),
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {
                "Id": "q",
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": "Errors"},
                    "Period": period,
                    "Stat": stat,
                },
            }
        ],
    )
    result: dict[str, Any] = found["MetricDataResults"][0]
    return result


def state(name: str = "errors") -> str:
    found: Any = boto3.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])


def test_an_alarm_goes_from_insufficient_data_to_ok_to_alarm(aws: Account) -> None:
    put_alarm()
    assert state() == "INSUFFICIENT_DATA"

    put_errors(1)
    aws.advance(60)
    assert state() == "OK"

    put_errors(9)
    aws.advance(60)
    assert state() == "ALARM"

    alarms: Any = boto3.client("cloudwatch").describe_alarms(AlarmNames=["errors"])
    [alarm] = alarms["MetricAlarms"]
    assert alarm["StateUpdatedTimestamp"] == START + 2 * MINUTE
    assert alarm["StateTransitionedTimestamp"] == START + 2 * MINUTE
    assert "1 out of the last 1 datapoints" in alarm["StateReason"]


def test_data_that_stop_arriving_are_insufficient_data(aws: Account) -> None:
    put_alarm()
    put_errors(1)
    aws.advance(60)
    aws.advance(240)

    assert state() == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("treated", "expected"), [("breaching", "ALARM"), ("notBreaching", "OK")]
)
def test_missing_data_are_treated_as_the_alarm_says(
    aws: Account, treated: str, expected: str
) -> None:
    put_alarm(TreatMissingData=treated)
    aws.advance(60)

    assert state() == expected


def test_an_alarm_waits_for_late_data_and_does_not_call_them_missing(
    aws: Account,
) -> None:
    """Breaching on missing data must not fire while a datapoint may still come."""
    put_alarm(Namespace="AWS/Test", TreatMissingData="breaching", Threshold=100.0)
    states = set()
    for _ in range(10):
        put_errors(1, namespace="AWS/Test")
        aws.advance(60)
        states.add(state())
    assert "OK" in states
    assert len(states) == 2
    aws.advance(300)
    assert state() == "ALARM"


def test_a_composite_alarm_follows_its_rule(aws: Account) -> None:
    client = boto3.client("cloudwatch")
    put_alarm("a")
    put_alarm("b", Threshold=50.0)
    client.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("a") AND ALARM("b")')
    client.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(both) OR ALARM(a)")
    assert state("both") == "INSUFFICIENT_DATA"

    put_errors(9)
    aws.advance(60)
    assert (state("both"), state("any")) == ("OK", "ALARM")

    put_errors(90)
    aws.advance(60)
    assert (state("both"), state("any")) == ("ALARM", "ALARM")


def test_alarms_are_described_by_type_as_aws_does(aws: Account) -> None:
    """Composite ones only when asked for; unknown names are left out."""
    client: Any = boto3.client("cloudwatch")
    put_alarm("a")
    client.put_composite_alarm(AlarmName="sum", AlarmRule="ALARM(a)")

    def names(**asked: Any) -> list[list[str]]:
        found = client.describe_alarms(**asked)
        return [
            [alarm["AlarmName"] for alarm in found[kind]]
            for kind in ("MetricAlarms", "CompositeAlarms")
        ]

    both = ["MetricAlarm", "CompositeAlarm"]
    assert names() == [["a"], []]
    assert names(AlarmNames=["sum", "a", "nobody"]) == [["a"], []]
    assert names(AlarmNames=["sum", "nobody"], AlarmTypes=both) == [[], ["sum"]]
    assert names(AlarmTypes=["CompositeAlarm"]) == [[], ["sum"]]
    assert names(AlarmTypes=both, StateValue="ALARM") == [[], []]
    assert names(AlarmNamePrefix="a") == [["a"], []]


def test_a_composite_alarm_of_unknown_alarms_is_refused(aws: Account) -> None:
    with pytest.raises(ClientError, match="unknown alarms: "):
        boto3.client("cloudwatch").put_composite_alarm(
            AlarmName="sum", AlarmRule="ALARM(nobody)"
        )


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(aws: Account) -> None:
    put_alarm()
    put_errors(1)
    aws.advance(60)
    boto3.client("cloudwatch").set_alarm_state(
        AlarmName="errors", StateValue="ALARM", StateReason="a test"
    )
    assert state() == "ALARM"

    put_errors(1)
    aws.advance(60)
    assert state() == "OK"


def test_changing_an_alarm_keeps_its_state(aws: Account) -> None:
    put_alarm()
    put_errors(9)
    aws.advance(60)
    put_alarm(Threshold=100.0)

    assert state() == "ALARM"


def test_a_change_of_state_reaches_subscribers_and_lambda_rules(aws: Account) -> None:
    """The breaker is an EventBridge rule with a Lambda behind it."""
    told: list[Any] = []
    got: list[Any] = []
    aws.monitoring.subscribers.append(told.append)
    arn = aws.add_function("breaker", lambda event, _: got.append((aws.now(), event)))
    events = boto3.client("events")
    events.put_rule(
        Name="breaker",
        EventPattern='{"source": ["aws.cloudwatch"],'
        '"detail": {"state": {"value": ["ALARM"]}}}',
    )
    events.put_targets(Rule="breaker", Targets=[{"Id": "1", "Arn": arn}])
    put_alarm()
    put_errors(1)
    aws.advance(60)
    put_errors(9)
    aws.advance(62)

    assert [event["detail"]["state"]["value"] for event in told] == ["OK", "ALARM"]
    [(moment, event)] = got
    assert event["detail"]["alarmName"] == "errors"
    assert event["detail"]["previousState"] == {"value": "OK"}
    assert START + 2 * MINUTE < moment < START + 2 * MINUTE + timedelta(seconds=2)


def test_metrics_of_aws_are_late_and_ours_are_not(aws: Account) -> None:
    """The datapoint of a minute shows 60 to 180 seconds after the minute's start."""
    put_errors(1, namespace="AWS/Test")
    put_errors(1)

    seen: list[datetime] = []
    while not seen and aws.now() < START + 5 * MINUTE:
        aws.advance(1)
        if query(aws, "Sum", namespace="AWS/Test")["Values"]:
            seen.append(aws.now())
    assert query(aws, "Sum")["Values"] == [1]
    assert timedelta(seconds=60) <= seen[0] - START < timedelta(seconds=182)


def test_the_delay_is_the_seeds(aws: Account) -> None:
    series = Series.of("AWS/Test", "Errors", {"LoadBalancer": "app/x"})
    delays = {
        (aws.metrics.visible_at(series, START + n * MINUTE) - START - n * MINUTE)
        for n in range(500)
    }

    assert min(delays) == timedelta(seconds=60)
    assert max(delays) == timedelta(seconds=180)


def test_statistics_and_percentiles_come_from_the_values(aws: Account) -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace="Payments",
        MetricData=[
            {"MetricName": "Errors", "Values": [1, 2, 9], "Counts": [97, 2, 1]}
        ],
    )
    aws.advance(60)

    found = {
        stat: query(aws, stat)["Values"][0]
        for stat in ("Sum", "SampleCount", "Average", "Minimum", "Maximum")
    }
    assert found == {
        "Sum": 110,
        "SampleCount": 100,
        "Average": 1.1,
        "Minimum": 1,
        "Maximum": 9,
    }
    assert [query(aws, p)["Values"][0] for p in ("p50", "p98", "p99.9")] == [1, 2, 9]


def test_periods_are_merged_from_minutes(aws: Account) -> None:
    put_errors(1)
    aws.advance(60)
    put_errors(2)
    aws.advance(60)

    result = query(aws, "Sum", period=300)
    assert (result["Values"], result["Timestamps"]) == ([3], [START])
    assert query(aws, "p50", period=300)["Values"] == [1]


def test_statistic_sets_and_get_metric_statistics(aws: Account) -> None:
    client = boto3.client("cloudwatch")
    client.put_metric_data(
        Namespace="Payments",
        MetricData=[
            {
                "MetricName": "Errors",
                "StatisticValues": {
                    "Sum": 6,
                    "SampleCount": 3,
                    "Minimum": 1,
                    "Maximum": 3,
                },
            }
        ],
    )
    aws.advance(60)

    found = client.get_metric_statistics(
        Namespace="Payments",
        MetricName="Errors",
        StartTime=START,
        EndTime=aws.now(),
        Period=60,
        Statistics=["Sum", "Average", "SampleCount"],
    )
    [point] = found["Datapoints"]
    assert (point["Sum"], point["Average"], point["SampleCount"]) == (6, 2, 3)
    assert point["Timestamp"] == START
    [metric] = client.list_metrics(Namespace="Payments")["Metrics"]
    assert metric["MetricName"] == "Errors"


@pytest.mark.parametrize("expression", ["m1/m2", "SUM(METRICS())", "SELECT 1"])
def test_expressions_fail_loudly(aws: Account, expression: str) -> None:
    """moto's empty answer marked Complete would look like success."""
    with pytest.raises(NotImplementedError, match="evaluates no expression"):
        boto3.client("cloudwatch").get_metric_data(
            StartTime=START - MINUTE,
            EndTime=START,
            MetricDataQueries=[{"Id": "q", "Expression": expression}],
        )


@pytest.mark.parametrize(
    "changes",
    [
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"Period": 10},
        {"Metrics": [{"Id": "m", "Expression": "1"}]},
    ],
)
def test_alarms_that_cannot_be_evaluated_are_refused(
    aws: Account, changes: dict[str, Any]
) -> None:
    with pytest.raises(NotImplementedError):
        put_alarm(**changes)


def test_an_unknown_statistic_and_an_empty_window_are_refused(aws: Account) -> None:
    aws.advance(60)
    with pytest.raises(NotImplementedError, match="tm90"):
        query(aws, "tm90")
    with pytest.raises(ClientError, match="multiple of 60"):
        query(aws, "Sum", period=10)
    with pytest.raises(ClientError, match="greater than StartTime"):
        boto3.client("cloudwatch").get_metric_data(
            StartTime=START, EndTime=START, MetricDataQueries=[]
        )


def test_two_accounts_share_nothing() -> None:
    with account() as first:
        put_errors(3)
        first.advance(60)
        assert query(first, "Sum")["Values"] == [3]
    with account() as second:
        second.advance(60)
        assert query(second, "Sum")["Values"] == []
