"""Backups: both databases, a week, in a vault that keeps them.

AWS documentation: AWS Backup developer guide, "Encryption for backups in AWS Backup"
(Aurora's copies use the cluster's key) and "AWS Backup Vault Lock".
"""

from __future__ import annotations

from template_checks.rules.rule import Found, rule
from template_checks.tree import Tree, number, texts

KEEP_DAYS = 7


@rule("BAK01", "A cluster that no plan selects has no copy in the vault.")
def both_databases(tree: Tree) -> Found:
    selected = {
        text
        for selection in tree.resources("AWS::Backup::BackupSelection")
        for text in selection.list("BackupSelection", "Resources")
    }
    for cluster in tree.resources("AWS::RDS::DBCluster"):
        if not any(tree.find(text) is cluster for text in selected):
            yield cluster.id, "no plan selects it"


@rule("BAK02", "Copies that are kept for another time cost more, or are gone too soon.")
def for_a_week(tree: Tree) -> Found:
    for plan in tree.resources("AWS::Backup::BackupPlan"):
        for entry in plan.list("BackupPlan", "BackupPlanRule"):
            days = number((entry.get("Lifecycle") or {}).get("DeleteAfterDays"))
            if days != KEEP_DAYS:
                yield plan.id, f"{entry.get('RuleName')} keeps {days} days"


@rule("BAK03", "Without the databases' key a job succeeds, and its copy is empty.")
def the_role_has_the_key(tree: Tree) -> Found:
    keys = {
        cluster.get("KmsKeyId") for cluster in tree.resources("AWS::RDS::DBCluster")
    }
    for selection in tree.resources("AWS::Backup::BackupSelection"):
        role = tree.find(selection.get("BackupSelection", "IamRoleArn"))
        allowed = set(texts(role.get("Policies") or [])) if role else set()
        if not keys <= allowed:
            yield selection.id, "its role may not use the key of the databases"


@rule("BAK04", "A vault without a lock is emptied by whoever wants the data gone.")
def locked(tree: Tree) -> Found:
    for vault in tree.resources("AWS::Backup::BackupVault"):
        lock = vault.get("LockConfiguration") or {}
        if number(lock.get("MinRetentionDays")) != KEEP_DAYS:
            yield vault.id, "has no lock for a week"
        if "ChangeableForDays" in lock:
            yield vault.id, "its lock is for ever, which nobody here may decide"
