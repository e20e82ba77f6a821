"""The edges of the payment system: load balancers, their lanes, and the DNS pair."""

from __future__ import annotations

from typing import Any

import boto3

from shifter.core.lanes import Lane
from shifter.core.topology import Dns, DnsRecord, Edge
from shifter_sandbox.system import Entry

DOMAIN = "pay.example.com"
TARGETS_PER_LANE = 3


def build_edge(
    edge: str,
    environment: str,
    lanes: tuple[Lane, ...],
    subnets: list[str],
    *,
    default_action: bool,
) -> Entry:
    """Build a load balancer whose target groups are the lanes; blue gets everything."""
    client: Any = boto3.client("elbv2")
    ec2 = boto3.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    name = f"{environment}-{edge}"
    balancer = client.create_load_balancer(Name=name, Subnets=subnets[:2])
    balancer_arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    groups: dict[str, str] = {}
    for position, lane in enumerate(lanes):
        made = client.create_target_group(
            Name=f"{name}-{lane}"[-32:].lstrip("-"),
            Protocol="HTTP",
            Port=8080,
            VpcId=vpc,
            TargetType="ip",
            HealthCheckPath="/health",
        )
        group = made["TargetGroups"][0]["TargetGroupArn"]
        client.register_targets(
            TargetGroupArn=group,
            Targets=[
                {"Id": f"10.0.{position}.{10 + n}", "Port": 8080}
                for n in range(TARGETS_PER_LANE)
            ],
        )
        groups[group] = lane.value
    forward = {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": group, "Weight": int(lane == Lane.BLUE)}
                for group, lane in groups.items()
            ],
            "TargetGroupStickinessConfig": {"Enabled": False},
        },
    }
    refuse = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = client.create_listener(
        LoadBalancerArn=balancer_arn,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[forward if default_action else refuse],
    )["Listeners"][0]["ListenerArn"]
    forward_arn = listener
    if not default_action:
        rule = client.create_rule(
            ListenerArn=listener,
            Priority=10,
            Conditions=[{"Field": "path-pattern", "Values": ["/payments*"]}],
            Actions=[forward],
        )
        forward_arn = rule["Rules"][0]["RuleArn"]
    return Entry(edge, balancer_arn, forward_arn, groups)


def named_edge(entry: Entry) -> Edge:
    """The edge as the topology names it."""
    in_rule = ":listener-rule/" in entry.forward_arn
    return Edge(
        name=entry.edge,
        rule_arn=entry.forward_arn if in_rule else None,
        listener_arn=None if in_rule else entry.forward_arn,
        load_balancer_arn=entry.load_balancer_arn,
        target_groups={Lane(lane): group for group, lane in entry.lanes.items()},
    )


def build_dns(entries: tuple[Entry, ...]) -> Dns:
    """Build the weighted pairs; edge-1 gets every answer."""
    client: Any = boto3.client("route53")
    zone = client.create_hosted_zone(Name="example.com", CallerReference="sandbox")
    zone_id = zone["HostedZone"]["Id"].rsplit("/", 1)[-1]
    balancers = {
        found["LoadBalancerArn"]: found
        for found in boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    }
    client.change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {
                        "Name": DOMAIN,
                        "Type": kind,
                        "SetIdentifier": entry.edge,
                        "Weight": int(entry.edge == "edge-1"),
                        "AliasTarget": {
                            "HostedZoneId": "Z32O12XQLNTSW2",
                            "DNSName": balancers[entry.load_balancer_arn]["DNSName"],
                            "EvaluateTargetHealth": False,
                        },
                    },
                }
                for entry in entries
                for kind in ("A", "AAAA")
            ]
        },
    )
    first, second = (
        DnsRecord(edge=entry.edge, set_identifier=entry.edge) for entry in entries
    )
    return Dns(
        zone_id=zone_id, name=DOMAIN, types=("A", "AAAA"), records=(first, second)
    )
