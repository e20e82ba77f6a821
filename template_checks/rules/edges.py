"""Edges: weights alone in their rules, every lane in each, and TLS that is current.

AWS documentation: Elastic Load Balancing user guide, "Listener rules for your
Application Load Balancer", "Security policies for your Application Load Balancer" and
"Target groups for your Application Load Balancers" (weights 0 to 999).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shifter.core.lanes import ALB_WEIGHT_LIMIT, Lane
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, number

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
TLS_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
)
ATTRIBUTES = {
    "access_logs.s3.enabled": "true",
    "connection_logs.s3.enabled": "true",
    "routing.http.drop_invalid_header_fields.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "client_keep_alive.seconds": "60",
}


@rule("ALB01", "Weights that are all 0 or over 999 are refused, or lead nowhere.")
def weights_are_a_split(tree: Tree) -> Found:
    for place, targets in _forwards(tree):
        weights = [number(target.get("Weight")) for target in targets]
        wrong = [w for w in weights if w is None or not 0 <= w <= ALB_WEIGHT_LIMIT]
        if wrong or not any(weights):
            yield place.id, f"the weights {weights} are no split"


@rule("ALB02", "ECS refuses a target group that no rule names, weight 0 or not.")
def every_lane_in_each_rule(tree: Tree) -> Found:
    for balancer in tree.resources(BALANCER):
        wanted = {f"{balancer.name}{lane.value.capitalize()}" for lane in Lane}
        named: set[str] = set()
        for place, targets in _forwards(tree):
            if _balancer(tree, place) is balancer:
                groups = (tree.find(target["TargetGroupArn"]) for target in targets)
                named |= {group.name for group in groups if group is not None}
        for group in sorted(wanted - named):
            yield balancer.id, f"no rule names {group}"
        for group in sorted(named - wanted):
            yield balancer.id, f"a rule names {group}, of another load balancer"


@rule("ALB04", "The default policy is of 2016 and allows what no audit does.")
def tls_is_current(tree: Tree) -> Found:
    for listener in tree.resources(LISTENER):
        if listener.get("Protocol") != "HTTPS":
            continue
        policy = listener.get("SslPolicy")
        if policy not in TLS_POLICIES:
            yield listener.id, f"the policy is {policy}"


@rule("ALB05", "Whatever port 80 answers itself can be read and changed on the way.")
def port_80_redirects(tree: Tree) -> Found:
    for listener in tree.resources(LISTENER):
        if listener.get("Protocol") == "HTTP":
            kinds = {action.get("Type") for action in listener.list("DefaultActions")}
            if kinds != {"redirect"}:
                yield listener.id, "answers in the open"


@rule("ALB06", "A default that forwards takes traffic when the rule is gone.")
def the_default_refuses(tree: Tree) -> Found:
    for listener in tree.resources(LISTENER):
        if listener.get("Protocol") != "HTTPS":
            continue
        for action in listener.list("DefaultActions"):
            status = (action.get("FixedResponseConfig") or {}).get("StatusCode")
            if status != "503":
                yield listener.id, "the default action is not a fixed 503"


@rule("ALB07", "A load balancer that may not write its log yet fails to be made.")
def logs_are_allowed_first(tree: Tree) -> Found:
    for balancer in tree.resources(BALANCER):
        if "AccessLogsPolicy" not in balancer.depends_on:
            yield balancer.id, "does not wait for the bucket's policy"


@rule("ALB08", "Defaults keep bad headers, no log, and clients for an hour.")
def attributes(tree: Tree) -> Found:
    for balancer in tree.resources(BALANCER):
        given = {a["Key"]: a["Value"] for a in balancer.list("LoadBalancerAttributes")}
        for name, value in ATTRIBUTES.items():
            if given.get(name) != value:
                yield balancer.id, f"{name} is {given.get(name)}, not {value}"


@rule("ALB09", "Card data behind an edge without a firewall fails the audit.")
def firewall_in_prod(tree: Tree) -> Found:
    if tree.profile != "prod":
        return
    guarded = {
        association.get("ResourceArn")
        for association in tree.resources("AWS::WAFv2::WebACLAssociation")
    }
    for balancer in tree.resources(BALANCER):
        if balancer.symbol not in guarded:
            yield balancer.id, "no firewall stands before it"


@rule("ALB10", "Sticky clients stay on a lane whose weight is 0.")
def nothing_sticks(tree: Tree) -> Found:
    for place, action in _actions(tree):
        config = action.get("ForwardConfig") or {}
        if (config.get("TargetGroupStickinessConfig") or {}).get("Enabled"):
            yield place.id, "clients stick to a target group"


@rule("ALB11", "Rules apply in order: one before the weights takes their traffic.")
def the_weights_come_last(tree: Tree) -> Found:
    for place, _ in _forwards(tree):
        others = [
            number(other.get("Priority"))
            for other in tree.resources(RULE)
            if other.get("ListenerArn") == place.get("ListenerArn") and other != place
        ]
        mine = number(place.get("Priority")) or 0
        if any(other is None or other > mine for other in others):
            yield place.id, "a rule comes after the catch-all and is never reached"
        paths = [
            value
            for condition in place.list("Conditions")
            for value in (condition.get("PathPatternConfig") or {}).get("Values", [])
        ]
        if paths != ["*"]:
            yield place.id, f"catches {paths}, not everything"


@rule("ALB12", "A long delay keeps green's last requests on green after a rollback.")
def targets_leave_soon(tree: Tree) -> Found:
    for group in tree.resources(GROUP):
        given = {a["Key"]: a["Value"] for a in group.list("TargetGroupAttributes")}
        delay = number(given.get("deregistration_delay.timeout_seconds"))
        if delay is None or not 30 <= delay <= 60:  # noqa: PLR2004  the design's range
            yield group.id, f"a target leaves after {delay} seconds"


@rule("ALB13", "A bucket of logs that anybody may read tells who pays, and when.")
def logs_are_closed(tree: Tree) -> Found:
    for bucket in tree.resources("AWS::S3::Bucket"):
        block = bucket.get("PublicAccessBlockConfiguration") or {}
        if list(block.values()) != [True] * 4:
            yield bucket.id, "public access is not blocked"


def _actions(tree: Tree) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for place in tree.resources(LISTENER, RULE):
        for action in [*place.list("Actions"), *place.list("DefaultActions")]:
            yield place, action


def _forwards(tree: Tree) -> Iterator[tuple[Resource, list[dict[str, Any]]]]:
    for place, action in _actions(tree):
        if action.get("Type") == "forward":
            yield place, (action.get("ForwardConfig") or {}).get("TargetGroups", [])


def _balancer(tree: Tree, place: Resource) -> Resource | None:
    listener = tree.find(place.get("ListenerArn"))
    return tree.find(listener.get("LoadBalancerArn")) if listener else None
