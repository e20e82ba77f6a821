"""What rotates inside: let out to what it calls, standing where nothing else is.

AWS documentation: AWS PrivateLink guide, "Gateway endpoints" (they have no security
group, and the addresses of their service lie outside: whoever calls them has to be let
out); Amazon VPC user guide, "Security group rules".
"""

from __future__ import annotations

from collections.abc import Iterator

from template_checks.iam import actions, statements_of
from template_checks.rules.rule import Found, rule
from template_checks.tree import SYMBOL, Resource, Tree, symbols

FUNCTION = "AWS::Serverless::Function"
ROTATION = "AWS::SecretsManager::RotationSchedule"
GATEWAYS = ("dynamodb", "s3")
"""The services that gateway endpoints serve."""
ANYWHERE = "0.0.0.0/0"
HTTPS = 443


@rule("ROT08", "Who calls a gateway endpoint and is not let out waits for nothing.")
def is_let_out(tree: Tree) -> Found:
    for function in tree.resources(FUNCTION):
        if function.get("VpcConfig") is None:
            continue
        called = sorted(set(_called(tree, function)) & set(GATEWAYS))
        groups = function.list("VpcConfig", "SecurityGroupIds")
        if called and not any(_goes_out(tree, group) for group in groups):
            yield function.id, f"calls {', '.join(called)}, and is let out nowhere"


@rule("ROT09", "A password that can be carried out of the network may be.")
def has_no_other_way(tree: Tree) -> Found:
    for where, groups, subnets in _inside(tree):
        if not any(_goes_out(tree, group) for group in groups):
            continue
        for subnet in subnets:
            found = tree.find(subnet)
            if found is None or not found.name.startswith("Data"):
                yield where, f"is let out, and stands in {subnet}"


def _inside(tree: Tree) -> Iterator[tuple[str, list[str], list[str]]]:
    """What rotates, with its groups and its subnets, whoever made it."""
    for function in tree.resources(FUNCTION):
        if str(function.get("Handler")).startswith("rotation_hooks."):
            yield (
                function.id,
                function.list("VpcConfig", "SecurityGroupIds"),
                function.list("VpcConfig", "SubnetIds"),
            )
    for rotation in tree.resources(ROTATION):
        groups, subnets = (
            [match[0] for match in symbols(rotation.get("HostedRotationLambda", name))]
            for name in ("VpcSecurityGroupIds", "VpcSubnetIds")
        )
        yield rotation.id, groups, subnets


def _called(tree: Tree, function: Resource) -> Iterator[str]:
    """The services whose actions its role allows."""
    role = tree.find(function.get("Role"))
    if role is None:
        return
    policies = (tree.find(policy) for policy in role.list("ManagedPolicyArns"))
    for holder in (role, *filter(None, policies)):
        for statement in statements_of(holder):
            if statement["Effect"] == "Allow":
                yield from (action.split(":")[0] for action in actions(statement))


def _goes_out(tree: Tree, group: str) -> bool:
    """Tell whether a group lets out to what lies outside, by HTTPS."""
    found = tree.find(group) if SYMBOL.search(group) else None
    if found is None:
        return False
    return any(
        (way.get("CidrIp") == ANYWHERE or "DestinationPrefixListId" in way)
        and way.get("FromPort") == way.get("ToPort") == HTTPS
        for way in found.list("SecurityGroupEgress")
    )
