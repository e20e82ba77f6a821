"""Permissions: only what is needed, on only what it is needed for.

AWS documentation: Service Authorization Reference; IAM user guide, "IAM JSON policy
elements"; SAM developer guide, "AWS::Serverless::Function" (Role and Policies).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from template_checks.iam import (
    HOLDERS,
    Statement,
    actions,
    identity_statements,
    known,
    services,
    statements,
    takes,
    takes_resource,
    targets,
)
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

ON_EVERYTHING: Mapping[str, str] = {
    "cloudwatch:DescribeAlarms": "else AWS leaves composite alarms out of its answer",
    "ecs:ListTasks": "it takes container instances, which Fargate has none of",
}
"""Actions that take a resource and have to be allowed on all, and why."""

OF_ANY_NAME: Mapping[tuple[str, str], str] = {
    ("Automation/AssessRole", "change/*"): "AWS gives a change its id",
    ("Automation/KeepCapacityPolicy", "scalable-target/*"): "AWS gives it its id",
    ("Bootstrap/BootstrapRole", "network-interface/*"): "AWS gives it its id",
    ("Rotation/NetworkPolicy", "network-interface/*"): "AWS gives it its id",
    ("Backup/Role", "cluster:*"): "AWS Backup looks through a list, and only reads",
    ("Backup/Role", "cluster-snapshot:*"): "the same",
}
"""Who may act on everything of a kind, whose names nobody knows beforehand, and why."""

OF_AWS: Mapping[str, str] = {
    "AmazonDMSCloudWatchLogsRole": "DMS prescribes it for its role of this name",
    "AmazonDMSVPCManagementRole": "DMS prescribes it for its role of this name",
}
"""AWS's own policies that a role may have, and why it is not one of ours."""

ARN_PARTS = 6

SERVICE_OF: Mapping[str, str] = {
    "CloudWatch": "cloudwatch",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "Serverless": "lambda",
}
"""Where the service in a type is called otherwise in an ARN."""


@rule("IAM01", "A wildcard action allows what AWS adds to the service next year.")
def no_wildcard_action(tree: Tree) -> Found:
    for resource, statement in statements(tree):
        if statement.get("Effect") == "Deny" or _administers(resource, statement):
            continue
        for action in actions(statement):
            if re.search(r"[*?]", action):
                yield resource.id, f"allows {action}"


@rule("IAM02", "A wildcard resource allows it on what other teams own.")
def no_wildcard_resource(tree: Tree) -> Found:
    for resource, statement in identity_statements(tree):
        if statement.get("Effect") == "Deny" or "*" not in targets(statement):
            continue
        for action in actions(statement):
            if takes_resource(action) and action not in ON_EVERYTHING:
                yield resource.id, f"allows {action} on everything"


@rule("IAM03", "An action that does not exist allows nothing, and nobody is told.")
def actions_exist(tree: Tree) -> Found:
    for resource, statement in statements(tree):
        for action in actions(statement):
            if "*" not in action and not known(action):
                yield resource.id, f"there is no action {action}"


@rule(
    "IAM06", "Each side's tasks read that side's credentials; the other's are a leak."
)
def own_credentials(tree: Tree) -> Found:
    for role, statement in identity_statements(tree):
        side = role.name.removesuffix("ExecutionRole").removesuffix("TaskRole")
        if side == role.name:
            continue
        if "secretsmanager:GetSecretValue" not in actions(statement):
            continue
        for target in targets(statement):
            secret = tree.find(target)
            if secret is None or not secret.name.startswith(f"{side}App"):
                yield role.id, f"reads {target}"


@rule("IAM07", "What is allowed by naming what is not grows with every new service.")
def nothing_by_exclusion(tree: Tree) -> Found:
    for resource, statement in statements(tree):
        for element in ("NotAction", "NotResource", "NotPrincipal"):
            if statement.get("Effect") == "Allow" and element in statement:
                yield resource.id, f"allows by {element}"


@rule("IAM08", "An action on another service's resource allows nothing, silently.")
def actions_fit_resources(tree: Tree) -> Found:
    for resource, statement in identity_statements(tree):
        there = {_service(tree, target) for target in targets(statement)} - {""}
        for action in actions(statement):
            taken = services(action)
            for service in sorted(there - taken) if taken else ():
                yield resource.id, f"allows {action} on a resource of {service}"


