"""Secrets: attached before they are rotated, rotated in time, and by something real.

AWS documentation: AWS CloudFormation template reference,
"AWS::SecretsManager::RotationSchedule" and its "HostedRotationLambda"; AWS Secrets
Manager user guide, "Schedule expressions in Secrets Manager rotation".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, number

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  a type, not a secret
ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
ROTATION = "AWS::SecretsManager::RotationSchedule"
LONGEST_DAYS = 30
_CRON = re.compile(r"cron\(0 \d+ (?P<days>[\d,]+) \* \? \*\)")
_RATE = re.compile(r"rate\((?P<days>\d+) days?\)")


@rule("SEC01", "Rotation calls a function; any other ARN fails at the first rotation.")
def rotated_by_a_function(tree: Tree) -> Found:
    for rotation in tree.resources(ROTATION):
        arn = rotation.get("RotationLambdaARN")
        if rotation.get("HostedRotationLambda") is not None:
            continue
        target = tree.find(arn)
        if arn is None:
            yield rotation.id, "nothing rotates it"
        elif ":lambda:" not in str(arn) and (
            target is None or not target.type.endswith("::Function")
        ):
            yield rotation.id, f"{arn} is no function"


@rule("SEC02", "What uses a secret before its database is attached finds no host.")
def used_when_attached(tree: Tree) -> Found:
    uses = [
        (endpoint.id, endpoint.get("MySqlSettings", "SecretsManagerSecretId"))
        for endpoint in tree.resources("AWS::DMS::Endpoint")
    ] + [
        (task.id, entry.get("ValueFrom"))
        for task in tree.resources("AWS::ECS::TaskDefinition")
        for container in task.list("ContainerDefinitions")
        for entry in container.get("Secrets", [])
    ]
    uses += [
        (asked.id, asked.get(name))
        for asked in tree.resources("Custom::DatabaseBootstrap")
        for name in asked.properties
        if name.endswith("SecretArn")
    ]
    for where, text in uses:
        used = tree.find(text)
        if used is not None and used.type == SECRET:
            yield where, f"uses {used.id}, not its attachment"


@rule("SEC03", "A credential that lives longer than 30 days fails the audit.")
def in_time(tree: Tree) -> Found:
    for rotation in tree.resources(ROTATION):
        days = _longest_interval(rotation)
        if days is None or days > LONGEST_DAYS:
            yield rotation.id, f"rotates every {days} days at the latest"


@rule(
    "SEC04", "The hosted rotation takes text with commas; a list fails the deployment."
)
def networks_are_text(tree: Tree) -> Found:
    for rotation in tree.resources(ROTATION):
        for name in ("VpcSubnetIds", "VpcSecurityGroupIds"):
            value = rotation.get("HostedRotationLambda", name)
            if value is not None and not isinstance(value, str):
                yield rotation.id, f"{name} is a list"


@rule(
    "SEC05", "A secret without its database has no host: rotation and DMS fail on it."
)
def attached(tree: Tree) -> Found:
    attached = {a.get("SecretId") for a in tree.resources(ATTACHMENT)}
    for secret in tree.resources(SECRET):
        if secret.symbol not in attached:
            yield secret.id, "no database is attached to it"
    for rotation in tree.resources(ROTATION):
        target = tree.find(rotation.get("SecretId"))
        if target is None or (
            target.type != ATTACHMENT and target.symbol not in attached
        ):
            yield rotation.id, "rotates a secret that has no database"


@rule("SEC06", "The first rotation runs at once, and fails silently without a writer.")
def rotation_waits(tree: Tree) -> Found:
    for rotation in tree.resources(ROTATION):
        waited = {
            f"{rotation.stack}/{name}": tree.named(rotation.stack, name)
            for name in rotation.depends_on
        }
        attachment = _attachment(tree, rotation)
        if attachment is None or attachment.stack != rotation.stack:
            continue  # an output of another stack is there when all of that stack is
        by_reference = rotation.get("SecretId") == attachment.symbol
        if not by_reference and attachment.id not in waited:
            yield rotation.id, "does not wait for its attachment"
        cluster = attachment.get("TargetId")
        writers = [
            instance
            for instance in waited.values()
            if instance is not None
            and instance.type == "AWS::RDS::DBInstance"
            and instance.get("DBClusterIdentifier") == cluster
        ]
        if not writers:
            yield rotation.id, "does not wait for an instance of its cluster"


@rule(
    "SEC07", "A rotated password with a character that DMS refuses stops replication."
)
def same_characters(tree: Tree) -> Found:
    excluded = {
        secret.symbol: secret.get("GenerateSecretString", "ExcludeCharacters")
        for secret in tree.resources(SECRET)
    }
    for rotation in tree.resources(ROTATION):
        attachment = _attachment(tree, rotation)
        if attachment is None:
            continue
        generated = excluded.get(attachment.get("SecretId"))
        hosted = rotation.get("HostedRotationLambda")
        rotated = (hosted or {}).get("ExcludeCharacters")
        if hosted is not None and rotated != generated:
            yield rotation.id, f"excludes {rotated}; generation excludes {generated}"


@rule("SEC08", "Both sides rotated on one day leave no way back if it goes wrong.")
def sides_apart(tree: Tree) -> Found:
    days: dict[str, set[int]] = {"Blue": set(), "Green": set()}
    for rotation in tree.resources(ROTATION):
        side = "Blue" if rotation.name.startswith("Blue") else "Green"
        days[side].update(_days(rotation) or [])
    for near in (-1, 0, 1):
        for day in sorted(days["Blue"] & {day + near for day in days["Green"]}):
            yield "Database", f"both sides rotate around day {day} of a month"


@rule(
    "SEC09", "Two users in turn are changed by the master user, whom the secret names."
)
def names_its_master(tree: Tree) -> Found:
    for rotation in tree.resources(ROTATION):
        attachment = _attachment(tree, rotation)
        hosted = rotation.get("HostedRotationLambda") or {}
        if "MultiUser" not in hosted.get("RotationType", "") or attachment is None:
            continue
        if "MasterSecretArn" not in hosted:
            yield rotation.id, "MasterSecretArn is missing"
        secret = tree.find(attachment.get("SecretId"))
        if secret is not None and "masterarn" not in _template(secret):
            yield secret.id, "its JSON has no masterarn"


def _template(secret: Resource) -> dict[str, Any]:
    text = secret.get("GenerateSecretString", "SecretStringTemplate") or "{}"
    return dict(json.loads(text))


def _attachment(tree: Tree, rotation: Resource) -> Resource | None:
    target = tree.find(rotation.get("SecretId"))
    if target is None or target.type == ATTACHMENT:
        return target
    return next(
        (a for a in tree.resources(ATTACHMENT) if a.get("SecretId") == target.symbol),
        None,
    )


def _days(rotation: Resource) -> list[int] | None:
    """The days of a month on which it rotates, where it says days."""
    expression = str(rotation.get("RotationRules", "ScheduleExpression"))
    match = _CRON.fullmatch(expression)
    return sorted(int(day) for day in match["days"].split(",")) if match else None


def _longest_interval(rotation: Resource) -> int | None:
    days = number(rotation.get("RotationRules", "AutomaticallyAfterDays"))
    if days is not None:
        return days
    expression = str(rotation.get("RotationRules", "ScheduleExpression"))
    if match := _RATE.fullmatch(expression):
        return int(match["days"])
    return max(_intervals(_days(rotation) or []), default=None)


def _intervals(days: list[int]) -> Iterator[int]:
    """The days between rotations, in the longest month."""
    for earlier, later in zip(
        days, [*days[1:], *(d + 31 for d in days[:1])], strict=True
    ):
        yield later - earlier
