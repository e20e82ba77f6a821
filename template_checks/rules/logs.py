"""Log groups: every one declared, kept for as long as the profile says, with our key.

AWS documentation: Amazon CloudWatch Logs user guide, "Working with log groups and log
streams" (a group that a service makes itself never expires).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from template_checks.rules.rule import Found, rule
from template_checks.tree import Tree, number

GROUP = "AWS::Logs::LogGroup"
RETENTION: Mapping[str, tuple[int, int]] = {"dev": (1, 30), "prod": (365, 3653)}


@rule("LOG01", "A group without retention keeps, and bills, everything for ever.")
def kept_for_a_time(tree: Tree) -> Found:
    least, most = RETENTION[tree.profile]
    for group in tree.resources(GROUP):
        days = number(group.get("RetentionInDays"))
        if days is None or not least <= days <= most:
            yield group.id, f"keeps {days} days; {tree.profile} keeps {least} to {most}"


@rule("LOG02", "A group without a key of ours is read by whoever reads logs.")
def with_our_key(tree: Tree) -> Found:
    for group in tree.resources(GROUP):
        key = tree.find(group.get("KmsKeyId"))
        if key is None or key.type != "AWS::KMS::Key":
            yield group.id, "KmsKeyId is no key of ours"


@rule("LOG03", "A group that a service makes itself has neither key nor end.")
def declared(tree: Tree) -> Found:
    declared = {group.get("LogGroupName") for group in tree.resources(GROUP)}
    for where, name in _written(tree):
        if name not in declared:
            yield where, f"writes to {name}, which nobody declares"


@rule("LOG04", "A service that starts before its group makes the group itself.")
def made_first(tree: Tree) -> Found:
    for resource, groups in (
        ("AWS::RDS::DBCluster", 3),
        ("AWS::DMS::ReplicationInstance", 1),
        ("AWS::SecretsManager::RotationSchedule", 1),
    ):
        for found in tree.resources(resource):
            if found.get("RotationLambdaARN") is not None:
                continue  # our function, whose group it names itself
            waited = [
                name
                for name in found.depends_on
                if (r := tree.named(found.stack, name)) and r.type == GROUP
            ]
            if len(waited) != groups:
                yield found.id, f"waits for {len(waited)} of its {groups} log groups"


def _written(tree: Tree) -> Iterator[tuple[str, str]]:
    """What writes to which group, by the names that the services choose."""
    for cluster in tree.resources("AWS::RDS::DBCluster"):
        for log in cluster.list("EnableCloudwatchLogsExports"):
            yield (
                cluster.id,
                f"/aws/rds/cluster/{cluster.get('DBClusterIdentifier')}/{log}",
            )
    for instance in tree.resources("AWS::DMS::ReplicationInstance"):
        name = instance.get("ReplicationInstanceIdentifier")
        yield instance.id, f"dms-tasks-{name}"
    for rotation in tree.resources("AWS::SecretsManager::RotationSchedule"):
        name = rotation.get("HostedRotationLambda", "RotationLambdaName")
        if name is not None:
            yield rotation.id, f"/aws/lambda/{name}"
    for function in tree.resources("AWS::Serverless::Function"):
        yield function.id, f"/aws/lambda/{function.get('FunctionName')}"
    for task in tree.resources("AWS::ECS::TaskDefinition"):
        for container in task.list("ContainerDefinitions"):
            options = (container.get("LogConfiguration") or {}).get("Options", {})
            group = tree.find(options.get("awslogs-group"))
            yield task.id, str(group.get("LogGroupName")) if group else "no group"
    for acl in tree.resources("AWS::WAFv2::WebACL"):
        logging = [
            name
            for setting in tree.resources("AWS::WAFv2::LoggingConfiguration")
            for text in setting.list("LogDestinationConfigs")
            if (name := _last(tree, text)) is not None
        ]
        yield acl.id, logging[0] if logging else "no group"


def _last(tree: Tree, text: str) -> str | None:
    """The group at the end of an ARN."""
    group = tree.find(text)
    return None if group is None else str(group.get("LogGroupName"))
