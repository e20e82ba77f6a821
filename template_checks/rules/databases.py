"""Databases: ready for change data capture, over TLS, in two zones where it counts.

AWS documentation: Amazon Aurora user guide, "Aurora MySQL configuration parameters",
"Amazon Aurora MySQL long-term support (LTS)" and "Using Advanced Auditing"; AWS DMS
user guide, "Using a MySQL-compatible database as a source".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, number

CLUSTER = "AWS::RDS::DBCluster"
INSTANCE = "AWS::RDS::DBInstance"
GROUP = "AWS::RDS::DBClusterParameterGroup"
RETENTION_DAYS = 7
INSTANCES: Mapping[str, int] = {"dev": 1, "prod": 2}

CAPTURE: Mapping[str, str] = {
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "binlog_checksum": "NONE",
    "binlog_transaction_compression": "0",
    "event_scheduler": "OFF",
}
"""What replication and the fence depend on."""
LOGGED = {"CONNECT", "QUERY_DCL", "QUERY_DDL", "TABLE"}
"""Audit events that hold no values of rows; QUERY and QUERY_DML do."""


@rule("DBS01", "RDS takes any text for a parameter, and replication then has no rows.")
def ready_for_capture(tree: Tree) -> Found:
    for group in tree.resources(GROUP):
        for name, value in CAPTURE.items():
            found = group.get("Parameters", name)
            if found != value:
                yield group.id, f"{name} is {found}, not {value}"


@rule(
    "DBS02", "A database that takes logins in the open sends card numbers in the open."
)
def tls_only(tree: Tree) -> Found:
    for group in tree.resources(GROUP):
        if group.get("Parameters", "require_secure_transport") != "ON":
            yield group.id, "require_secure_transport is not ON"
        versions = set(str(group.get("Parameters", "tls_version")).split(","))
        if not versions <= {"TLSv1.2", "TLSv1.3"}:
            yield group.id, f"tls_version is {', '.join(sorted(versions))}"


@rule("DBS03", "An audit log of queries is a copy of all card numbers.")
def audit_without_queries(tree: Tree) -> Found:
    for group in tree.resources(GROUP):
        events = str(group.get("Parameters", "server_audit_events")).split(",")
        told = [event for event in events if event not in LOGGED]
        if told or group.get("Parameters", "server_audit_logging") != "1":
            yield group.id, f"the audit log tells {', '.join(told) or 'nothing'}"


@rule("DBS04", "Two sides that count alike make the same key for two payments.")
def offsets_differ(tree: Tree) -> Found:
    groups = list(tree.resources(GROUP))
    offsets = {g.get("Parameters", "auto_increment_offset") for g in groups}
    steps = {g.get("Parameters", "auto_increment_increment") for g in groups}
    if len(offsets) != len(groups) or steps != {str(len(groups))}:
        yield "Database", f"offsets {sorted(map(str, offsets))}, steps {sorted(steps)}"


@rule("DBS05", "One instance stops with its zone; Aurora has no other Multi-AZ.")
def instances_by_profile(tree: Tree) -> Found:
    for cluster, members in _members(tree):
        if len(members) != INSTANCES[tree.profile]:
            yield cluster.id, f"{len(members)} instances in {tree.profile}"


@rule("DBS06", "Aurora keeps its own copies for one day, unless it is told otherwise.")
def copies_for_a_week(tree: Tree) -> Found:
    for cluster in tree.resources(CLUSTER):
        if number(cluster.get("BackupRetentionPeriod")) != RETENTION_DAYS:
            yield cluster.id, f"keeps {cluster.get('BackupRetentionPeriod')} days"


@rule("DBS07", "A minor upgrade in a maintenance window can be one in a cutover.")
def no_upgrade_by_itself(tree: Tree) -> Found:
    for instance in tree.resources(INSTANCE, "AWS::DMS::ReplicationInstance"):
        if instance.get("AutoMinorVersionUpgrade") is not False:
            yield instance.id, "AutoMinorVersionUpgrade is not false"


@rule("DBS08", "A database with a public address is one password away from anybody.")
def not_public(tree: Tree) -> Found:
    for instance in tree.resources(INSTANCE, "AWS::DMS::ReplicationInstance"):
        if instance.get("PubliclyAccessible") is not False:
            yield instance.id, "PubliclyAccessible is not false"


@rule(
    "DBS09", "A bare 8.0 is whatever AWS makes of it, and 8.4 in a family of 8.0 fails."
)
def versions_are_exact(tree: Tree) -> Found:
    for cluster in tree.resources(CLUSTER):
        version = str(cluster.get("EngineVersion"))
        group = tree.find(cluster.get("DBClusterParameterGroupName"))
        family = str(group.get("Family")) if group else ""
        if ".mysql_aurora." not in version:
            yield cluster.id, f"the version is {version}"
        elif family != f"aurora-mysql{version.split('.mysql_aurora.', maxsplit=1)[0]}":
            yield cluster.id, f"version {version} with the family {family}"


@rule("DBS10", "prod deleted by mistake is deleted: a protected cluster refuses.")
def protected_in_prod(tree: Tree) -> Found:
    for cluster in tree.resources(CLUSTER):
        protected = str(cluster.get("DeletionProtection")) == "true"
        if tree.profile == "prod" and not protected:
            yield cluster.id, "DeletionProtection is not true in prod"


@rule("DBS11", "DMS trusts one authority: a certificate of another breaks replication.")
def one_authority(tree: Tree) -> Found:
    for instance in tree.resources(INSTANCE):
        found = instance.get("CACertificateIdentifier")
        if found != "rds-ca-rsa2048-g1":
            yield instance.id, f"the certificate is of {found}"


@rule("DBS12", "The first member becomes the writer: made at once, either may.")
def the_writer_comes_first(tree: Tree) -> Found:
    for _, members in _members(tree):
        for member in members:
            writer = member.name.replace("Standby", "Writer")
            if member.name.endswith("Standby") and writer not in member.depends_on:
                yield member.id, f"does not wait for {writer}"


def _members(tree: Tree) -> Iterator[tuple[Resource, list[Resource]]]:
    for cluster in tree.resources(CLUSTER):
        yield (
            cluster,
            [
                instance
                for instance in tree.resources(INSTANCE)
                if instance.get("DBClusterIdentifier") == cluster.symbol
            ],
        )
