"""Blue's capacity in ECS: what AWS adds to the contract."""

from __future__ import annotations

import pytest

from shifter.adapters.ecs import EcsCapacity
from shifter.core.errors import Rejected
from shifter.core.lanes import Lane
from shifter.core.topology import Service
from tests.adapters.bench import AwsBench

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/payments/payments-blue",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def test_scale_out_stays_as_it_is(aws: AwsBench) -> None:
    capacity = aws.capacity
    out = {"DynamicScalingOutSuspended": True}
    aws.account.client("application-autoscaling").register_scalable_target(
        **TARGET, SuspendedState=out
    )

    capacity.keep()
    assert aws.suspended == {
        "DynamicScalingInSuspended": True,
        "ScheduledScalingSuspended": True,
        **out,
    }

    capacity.release(())
    assert aws.suspended == {
        "DynamicScalingInSuspended": False,
        "ScheduledScalingSuspended": False,
        **out,
    }


def test_the_bounds_of_scaling_stay_as_they_are(aws: AwsBench) -> None:
    capacity = aws.capacity
    sent = aws.account.record("application-autoscaling", "RegisterScalableTarget")

    capacity.keep()

    [call] = sent
    assert set(call) == {*TARGET, "SuspendedState"}


def test_what_is_suspended_already_is_not_suspended_again(aws: AwsBench) -> None:
    capacity = aws.capacity
    capacity.keep()
    sent = aws.account.record("application-autoscaling", "RegisterScalableTarget")

    capacity.keep()

    assert sent == []


def test_a_service_that_does_not_scale_has_nothing_to_suspend(aws: AwsBench) -> None:
    """Registering a target would turn scaling on."""
    capacity = aws.capacity
    aws.account.client("application-autoscaling").deregister_scalable_target(**TARGET)
    sent = aws.account.record("application-autoscaling", "RegisterScalableTarget")

    capacity.keep()
    capacity.release(())

    assert sent == []


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_desired_count_is_never_lowered(aws: AwsBench, asked: int) -> None:
    capacity = aws.capacity
    sent = aws.account.record("ecs", "UpdateService")

    capacity.raise_to(asked)

    assert sent == []


def test_a_service_that_is_gone_is_named(aws: AwsBench) -> None:
    capacity = aws.capacity
    aws.account.client("ecs").delete_service(
        cluster="payments", service="payments-blue", force=True
    )

    with pytest.raises(
        Rejected, match="no such active service in the cluster payments"
    ):
        capacity.counts()


def test_a_service_may_be_named_by_arns(aws: AwsBench) -> None:
    assert aws.capacity.counts()
    arn = "arn:aws:ecs:eu-west-1:123456789012"
    service = Service(
        cluster=f"{arn}:cluster/payments",
        service=f"{arn}:service/payments/payments-blue",
    )
    client = aws.account.client
    capacity = EcsCapacity(
        client("ecs"),
        client("application-autoscaling"),
        aws.edges,
        aws.topology.model_copy(update={"services": {Lane.BLUE: service}}),
    )

    capacity.keep()

    assert aws.scale_in_suspended
