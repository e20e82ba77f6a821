"""Keys: ours for everything at rest, and policies that let services use them.

AWS documentation: AWS Key Management Service developer guide, "Key policies"; Amazon
CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS KMS"; Amazon
SNS developer guide, "Key management" (event sources need Decrypt and GenerateDataKey).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, texts

KEY = "AWS::KMS::Key"

ENCRYPTED_BY: Mapping[str, tuple[str, ...]] = {
    "AWS::RDS::DBCluster": ("KmsKeyId",),
    "AWS::DMS::ReplicationInstance": ("KmsKeyId",),
    "AWS::DMS::Endpoint": ("KmsKeyId",),
    "AWS::SecretsManager::Secret": ("KmsKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::ECR::Repository": ("EncryptionConfiguration", "KmsKey"),
    "AWS::Backup::BackupVault": ("EncryptionKeyArn",),
    "AWS::ECS::Cluster": (
        "Configuration",
        "ManagedStorageConfiguration",
        "FargateEphemeralStorageKmsKeyId",
    ),
    "AWS::DynamoDB::Table": ("SSESpecification", "KMSMasterKeyId"),
}
"""Where a type names its key.  Log groups have rules of their own."""


@rule("KEY01", "Without a key of ours AWS's own encrypts it, which nobody can revoke.")
def encrypted(tree: Tree) -> Found:
    for resource in tree.resources(*ENCRYPTED_BY):
        place = ENCRYPTED_BY[resource.type]
        key = tree.find(resource.get(*place))
        if key is None or key.type != KEY:
            yield resource.id, f"{'.'.join(place)} is no key of ours"
    for cluster in tree.resources("AWS::RDS::DBCluster"):
        if cluster.get("StorageEncrypted") is not True:
            yield cluster.id, "StorageEncrypted is not true"
    for instance in tree.resources("AWS::RDS::DBInstance"):
        statistics = instance.get("EnablePerformanceInsights")
        if str(statistics) == "true" and not tree.find(
            instance.get("PerformanceInsightsKMSKeyId")
        ):
            yield instance.id, "PerformanceInsightsKMSKeyId is no key of ours"


@rule("KEY02", "A key that never changes is as old as its oldest leak.")
def keys_rotate(tree: Tree) -> Found:
    for key in tree.resources(KEY):
        if key.get("EnableKeyRotation") is not True:
            yield key.id, "EnableKeyRotation is not true"


@rule("KEY03", "Without this permission creating an encrypted log group fails.")
def logs_may_use_their_key(tree: Tree) -> Found:
    for key in _keys_of(tree, "AWS::Logs::LogGroup", "KmsKeyId"):
        statements = list(_for_service(key, "logs."))
        if not any("kms:Encrypt" in _actions(s) for s in statements):
            yield key.id, "the policy does not let CloudWatch Logs encrypt"
        for statement in statements:
            if "kms:EncryptionContext:aws:logs:arn" not in str(
                statement.get("Condition")
            ):
                yield key.id, "CloudWatch Logs is not held to this account's groups"


@rule("KEY04", "An alarm that may not use its topic's key tells nobody, without error.")
def topics_hear(tree: Tree) -> Found:
    for topic in tree.resources("AWS::SNS::Topic"):
        key = tree.find(topic.get("KmsMasterKeyId"))
        if key is None:
            continue
        for service in _publishers(tree, topic):
            allowed = {a for s in _for_service(key, service) for a in _actions(s)}
            if not {"kms:Decrypt", "kms:GenerateDataKey"} <= allowed:
                yield key.id, f"the policy does not let {service} tell {topic.id}"


@rule("KEY05", "A service principal without a condition may be used by any account.")
def held_to_this_account(tree: Tree) -> Found:
    for key in tree.resources(KEY):
        for statement in key.list("KeyPolicy", "Statement"):
            principal = statement.get("Principal", {})
            if "Service" in principal and "Condition" not in statement:
                yield key.id, f"{principal['Service']} has no condition"


def _keys_of(tree: Tree, type_name: str, place: str) -> Iterator[Resource]:
    keys = {
        key.id: key
        for resource in tree.resources(type_name)
        if (key := tree.find(resource.get(place))) is not None
    }
    yield from keys.values()


def _for_service(key: Resource, beginning: str) -> Iterator[dict[str, Any]]:
    for statement in key.list("KeyPolicy", "Statement"):
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if any(text.startswith(beginning) for text in texts([services])):
            yield statement


def _actions(statement: Mapping[str, Any]) -> set[str]:
    return set(texts([statement.get("Action", [])]))


def _publishers(tree: Tree, topic: Resource) -> Iterator[str]:
    """The services that publish to the topic."""
    for alarms, service in (
        (("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"), "cloudwatch."),
        (("AWS::Events::Rule",), "events."),
        (("AWS::Backup::BackupVault",), "backup."),
    ):
        if any(topic.symbol in texts(r.properties) for r in tree.resources(*alarms)):
            yield f"{service}amazonaws.com"
