"""F1 and the weight check: what AWS would refuse, and targets that take their time."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter.core.lanes import Lane
from shifter_sandbox.account import Account
from shifter_sandbox.build import build_system
from shifter_sandbox.system import System


def forward(weights: dict[str, int]) -> list[Any]:
    groups = [{"TargetGroupArn": g, "Weight": w} for g, w in weights.items()]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def health(group: str) -> list[tuple[str, str]]:
    found = boto3.client("elbv2").describe_target_health(TargetGroupArn=group)
    return [
        (each["Target"]["Id"], each["TargetHealth"]["State"])
        for each in found["TargetHealthDescriptions"]
    ]


@pytest.mark.parametrize("weight", [-1, 1000])
def test_a_weight_outside_0_to_999_is_refused_and_changes_nothing(
    system: System, weight: int
) -> None:
    entry = system.entries[0]

    with pytest.raises(ClientError, match="failed to satisfy constraint") as raised:
        boto3.client("elbv2").modify_rule(
            RuleArn=entry.forward_arn, Actions=forward({entry.groups[0]: weight})
        )

    assert raised.value.response["Error"]["Code"] == "ValidationError"
    assert system.live_weights("edge-1").blue == 1


def test_999_is_allowed(system: System) -> None:
    system.edit_weights("edge-1", {Lane.BLUE: 999, Lane.GREEN: 1})

    assert str(system.live_weights("edge-1")) == "999/0/1"


def test_more_than_five_target_groups_are_refused(system: System) -> None:
    entry = system.entries[0]
    groups = [{"TargetGroupArn": entry.groups[0], "Weight": 1}] * 6
    action: Any = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}

    with pytest.raises(ClientError, match="at most 5"):
        boto3.client("elbv2").modify_rule(RuleArn=entry.forward_arn, Actions=[action])


def test_the_weights_may_be_in_the_default_action(aws: Account) -> None:
    system = build_system(aws, default_action=True, services=False)
    system.edit_weights("edge-1", {Lane.BLUE: 3, Lane.GREEN: 1})

    assert system.topology.edges[0].listener_arn == system.entries[0].forward_arn
    assert str(system.live_weights("edge-1")) == "3/0/1"
    gone = system.entries[0].groups[0].replace("targetgroup/", "targetgroup/gone-")
    with pytest.raises(ClientError, match="TargetGroupNotFound"):
        boto3.client("elbv2").modify_listener(
            ListenerArn=system.entries[0].forward_arn,
            DefaultActions=forward({gone: 1}),
        )


def test_an_unknown_edge_is_a_lookup_error(system: System) -> None:
    with pytest.raises(LookupError, match="no edge-3"):
        system.live_weights("edge-3")


def test_a_target_is_initial_then_healthy_then_as_it_is_marked(
    aws: Account, system: System
) -> None:
    group = system.entries[0].groups[0]
    boto3.client("elbv2").register_targets(
        TargetGroupArn=group, Targets=[{"Id": "10.0.9.9", "Port": 8080}]
    )
    assert ("10.0.9.9", "initial") in health(group)

    aws.advance(20)
    assert {state for _, state in health(group)} == {"healthy"}

    aws.load_balancing.mark_unhealthy(group, target="10.0.9.9")
    assert ("10.0.9.9", "unhealthy") in health(group)
    assert aws.load_balancing.health_counts(group) == (3, 4)

    system.mark_unhealthy(Lane.BLUE, edge="edge-1")
    assert aws.load_balancing.health_counts(group) == (0, 4)
    system.mark_unhealthy(Lane.BLUE, edge="edge-1", on=False)
    assert aws.load_balancing.health_counts(group) == (3, 4)


def test_a_deregistered_target_drains_before_it_is_gone(
    aws: Account, system: System
) -> None:
    client = boto3.client("elbv2")
    group = system.entries[0].groups[0]
    target: Any = {"Id": "10.0.0.10", "Port": 8080}
    client.modify_target_group_attributes(
        TargetGroupArn=group,
        Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}],
    )
    client.deregister_targets(TargetGroupArn=group, Targets=[target])

    assert ("10.0.0.10", "draining") in health(group)
    found = client.describe_target_health(TargetGroupArn=group, Targets=[target])
    assert [
        each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"]
    ] == ["draining"]

    aws.advance(60)
    assert "10.0.0.10" not in dict(health(group))


def test_the_topology_parameter_is_the_topology(system: System) -> None:
    found = boto3.client("ssm").get_parameter(Name=system.topology_parameter)

    assert (
        system.topology.model_validate_json(found["Parameter"]["Value"])
        == system.topology
    )


def test_notices_and_events_can_be_read(system: System) -> None:
    boto3.client("sns").publish(TopicArn=system.topic_arn, Message='{"a": 1}')
    boto3.client("sns").publish(TopicArn=system.topic_arn, Message="plain")
    boto3.client("events").put_events(
        Entries=[
            {
                "EventBusName": system.event_bus,
                "Source": "shifter",
                "DetailType": "Cutover",
                "Detail": '{"phase": "BAKING"}',
            }
        ]
    )

    assert system.messages() == [{"a": 1}, {"message": "plain"}]
    assert [event["detail"] for event in system.events()] == [{"phase": "BAKING"}]
    assert system.messages() == []


def test_the_probe_names_the_lane_with_most_weight(system: System) -> None:
    system.edit_weights("edge-2", {Lane.BLUE: 1, Lane.GREEN: 3})

    assert (system.probe("edge-1"), system.probe("edge-2")) == ("blue", "green")


def test_services_run_what_is_desired_and_can_be_kept_from_scaling_in(
    system: System,
) -> None:
    ecs = boto3.client("ecs")
    blue = system.topology.services[Lane.BLUE]
    scaling: Any = boto3.client("application-autoscaling")

    ecs.update_service(cluster=blue.cluster, service=blue.service, desiredCount=7)
    scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{blue.cluster}/{blue.service}",
        ScalableDimension="ecs:service:DesiredCount",
        SuspendedState={"DynamicScalingInSuspended": True},
    )

    found = ecs.describe_services(cluster=blue.cluster, services=[blue.service])
    assert found["services"][0]["runningCount"] == 7
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")
    assert [
        target["SuspendedState"]["DynamicScalingInSuspended"]
        for target in targets["ScalableTargets"]
        if target["ResourceId"].endswith(blue.service)
    ] == [True]


def test_a_forward_to_one_group_and_no_forward_at_all_are_read(
    aws: Account, system: System
) -> None:
    entry = system.entries[0]
    client: Any = boto3.client("elbv2")
    one = {"Type": "forward", "TargetGroupArn": entry.groups[2]}
    client.modify_rule(RuleArn=entry.forward_arn, Actions=[one])
    assert str(system.live_weights("edge-1")) == "0/0/1"

    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
    client.modify_rule(RuleArn=entry.forward_arn, Actions=[refuse])
    assert aws.load_balancing.forward_weights(entry.forward_arn) == {}
