"""The templates, created in an emulated account, where Shifter then moves weights."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

from deploying.place import AwsPlace
from deploying.weights import changed
from shifter.adapters.alb import AlbEdges
from shifter.adapters.route53 import Route53Dns
from shifter.adapters.ssm import load_topology
from shifter.core.edges import EdgeState
from shifter.core.lanes import Lane, Weights
from shifter.core.topology import Topology
from template_checks.flat import flattened
from template_checks.profiles import rendered
from template_checks.tree import Tree
from tests.template_checks.break_them import whole

UNSUPPORTED = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::Backup::BackupVault",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::DMS::Certificate",
    "AWS::DMS::Endpoint",
    "AWS::DMS::ReplicationInstance",
    "AWS::DMS::ReplicationSubnetGroup",
    "AWS::DMS::ReplicationTask",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::VPCCidrBlock",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::Secret",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::Serverless::Function",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
    "Custom::DatabaseBootstrap",
}
"""Types that moto's CloudFormation does not know."""

NOT_CREATED: Mapping[str, str] = {
    # It does not know a target group's TargetGroupFullName.
    "AWS::CloudWatch::Dashboard": "'FakeTargetGroup' object has no attribute",
    # It makes a name with capitals, which it refuses.
    "AWS::ECR::Repository": "Invalid parameter at 'repositoryName'",
    # It goes with the keys.
    "AWS::KMS::Alias": "Security/DataKey",
    # It does not know a key's ARN.
    "AWS::KMS::Key": "Fn::GetAtt references undefined resource Security",
    # It takes the reference to a group of parameters for a name.
    "AWS::RDS::DBInstance": "'DBParameterGroup' object has no attribute 'startswith'",
}
"""Types that moto knows and does not create from our templates, and what it says."""

WITHOUT = {
    "AWS::EC2::Subnet": ("Ipv6CidrBlock",),  # moto's network has no such attribute
    "AWS::SSM::Parameter": ("Tags",),  # AWS takes a map here, moto a list
}


DEPLOYED = {
    "schema_version": 1,
    "environment": "payments-prod",
    "table": "shifter",
    "topology_parameter": "/shifter/payments-prod/topology",
    "state_machine_arn": "arn:aws:states:us-east-1:111122223333:stateMachine:cutover",
    "control_url": "https://control.example.com/",
    "functions": {"preflight": "preflight:live", "roll_back": "roll-back:live"},
}
"""What the automation, which is not created here, writes about itself."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    """An account with a certificate; what is rendered for it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        certificate = boto3.client("acm").request_certificate(
            DomainName="payments.example.com"
        )
        yield _infrastructure(
            rendered(
                whole(),
                "prod",
                CertificateArn=certificate["CertificateArn"],
                HostedZoneId="",
            )
        )


@pytest.fixture
def created(account: Tree) -> Tree:
    """The same, with the stacks of prod created in it, as one stack."""
    _create(account, _creatable(account))
    return account


@pytest.fixture
def topology(created: Tree) -> Topology:
    """What ssm-parameter.yaml tells Shifter."""
    return load_topology(boto3.client("ssm"), "/shifter/payments-prod/topology")


def test_the_list_of_what_moto_does_not_know_is_the_list() -> None:
    types = _types(_infrastructure(rendered(whole(), "prod")))

    assert UNSUPPORTED == types - get_model_map().keys()
    assert NOT_CREATED.keys() <= types


@pytest.mark.parametrize(("type_name", "told"), NOT_CREATED.items())
def test_what_moto_does_not_create_it_really_does_not(
    account: Tree, type_name: str, told: str
) -> None:
    """The negative control of the list: with one of them, the stack is refused."""
    with pytest.raises(Exception, match=re.escape(told)):
        _create(account, {*_creatable(account), type_name})


@pytest.mark.usefixtures("created")
def test_the_stacks_are_created() -> None:
    elbv2: Any = boto3.client("elbv2")
    ecs: Any = boto3.client("ecs")

    assert 2 == len(elbv2.describe_load_balancers()["LoadBalancers"])
    assert 6 == len(elbv2.describe_target_groups()["TargetGroups"])
    assert 3 == len(ecs.list_services(cluster="payments-prod")["serviceArns"])