@rule("IAM09", "An action that takes no resource allows nothing on a named one.")
def no_resource_where_none_is_taken(tree: Tree) -> Found:
    for resource, statement in identity_statements(tree):
        for action in actions(statement):
            if "*" in targets(statement) or "*" in action or not known(action):
                continue
            if not takes_resource(action):
                yield resource.id, f"allows {action} on {targets(statement)[0]}"


@rule("IAM10", "Everything of a kind is a wildcard by another name.")
def resources_are_named(tree: Tree) -> Found:
    for resource, statement in identity_statements(tree):
        if statement.get("Effect") == "Deny":
            continue
        for target in targets(statement):
            explained = (resource.id, target.split(":", 5)[-1]) in OF_ANY_NAME
            explained = explained or _by_alias(statement)
            if _names_nothing(target) and not explained:
                yield resource.id, f"allows {', '.join(actions(statement))} on {target}"


@rule("IAM11", "A role that SAM makes may write into every log of the account.")
def functions_have_roles_of_ours(tree: Tree) -> Found:
    for function in tree.resources(
        "AWS::Serverless::Function", "AWS::Serverless::StateMachine"
    ):
        role = tree.find(function.get("Role"))
        if role is None or role.type != "AWS::IAM::Role":
            yield function.id, "has no role of ours"
        if function.get("Policies") is not None:
            yield function.id, "has policies of its own, which SAM leaves out"


@rule("IAM12", "A policy of AWS's changes when AWS changes it, and is never narrow.")
def policies_are_ours(tree: Tree) -> Found:
    for holder in tree.resources(*HOLDERS):
        for policy in holder.list("ManagedPolicyArns"):
            name = str(policy).rsplit("/", 1)[-1]
            if tree.find(policy) is None and name not in OF_AWS:
                yield holder.id, f"has {name}"


@rule("IAM14", "An action on a kind of thing that it does not take allows nothing.")
def kinds_fit(tree: Tree) -> Found:
    for resource, statement in identity_statements(tree):
        if statement.get("Effect") == "Deny":
            continue
        # Of a symbol alone nobody can tell, and another service's is for IAM08.
        written = [arn for arn in targets(statement) if arn.startswith("arn:")]
        named = [a for a in actions(statement) if known(a) and takes_resource(a)]
        pairs = [(a, arn) for a in named for arn in written if _same_service(a, arn)]
        fitting = [(action, arn) for action, arn in pairs if takes(action, arn)]
        for arn in sorted({arn for _, arn in pairs} - {arn for _, arn in fitting}):
            yield resource.id, f"{arn} fits none of {', '.join(named)}"
        if len(written) == len(targets(statement)):
            for action in sorted({a for a, _ in pairs} - {a for a, _ in fitting}):
                yield resource.id, f"{action} takes none of its resources"


def _same_service(action: str, arn: str) -> bool:
    return arn.split(":")[2] in services(action)


def _administers(resource: Resource, statement: Statement) -> bool:
    """Tell whether it gives a key to its own account, without which a key is lost."""
    principal = statement.get("Principal")
    return (
        resource.type == "AWS::KMS::Key"
        and isinstance(principal, dict)
        and str(principal.get("AWS")).endswith(":root")
        and actions(statement) == ["kms:*"]
    )


def _service(tree: Tree, target: str) -> str:
    """The service of a resource, as an ARN has it; nothing where it cannot be told."""
    if target.startswith("arn:"):
        return target.split(":")[2]
    found = tree.find(target)
    if found is None:
        return ""
    service = found.type.split("::")[1]
    return SERVICE_OF.get(service, service.lower())


def _by_alias(statement: Statement) -> bool:
    """Tell whether an alias names the key that everything in a statement is about.

    The key may not be made yet: AWS Key Management Service developer guide, "Use
    aliases to control access to KMS keys".
    """
    conditions = statement.get("Condition") or {}
    alias = str(
        conditions.get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases", "")
    )
    keys = all(action.startswith("kms:") for action in actions(statement))
    return keys and alias.startswith("alias/")


def _names_nothing(target: str) -> bool:
    """Tell whether an ARN leaves service, region, account or the whole name open."""
    if not target.startswith("arn:"):
        return False
    _, _, *place, name = [*target.split(":", 5), *ARN_PARTS * [""]][:ARN_PARTS]
    if any(re.search(r"[*?]", part) for part in place):
        return True
    # Of a bucket the name comes first, of everything else the kind.
    everything = r"\*" if place[0] == "s3" else r"([\w-]+[:/])?[*:/]*"
    return bool(re.fullmatch(everything, name))
