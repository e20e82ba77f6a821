"""Permissions: only what is needed, on only what it is needed for.

Which actions exist, and which take a resource, is in policy-sentry's copy of the
Service Authorization Reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

Statement = dict[str, Any]
IDENTITY = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")
RESOURCE_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AWS::EC2::VPCEndpoint": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::KMS::Key": ("KeyPolicy",),
}
"""Policies whose `*` is the thing that they stand on."""

ON_EVERYTHING: Mapping[str, str] = {
    "cloudwatch:DescribeAlarms": "else AWS leaves composite alarms out of its answer",
}
"""Actions that take a resource and have to be allowed on all, and why."""


@rule("IAM01", "A wildcard action allows what AWS adds to the service next year.")
def no_wildcard_action(tree: Tree) -> Found:
    for resource, statement in _statements(tree):
        if statement.get("Effect") == "Deny" or _administers(resource, statement):
            continue
        for action in _list(statement, "Action"):
            if "*" in action:
                yield resource.id, f"allows {action}"


@rule("IAM02", "A wildcard resource allows it on what other teams own.")
def no_wildcard_resource(tree: Tree) -> Found:
    for resource, statement in _statements(tree):
        if resource.type not in IDENTITY or "*" not in _list(statement, "Resource"):
            continue
        for action in _list(statement, "Action"):
            if _takes_resource(action) and action not in ON_EVERYTHING:
                yield resource.id, f"allows {action} on everything"


@rule("IAM03", "An action that does not exist allows nothing, and nobody is told.")
def actions_exist(tree: Tree) -> Found:
    for resource, statement in _statements(tree):
        for action in _list(statement, "Action"):
            if "*" not in action and not _known(action):
                yield resource.id, f"there is no action {action}"


@rule(
    "IAM04", "A service that may act for anybody acts for a stranger: confused deputy."
)
def roles_are_for_this_account(tree: Tree) -> Found:
    for role in tree.resources("AWS::IAM::Role"):
        # The account's own roles of DMS, whose form AWS prescribes, and Lambda, which
        # sends no source account.
        if role.get("RoleName") in {"dms-vpc-role", "dms-cloudwatch-logs-role"}:
            continue
        for statement in role.list("AssumeRolePolicyDocument", "Statement"):
            principal = statement.get("Principal", {}).get("Service")
            if principal == "lambda.amazonaws.com":
                continue
            if "aws:SourceAccount" not in str(statement.get("Condition")):
                yield role.id, f"{principal} may use it for any account"


@rule("IAM05", "A resource policy without TLS takes what was read on the way.")
def nothing_in_the_open(tree: Tree) -> Found:
    for policy in tree.resources("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy"):
        if not any(
            "aws:SecureTransport" in str(statement.get("Condition"))
            for statement in policy.list("PolicyDocument", "Statement")
        ):
            yield policy.id, "does not refuse what comes in the open"


@rule(
    "IAM06", "Each side's tasks read that side's credentials; the other's are a leak."
)
def own_credentials(tree: Tree) -> Found:
    for role in tree.resources("AWS::IAM::Role"):
        side = role.name.removesuffix("ExecutionRole").removesuffix("TaskRole")
        if side == role.name:
            continue
        for statement in _of(role, "Policies"):
            if "secretsmanager:GetSecretValue" not in _list(statement, "Action"):
                continue
            for target in _list(statement, "Resource"):
                secret = tree.find(target)
                if secret is None or not secret.name.startswith(f"{side}App"):
                    yield role.id, f"reads {target}"


def statements_of(resource: Resource) -> Iterator[Statement]:
    """What an identity or a resource policy allows and denies."""
    if resource.type == "AWS::IAM::Role":
        yield from _of(resource, "Policies")
    elif resource.type in IDENTITY:
        yield from resource.list("PolicyDocument", "Statement")
    elif resource.type in RESOURCE_POLICIES:
        yield from resource.list(*RESOURCE_POLICIES[resource.type], "Statement")


def _statements(tree: Tree) -> Iterator[tuple[Resource, Statement]]:
    for resource in tree.resources(*IDENTITY, *RESOURCE_POLICIES):
        for statement in statements_of(resource):
            yield resource, statement


def _of(role: Resource, place: str) -> Iterator[Statement]:
    for policy in role.list(place):
        found = policy["PolicyDocument"]["Statement"]
        yield from found if isinstance(found, list) else [found]


def _administers(resource: Resource, statement: Statement) -> bool:
    """Tell whether it gives a key to its own account, without which a key is lost."""
    principal = statement.get("Principal")
    return (
        resource.type == "AWS::KMS::Key"
        and isinstance(principal, dict)
        and str(principal.get("AWS")).endswith(":root")
        and _list(statement, "Action") == ["kms:*"]
    )


def _list(statement: Statement, name: str) -> list[str]:
    found = statement.get(name, [])
    return [str(item) for item in (found if isinstance(found, list) else [found])]


@cache
def _data(action: str) -> list[dict[str, Any]]:
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    return list(found[service]) if found else []


def _known(action: str) -> bool:
    return bool(_data(action))


def _takes_resource(action: str) -> bool:
    return any(entry["resource_arn_format"] != "*" for entry in _data(action))
