"""Faults act below botocore, so its own retries and errors are the real ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from shifter.core.lanes import Lane
from shifter_sandbox.account import Account
from shifter_sandbox.system import System
from tests.sandbox.conftest import client


def write_half(system: System, attempts: int = 1) -> Any:
    entry = system.entries[0]
    groups = [
        {"TargetGroupArn": group, "Weight": int(lane in {Lane.BLUE, Lane.GREEN})}
        for group, lane in entry.lanes.items()
    ]
    return client("elbv2", attempts=attempts).modify_rule(
        RuleArn=entry.forward_arn,
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )


def green(system: System) -> int:
    return system.live_weights("edge-1").green


def test_standard_retries_outlast_two_throttles_in_virtual_time(
    aws: Account, system: System
) -> None:
    fault = aws.faults.throttle("elbv2.ModifyRule", times=2)

    answer = write_half(system, attempts=3)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert len(fault.hits) == 2
    assert green(system) == 1


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("elbv2", "describe_load_balancers", {}, "Throttling"),
        ("route53", "list_hosted_zones", {}, "Throttling"),
        ("cloudwatch", "describe_alarms", {}, "ThrottlingException"),
        ("dms", "describe_replication_tasks", {}, "ThrottlingException"),
        ("dynamodb", "list_tables", {}, "ThrottlingException"),
        ("lambda", "list_functions", {}, "TooManyRequestsException"),
        ("stepfunctions", "list_state_machines", {}, "ThrottlingException"),
        ("ecs", "list_clusters", {}, "ThrottlingException"),
    ],
)
def test_throttling_is_spoken_in_every_protocol(
    aws: Account, service: str, operation: str, arguments: dict[str, Any], code: str
) -> None:
    aws.faults.throttle(f"{service}.*")

    with pytest.raises(ClientError) as raised:
        getattr(client(service, attempts=1), operation)(**arguments)

    assert raised.value.response["Error"]["Code"] == code


def test_a_throttle_may_last_for_a_span_of_time(aws: Account) -> None:
    aws.faults.throttle("sts.*", seconds=10)
    sts = client("sts", attempts=1)
    with pytest.raises(ClientError):
        sts.get_caller_identity()

    aws.advance(10)

    sts.get_caller_identity()


def test_a_denied_call_changes_nothing(aws: Account, system: System) -> None:
    aws.faults.deny("elbv2.Modify*")

    with pytest.raises(ClientError, match="AccessDenied"):
        write_half(system)

    assert green(system) == 0


def test_a_lost_answer_is_a_write_that_is_done(aws: Account, system: System) -> None:
    aws.faults.lose_answer("elbv2.ModifyRule", times=1)
    before = aws.now()

    with pytest.raises(ReadTimeoutError):
        write_half(system)

    assert green(system) == 1
    assert aws.now() - before > timedelta(seconds=3)


def test_a_write_may_land_after_its_client_has_given_up(
    aws: Account, system: System
) -> None:
    aws.faults.land_late("elbv2.ModifyRule", after=30, times=1)

    with pytest.raises(ReadTimeoutError):
        write_half(system)
    aws.advance(20)
    assert green(system) == 0
    aws.advance(10)

    assert green(system) == 1


def test_a_fault_may_hit_one_resource_only(aws: Account, system: System) -> None:
    aws.faults.unreachable("elbv2.*", resource="edge-2")
    system.edit_weights("edge-1", {Lane.GREEN: 1})

    with pytest.raises(ConnectTimeoutError):
        boto3.client("elbv2").modify_rule(
            RuleArn=system.entries[1].forward_arn,
            Actions=[
                {"Type": "forward", "TargetGroupArn": system.entries[1].groups[0]}
            ],
        )

    assert green(system) == 1


def test_any_error_of_a_service_can_be_planted(aws: Account) -> None:
    aws.faults.fail("dynamodb.*", code="InternalServerError", status=500)

    with pytest.raises(ClientError, match="InternalServerError"):
        client("dynamodb", attempts=1).list_tables()


def test_a_slow_call_takes_its_time(aws: Account) -> None:
    aws.faults.slow("sts.*", by=5)
    before = aws.now()

    boto3.client("sts").get_caller_identity()

    assert aws.now() - before > timedelta(seconds=5)


def test_faults_can_be_cleared(aws: Account) -> None:
    aws.faults.deny("sts.*")
    aws.faults.clear()

    boto3.client("sts").get_caller_identity()


@pytest.mark.parametrize(("after_effect", "shifted"), [(False, 0), (True, 1)])
def test_a_lambda_may_crash_before_or_after_an_effect(
    aws: Account, system: System, after_effect: bool, shifted: int
) -> None:
    """No `except Exception` of the handler notices."""

    def handler(event: Any, context: Any) -> str:
        try:
            write_half(system)
        except Exception:  # noqa: BLE001  the point of the test
            return "caught"
        return "done"

    aws.add_function("shift", handler)
    aws.faults.crash(
        "elbv2.ModifyRule", after_effect=after_effect, function="shift", times=1
    )

    answer = boto3.client("lambda").invoke(FunctionName="shift:live")

    assert answer["FunctionError"] == "Unhandled"
    assert aws.functions.invocations[-1].error == "Runtime.ExitError"
    assert green(system) == shifted