def test_everything_starts_on_blue(topology: Topology) -> None:
    edges = AlbEdges(boto3.client("elbv2"), topology).read()
    dns = Route53Dns(boto3.client("route53"), topology).read()

    assert dns is not None
    assert ["edge-1", "edge-2"] == list(edges)
    for state in edges.values():
        assert isinstance(state, EdgeState)
        assert Weights(blue=1) == state.weights
        assert state.stickiness_seconds is None
    assert {"edge-1": 1, "edge-2": 0} == dict(dns.weights)


def test_shifter_moves_the_weights_of_both_edges(topology: Topology) -> None:
    edges = AlbEdges(boto3.client("elbv2"), topology)
    wanted = Weights(blue=199, canary=1)

    failures = edges.write(
        {
            name: EdgeState(weights=wanted, stickiness_seconds=None, other_actions="[]")
            for name in ("edge-1", "edge-2")
        },
        before_each=lambda: None,
    )

    assert {} == failures
    found = [state for state in edges.read().values() if isinstance(state, EdgeState)]
    assert [wanted, wanted] == [state.weights for state in found]


def test_a_later_deployment_gives_the_weights_that_are_live(
    account: Tree, topology: Topology
) -> None:
    """What `make deploy` reads after a cutover is what the stacks would write."""
    boto3.client("ssm").put_parameter(
        Name="/shifter/payments-prod/deployment",
        Type="String",
        Value=json.dumps(DEPLOYED),
    )
    edges = AlbEdges(boto3.client("elbv2"), topology)
    dns = Route53Dns(boto3.client("route53"), topology)
    given = rendered(whole(), "prod").stacks["Root"].parameters
    place = AwsPlace(_client)
    first = {name: value for name, value in given.items() if name.endswith("Weight")}
    assert first == place.weights("payments-prod")

    green = EdgeState(weights=Weights(green=1))
    edges.write({"edge-1": green, "edge-2": green}, before_each=lambda: None)
    dns.write(250)

    live = place.weights("payments-prod")
    told = rendered(whole(), "prod", **changed(first, live))
    assert {("0", "0", "1")} == {
        tuple(
            str(group["Weight"])
            for group in told.stacks["Alb"]
            .resources[rule]
            .get("Actions", 0, "ForwardConfig", "TargetGroups")
        )
        for rule in ("WeightsAt1", "WeightsAt2")
    }
    assert {("edge-1", "3"), ("edge-2", "1")} == {
        (record.get("SetIdentifier"), str(record.get("Weight")))
        for record in told.resources("AWS::Route53::RecordSet")
        if record.get("Weight") is not None
    }


def test_shifter_moves_the_dns_share(topology: Topology) -> None:
    dns = Route53Dns(boto3.client("route53"), topology)

    dns.write(250)
    state = dns.read()

    assert state is not None
    assert {"edge-1": 3, "edge-2": 1} == dict(state.weights)


def test_the_services_are_those_of_the_topology(topology: Topology) -> None:
    services = topology.services

    assert set(Lane) == services.keys()
    assert {"payments-prod"} == {service.cluster for service in services.values()}


def _creatable(tree: Tree) -> set[str]:
    return _types(tree) - UNSUPPORTED - NOT_CREATED.keys()


def _create(tree: Tree, types: Collection[str]) -> None:
    boto3.client("cloudformation").create_stack(
        StackName="payments-prod",
        TemplateBody=json.dumps(flattened(tree, types, WITHOUT)),
    )


def _client(service: str) -> Any:
    make: Any = boto3.client
    return make(service)


def _infrastructure(tree: Tree) -> Tree:
    """Without the functions, whose tests are in tests/infra."""
    functions = {"Automation", "Guard", "Root"}
    stacks = {n: s for n, s in tree.stacks.items() if n not in functions}
    return replace(tree, stacks=stacks)


def _types(tree: Tree) -> set[str]:
    return {resource.type for resource in tree.resources()}
