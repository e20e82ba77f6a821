"""What the policies of a tree say, and what IAM knows of the actions in them.

Which actions exist, and which resources they take, is in policy-sentry's copy of the
Service Authorization Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

from template_checks.tree import SYMBOL, Resource, Tree

Statement = dict[str, Any]
_VARIABLE = re.compile(r"\$\{[^}]+\}")

HOLDERS = ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group")
"""What has policies written into it."""
POLICIES = (
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
)
RESOURCE_POLICIES: Mapping[str, tuple[str, ...]] = {
    "AWS::Backup::BackupVault": ("AccessPolicy",),
    "AWS::DynamoDB::Table": ("ResourcePolicy", "PolicyDocument"),
    "AWS::EC2::VPCEndpoint": ("PolicyDocument",),
    "AWS::ECR::Repository": ("RepositoryPolicyText",),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument",),
    "AWS::SQS::QueuePolicy": ("PolicyDocument",),
    "AWS::SecretsManager::ResourcePolicy": ("ResourcePolicy",),
}
"""Policies of what they stand on, and where.  A `*` in one means that thing."""


def statements_of(resource: Resource) -> Iterator[Statement]:
    """What one resource allows and denies: a holder, a policy, or what has one."""
    if resource.type in HOLDERS:
        for policy in resource.list("Policies"):
            yield from _listed(policy["PolicyDocument"].get("Statement"))
    elif resource.type in POLICIES:
        yield from resource.list("PolicyDocument", "Statement")
    elif resource.type in RESOURCE_POLICIES:
        yield from resource.list(*RESOURCE_POLICIES[resource.type], "Statement")


def identity_statements(tree: Tree) -> Iterator[tuple[Resource, Statement]]:
    """What roles, users and groups are allowed and denied."""
    yield from _each(tree, *HOLDERS, *POLICIES)


def resource_statements(tree: Tree) -> Iterator[tuple[Resource, Statement]]:
    """What resources allow and deny."""
    yield from _each(tree, *RESOURCE_POLICIES)


def statements(tree: Tree) -> Iterator[tuple[Resource, Statement]]:
    """Both."""
    yield from identity_statements(tree)
    yield from resource_statements(tree)


def actions(statement: Statement) -> list[str]:
    """The actions that a statement names."""
    return [str(action) for action in _listed(statement.get("Action"))]


def targets(statement: Statement) -> list[str]:
    """The resources that a statement names."""
    return [str(target) for target in _listed(statement.get("Resource"))]


def known(action: str) -> bool:
    """Tell whether IAM knows the action."""
    return bool(_formats(action))


def takes_resource(action: str) -> bool:
    """Tell whether the action can be allowed on some resources and not on others."""
    return any(form != "*" for form in _formats(action))


def services(action: str) -> set[str]:
    """The services whose resources the action takes."""
    return {form.split(":")[2] for form in _formats(action) if form != "*"}


def takes(action: str, arn: str) -> bool:
    """Tell whether an ARN, with symbols in it, is of a kind that the action takes.

    A symbol may stand for a name with a slash before it, as those of parameters have,
    and a star for several names.
    """
    possible = {
        SYMBOL.sub(name, arn).replace("*", names)
        for name in ("x", "/x")
        for names in ("x", "x:x", "x/x")
    }
    return any(form.fullmatch(text) for form in _kinds(action) for text in possible)


def _each(tree: Tree, *types: str) -> Iterator[tuple[Resource, Statement]]:
    for resource in tree.resources(*types):
        for statement in statements_of(resource):
            yield resource, statement


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@cache
def _formats(action: str) -> tuple[str, ...]:
    """The forms of the ARNs that the action takes; a star where it takes none."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    entries = found[service] if found else []
    return tuple(str(entry["resource_arn_format"]) for entry in entries)


@cache
def _kinds(action: str) -> tuple[re.Pattern[str], ...]:
    """What the ARNs look like that the action takes."""
    return tuple(
        re.compile(".+".join(map(re.escape, _VARIABLE.split(form))))
        for form in _formats(action)
        if form != "*"
    )
