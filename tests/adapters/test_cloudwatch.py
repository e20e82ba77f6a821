"""Alarms and metric data in CloudWatch: what AWS adds to the contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from shifter.adapters.memory.signals import HEARTBEAT_ALARM
from shifter.core.errors import AwsError, Denied, Unavailable
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import OnBad, Unreadable
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from shifter.core.intervals import Interval
from shifter.core.lanes import Lane
from tests.adapters.bench import NOW, AwsBench

MINUTE = timedelta(minutes=1)


def gates(*alarms: str) -> list[AlarmGate]:
    return [
        AlarmGate(name=f"gate-{number}", alarm=alarm, on_alarm=OnBad.HOLD)
        for number, alarm in enumerate(alarms)
    ]


def test_both_types_of_alarm_are_asked_for_by_name(aws: AwsBench) -> None:
    """Without the types CloudWatch leaves composite alarms out."""
    sent = aws.account.record("cloudwatch", "DescribeAlarms")

    aws.alarms.read(gates("b", "a", "b"), {})

    assert [(c["AlarmNames"], c["AlarmTypes"]) for c in sent] == [
        (["a", "b"], ["MetricAlarm", "CompositeAlarm"])
    ]


def test_a_composite_alarm_is_told_like_any_other(aws: AwsBench) -> None:
    aws.account.answer(
        "cloudwatch",
        "DescribeAlarms",
        lambda _: {
            "MetricAlarms": [],
            "CompositeAlarms": [
                {
                    "AlarmName": "everything",
                    "StateValue": "ALARM",
                    "StateReason": "one of them",
                    "StateUpdatedTimestamp": NOW,
                    "ActionsEnabled": True,
                }
            ],
        },
    )

    assert aws.alarms.read(gates("everything"), {}) == {
        "gate-0": AlarmSeen(AlarmState.ALARM, True, NOW, "one of them")
    }


@pytest.mark.parametrize(("names", "calls"), [(1, 1), (100, 1), (101, 2)])
def test_a_hundred_alarms_are_one_call(aws: AwsBench, names: int, calls: int) -> None:
    sent = aws.account.record("cloudwatch", "DescribeAlarms")

    seen = aws.alarms.read(gates(*(f"alarm-{n}" for n in range(names))), {})

    assert len(sent) == calls
    assert set(seen.values()) == {AlarmSeen(AlarmState.MISSING)}
    assert len(seen) == names


def test_the_heartbeat_is_asked_for_with_all_other_alarms(aws: AwsBench) -> None:
    sent = aws.account.record("cloudwatch", "DescribeAlarms")

    seen = aws.alarms.read([*gates("z"), WatchdogGate()], {})

    missing = AlarmSeen(AlarmState.MISSING)
    assert [[HEARTBEAT_ALARM, "z"]] == [call["AlarmNames"] for call in sent]
    assert {
        "gate-0": missing,
        "watchdog": HeartbeatSeen(HEARTBEAT_ALARM, missing),
    } == seen


def test_further_pages_of_alarms_are_read(aws: AwsBench) -> None:
    pages: Iterator[dict[str, Any]] = iter(
        [
            {
                "MetricAlarms": [{"AlarmName": "a", "StateValue": "OK"}],
                "NextToken": "more",
            },
            {"MetricAlarms": [{"AlarmName": "b", "StateValue": "ALARM"}]},
        ]
    )
    aws.account.answer("cloudwatch", "DescribeAlarms", lambda _: next(pages))

    seen = aws.alarms.read(gates("a", "b"), {})

    assert seen == {
        "gate-0": AlarmSeen(AlarmState.OK),
        "gate-1": AlarmSeen(AlarmState.ALARM),
    }


def test_a_state_that_nobody_knows_is_unreadable(aws: AwsBench) -> None:
    """Guessing would be worse; so would failing for every other alarm."""
    aws.account.answer(
        "cloudwatch",
        "DescribeAlarms",
        lambda _: {
            "MetricAlarms": [
                {"AlarmName": "a", "StateValue": "SNOOZED"},
                {"AlarmName": "b", "StateValue": "OK"},
            ]
        },
    )

    assert aws.alarms.read(gates("a", "b"), {}) == {
        "gate-0": Unreadable("alarm a has an unknown state: SNOOZED"),
        "gate-1": AlarmSeen(AlarmState.OK),
    }


def test_all_lanes_of_all_edges_are_one_call_for_raw_sums(aws: AwsBench) -> None:
    sent = aws.account.record("cloudwatch", "GetMetricData")

    aws.traffic.intervals(NOW, NOW + 10 * MINUTE)

    [call] = sent
    assert len(call["MetricDataQueries"]) == 6
    assert (call["StartTime"], call["EndTime"]) == (NOW, NOW + 10 * MINUTE)
    for query in call["MetricDataQueries"]:
        assert set(query) == {"Id", "MetricStat", "ReturnData"}
        assert (query["MetricStat"]["Period"], query["MetricStat"]["Stat"]) == (
            60,
            "Sum",
        )


def test_metrics_are_named_by_the_ends_of_the_arns(aws: AwsBench) -> None:
    sent = aws.account.record("cloudwatch", "GetMetricData")

    aws.traffic.intervals(NOW, NOW + MINUTE)

    edge = aws.topology.edges[0]
    metric = sent[0]["MetricDataQueries"][0]["MetricStat"]["Metric"]
    balancer, group = (dimension["Value"] for dimension in metric["Dimensions"])
    assert edge.load_balancer_arn.endswith(f":loadbalancer/{balancer}")
    assert balancer.startswith("app/edge-1/")
    assert edge.target_groups[Lane.BLUE].endswith(f":{group}")
    assert group.startswith("targetgroup/edge-1-blue/")


def test_pages_of_metric_data_are_put_together(aws: AwsBench) -> None:
    pages = iter([page("PartialData", 0, 5.0, token="more"), page("Complete", 1, 7.0)])
    aws.account.answer("cloudwatch", "GetMetricData", lambda _: next(pages))

    assert aws.traffic.intervals(NOW, NOW + 2 * MINUTE) == [
        Interval(NOW, {"edge-1": {Lane.BLUE: 5}}),
        Interval(NOW + MINUTE, {"edge-1": {Lane.BLUE: 7}}),
    ]


def test_a_datapoint_outside_of_the_time_that_was_asked_for_is_left_out(
    aws: AwsBench,
) -> None:
    aws.account.answer(
        "cloudwatch", "GetMetricData", lambda _: page("Complete", 5, 7.0)
    )

    assert aws.traffic.intervals(NOW, NOW + MINUTE) == [Interval(NOW, {})]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("PartialData", Unavailable),
        ("InternalError", Unavailable),
        ("Forbidden", Denied),
    ],
)
def test_an_incomplete_answer_is_an_error(
    aws: AwsBench, status: str, kind: type[AwsError]
) -> None:
    """A smaller number would look like less traffic."""
    aws.account.answer("cloudwatch", "GetMetricData", lambda _: page(status, 0, 5.0))

    with pytest.raises(kind, match=status):
        aws.traffic.intervals(NOW, NOW + MINUTE)


def page(
    status: str, minute: int, value: float, token: str | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "MetricDataResults": [
            {
                "Id": "m0",
                "StatusCode": status,
                "Timestamps": [NOW + minute * MINUTE],
                "Values": [value],
            }
        ]
    }
    return {**answer, "NextToken": token} if token else answer
