"""DNS: a weighted pair, both types alike, and health that asks the edge.

AWS documentation: Amazon Route 53 developer guide, "Weighted routing" (0 to 255; all 0
means equal) and "Values specific for weighted alias records" (health of targets).
"""

from __future__ import annotations

from collections import defaultdict

from shifter.core.lanes import DNS_WEIGHT_LIMIT
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, number

RECORD = "AWS::Route53::RecordSet"


@rule("DNS01", "Route 53 refuses a weight over 255, or one that no name tells apart.")
def weights_are_weights(tree: Tree) -> Found:
    for record in tree.resources(RECORD):
        weight = number(record.get("Weight"))
        if weight is None or not 0 <= weight <= DNS_WEIGHT_LIMIT:
            yield record.id, f"the weight is {record.get('Weight')}"
        if not record.get("SetIdentifier"):
            yield record.id, "has no SetIdentifier"


@rule("DNS02", "Weights that are all 0 mean equal shares.")
def never_all_zero(tree: Tree) -> Found:
    for (name, kind), records in _pairs(tree).items():
        if not any(number(record.get("Weight")) for record in records):
            yield name, f"all weights of {kind} are 0"


@rule("DNS03", "Clients with IPv6 would go elsewhere than clients without.")
def types_agree(tree: Tree) -> Found:
    shares = {
        kind: sorted((r.get("SetIdentifier"), r.get("Weight")) for r in records)
        for (_, kind), records in _pairs(tree).items()
    }
    if sorted(shares) != ["A", "AAAA"]:
        yield "Route53", f"there are records of {sorted(shares)}, not of A and AAAA"
    elif shares["A"] != shares["AAAA"]:
        yield "Route53", "A and AAAA have other weights"


@rule("DNS04", "Target health needs every lane healthy: broken green stops both edges.")
def health_asks_the_edge(tree: Tree) -> Found:
    for record in tree.resources(RECORD):
        if record.get("AliasTarget", "EvaluateTargetHealth") is not False:
            yield record.id, "EvaluateTargetHealth is not false"
        check = tree.find(record.get("HealthCheckId"))
        path = check.get("HealthCheckConfig", "ResourcePath") if check else None
        if path != "/edge-health":
            yield record.id, f"its health check asks {path}"


@rule("DNS05", "A health check on a path that no rule answers is never healthy.")
def the_edge_answers(tree: Tree) -> Found:
    for check in tree.resources("AWS::Route53::HealthCheck"):
        path = check.get("HealthCheckConfig", "ResourcePath")
        answered = [
            condition
            for rule_ in tree.resources("AWS::ElasticLoadBalancingV2::ListenerRule")
            for condition in rule_.list("Conditions")
            if (condition.get("PathPatternConfig") or {}).get("Values") == [path]
        ]
        if not answered:
            yield check.id, f"no rule answers {path}"


def _pairs(tree: Tree) -> dict[tuple[str, str], list[Resource]]:
    pairs: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for record in tree.resources(RECORD):
        pairs[record.get("Name"), record.get("Type")].append(record)
    return pairs
