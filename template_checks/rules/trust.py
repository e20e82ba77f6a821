"""Trust: who may use a role, a topic, a queue, a bucket or an endpoint.

AWS documentation: IAM user guide, "The confused deputy problem"; AWS PrivateLink guide,
"Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from template_checks.iam import Statement, actions, resource_statements, targets
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

HELD_BY = (
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:SourceAccount",
    "aws:SourceArn",
)
"""Conditions that hold a caller to an account, one of which is ours."""
ENDPOINT, KEY = "AWS::EC2::VPCEndpoint", "AWS::KMS::Key"


@rule(
    "IAM04", "A service that may act for anybody acts for a stranger: confused deputy."
)
def services_act_for_this_account(tree: Tree) -> Found:
    for resource, statement in (*_trust(tree), *resource_statements(tree)):
        if resource.type == KEY:
            continue  # KEY05 looks at keys, which are held in more ways
        for service in _services(statement):
            # Lambda sends no source account.
            if service != "lambda.amazonaws.com" and not _held(statement):
                yield resource.id, f"{service} may use it for any account"


@rule("IAM05", "A resource policy without TLS takes what was read on the way.")
def nothing_in_the_open(tree: Tree) -> Found:
    for policy in tree.resources(
        "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"
    ):
        if not any(
            statement.get("Effect") == "Deny"
            and "aws:SecureTransport" in str(statement.get("Condition"))
            for statement in policy.list("PolicyDocument", "Statement")
        ):
            yield policy.id, "does not refuse what comes in the open"


@rule("IAM13", "What everybody is allowed, everybody of every account is allowed.")
def nobody_is_everybody(tree: Tree) -> Found:
    for resource, statement in (*_trust(tree), *resource_statements(tree)):
        principal = statement.get("Principal")
        if "*" not in (principal, *_named(principal, "AWS")) or _held(statement):
            continue
        # Only we are in our network: an endpoint may be held by what it leads to.
        named = resource.type == ENDPOINT and "*" not in targets(statement)
        if statement.get("Effect") == "Allow" and not named:
            yield resource.id, f"allows everybody {', '.join(actions(statement))}"


def _trust(tree: Tree) -> Iterator[tuple[Resource, Statement]]:
    for role in tree.resources("AWS::IAM::Role"):
        # The account's own roles of DMS have the form that AWS prescribes.
        if role.get("RoleName") in {"dms-vpc-role", "dms-cloudwatch-logs-role"}:
            continue
        for statement in role.list("AssumeRolePolicyDocument", "Statement"):
            yield role, statement


def _services(statement: Statement) -> list[str]:
    if statement.get("Effect") != "Allow":
        return []
    return _named(statement.get("Principal"), "Service")


def _named(principal: Any, kind: str) -> list[str]:
    found = principal.get(kind, []) if isinstance(principal, dict) else []
    return found if isinstance(found, list) else [str(found)]


def _held(statement: Statement) -> bool:
    condition = str(statement.get("Condition"))
    return any(key in condition for key in HELD_BY)
