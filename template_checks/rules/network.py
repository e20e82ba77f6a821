"""The network: three zones, no way in but the edges, and AWS by PrivateLink.

AWS documentation: Amazon VPC user guide, "NAT gateways" and "Security groups for your
VPC"; AWS PrivateLink guide, "Gateway endpoints" and "AWS services that integrate with
AWS PrivateLink"; Amazon ECR user guide, "Amazon ECR interface VPC endpoints".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from template_checks.render import REGION
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

NAT_GATEWAYS: Mapping[str, tuple[int, ...]] = {"dev": (0, 1), "prod": (0, 3)}
ENDPOINT_ZONES: Mapping[str, int] = {"dev": 1, "prod": 3}
ZONES = 3

CALLED_FROM_INSIDE: Mapping[str, tuple[str, ...]] = {
    "AWS::ECS::Service": ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "kms"),
    "AWS::DMS::Endpoint": ("secretsmanager", "kms"),
    "AWS::SecretsManager::RotationSchedule": ("secretsmanager", "kms"),
    "Custom::DatabaseBootstrap": ("secretsmanager", "s3"),
}
"""What each type calls from a private subnet."""
CALLED_BY_THE_FLIP = ("dynamodb", "ssm", "elasticloadbalancing")
"""What the function inside the network calls, which moves the writer."""


@rule("NET01", "Each NAT gateway costs 33 dollars a month, used or not.")
def nat_by_profile(tree: Tree) -> Found:
    count = len(list(tree.resources("AWS::EC2::NatGateway")))
    allowed = NAT_GATEWAYS[tree.profile]
    if count not in allowed:
        yield "Network", f"{count} NAT gateways; {tree.profile} has one of {allowed}"


@rule("NET02", "A call without an endpoint leaves by the internet, or not at all.")
def endpoints_for_what_is_called(tree: Tree) -> Found:
    there = set(_endpoints(tree))
    for type_name, services in CALLED_FROM_INSIDE.items():
        if not list(tree.resources(type_name)):
            continue
        for service in services:
            if service not in there:
                yield "Network", f"no endpoint for {service}: {type_name} calls it"
    for service in CALLED_BY_THE_FLIP:
        if service not in there:
            yield "Network", f"no endpoint for {service}: the flip calls it"


@rule("NET03", "What stands in one zone stops when that zone does.")
def three_zones(tree: Tree) -> Found:
    for tier in ("Public", "App", "Data"):
        zones = {
            subnet.get("AvailabilityZone")
            for subnet in tree.resources("AWS::EC2::Subnet")
            if subnet.name.startswith(tier)
        }
        if len(zones) < ZONES:
            yield "Network", f"{tier} subnets in {len(zones)} zones"


@rule("NET04", "A private subnet with a route to the gateway is a public one.")
def private_stays_private(tree: Tree) -> Found:
    public = tree.named("Network", "PublicRoutes")
    for route in tree.resources("AWS::EC2::Route"):
        gateway = tree.find(route.get("GatewayId"))
        table = tree.find(route.get("RouteTableId"))
        if gateway is not None and table is not public:
            yield route.id, "a table of private subnets leads to the internet gateway"
    for subnet in tree.resources("AWS::EC2::Subnet"):
        if subnet.get("MapPublicIpOnLaunch") is not False:
            yield subnet.id, "gives public addresses"


@rule("NET05", "An interface endpoint is billed for each zone that it stands in.")
def endpoints_by_profile(tree: Tree) -> Found:
    for endpoint in tree.resources("AWS::EC2::VPCEndpoint"):
        if endpoint.get("VpcEndpointType") != "Interface":
            continue
        zones = len(endpoint.list("SubnetIds"))
        if zones != ENDPOINT_ZONES[tree.profile]:
            yield endpoint.id, f"stands in {zones} zones in {tree.profile}"


@rule("NET06", "The layers of images lie in a bucket of AWS: without it no pull works.")
def layers_pass(tree: Tree) -> Found:
    bucket = f"prod-{REGION}-starport-layer-bucket"
    for endpoint in tree.resources("AWS::EC2::VPCEndpoint"):
        if str(endpoint.get("ServiceName")).endswith(".s3") and bucket not in str(
            endpoint.get("PolicyDocument")
        ):
            yield endpoint.id, f"the policy does not allow {bucket}"


@rule("NET07", "A security group that says no egress may go anywhere.")
def egress_is_said(tree: Tree) -> Found:
    for group in tree.resources("AWS::EC2::SecurityGroup"):
        if not group.list("SecurityGroupEgress"):
            yield group.id, "says no egress"


@rule("NET08", "A NAT gateway or address before the gateway is attached fails.")
def waits_for_the_gateway(tree: Tree) -> Found:
    for resource in tree.resources("AWS::EC2::NatGateway", "AWS::EC2::EIP"):
        if "GatewayAttachment" not in resource.depends_on:
            yield resource.id, "does not wait for GatewayAttachment"


@rule("NET09", "A database open to a range of addresses is open to whoever is in it.")
def only_groups_come_in(tree: Tree) -> Found:
    edge = tree.named("Network", "EdgeGroup")
    for group in tree.resources("AWS::EC2::SecurityGroup"):
        if group is not edge and group.list("SecurityGroupIngress"):
            yield group.id, "has an ingress of its own"
    for ingress in tree.resources("AWS::EC2::SecurityGroupIngress"):
        if ingress.get("SourceSecurityGroupId") is None:
            yield ingress.id, "lets addresses in, not a group"


@rule("NET10", "Security groups that name each other in their bodies are a cycle.")
def every_door_has_two_sides(tree: Tree) -> Found:
    goes = {
        (r.get("GroupId"), r.get("DestinationSecurityGroupId"), str(r.get("ToPort")))
        for r in tree.resources("AWS::EC2::SecurityGroupEgress")
    }
    comes = {
        (r.get("SourceSecurityGroupId"), r.get("GroupId"), str(r.get("ToPort")))
        for r in tree.resources("AWS::EC2::SecurityGroupIngress")
    }
    for source, target, port in sorted(goes ^ comes, key=str):
        yield "Network", f"{source} to {target} on {port} is open on one side only"


@rule("NET11", "A gateway endpoint serves only the subnets whose tables name it.")
def gateways_serve_all(tree: Tree) -> Found:
    private = {
        table.symbol
        for table in tree.resources("AWS::EC2::RouteTable")
        if table.name != "PublicRoutes"
    }
    for endpoint in tree.resources("AWS::EC2::VPCEndpoint"):
        if endpoint.get("VpcEndpointType") == "Gateway":
            missing = private - set(endpoint.list("RouteTableIds"))
            if missing:
                yield endpoint.id, f"lacks the tables {', '.join(sorted(missing))}"


def _endpoints(tree: Tree) -> Iterator[str]:
    for endpoint in tree.resources("AWS::EC2::VPCEndpoint"):
        yield _service(endpoint)


def _service(endpoint: Resource) -> str:
    return str(endpoint.get("ServiceName")).removeprefix(f"com.amazonaws.{REGION}.")
