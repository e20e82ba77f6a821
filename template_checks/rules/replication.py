"""Replication: a mirrored pair of tasks that stop rather than lose a row.

AWS documentation: AWS DMS user guide, "Performing bidirectional replication" (loopback
prevention), "Error handling task settings", "Using SSL with AWS Database Migration
Service" and "Using secrets to access AWS DMS endpoints".
"""

from __future__ import annotations

import json
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

TASK = "AWS::DMS::ReplicationTask"
ENDPOINT = "AWS::DMS::Endpoint"

STOPS = (
    "DataErrorPolicy",
    "DataTruncationErrorPolicy",
    "TableErrorPolicy",
    "ApplyErrorDeletePolicy",
    "ApplyErrorUpdatePolicy",
)


@rule(
    "DMS04", "A pair whose loops are not mirrored replicates its own changes for ever."
)
def loops_are_mirrored(tree: Tree) -> Found:
    pairs = {}
    for task in tree.resources(TASK):
        loop = _settings(task).get("LoopbackPreventionSettings") or {}
        if loop.get("EnableLoopbackPrevention") is not True:
            yield task.id, "loopback prevention is off"
        pairs[task.name] = (loop.get("SourceSchema"), loop.get("TargetSchema"))
    forward, reverse = pairs.get("ForwardTask"), pairs.get("ReverseTask")
    if forward and reverse and (forward != reverse[::-1] or len(set(forward)) == 1):
        yield "Dms", f"forward {forward} and reverse {reverse} are no mirror"


@rule(
    "DMS05", "Changes applied in batches lose their order, and loops are not prevented."
)
def one_by_one(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        if (_settings(task).get("TargetMetadata") or {}).get("BatchApplyEnabled"):
            yield task.id, "BatchApplyEnabled is on"


@rule("DMS06", "DDL is not kept from looping, and only one task may load everything.")
def reverse_is_changes_alone(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        if task.name != "ReverseTask":
            continue
        if task.get("MigrationType") != "cdc":
            yield task.id, f"MigrationType is {task.get('MigrationType')}"
        handled = _settings(task).get("ChangeProcessingDdlHandlingPolicy") or {}
        for name in sorted(name for name, on in handled.items() if on):
            yield task.id, f"{name} is on"


@rule(
    "DMS08", "By default DMS logs a row that it cannot apply, and goes on without it."
)
def stops_at_errors(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        behaviour = _settings(task).get("ErrorBehavior") or {}
        for name in STOPS:
            if behaviour.get(name) != "STOP_TASK":
                yield task.id, f"{name} is {behaviour.get(name)}"
        if behaviour.get("FailOnNoTablesCaptured") is not True:
            yield task.id, "FailOnNoTablesCaptured is not true"


@rule("DMS09", "An endpoint that checks no certificate speaks to whoever answers.")
def verified_tls(tree: Tree) -> Found:
    for endpoint in tree.resources(ENDPOINT):
        if endpoint.get("SslMode") != "verify-full":
            yield endpoint.id, f"SslMode is {endpoint.get('SslMode')}"
        if tree.find(endpoint.get("CertificateArn")) is None:
            yield endpoint.id, "names no certificate"
        if endpoint.get("Password") is not None or not endpoint.get(
            "MySqlSettings", "SecretsManagerSecretId"
        ):
            yield endpoint.id, "has a password where a secret belongs"


@rule("DMS11", "Rows that nobody compares may differ, and a lag of 0 does not tell.")
def rows_are_compared(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        validation = _settings(task).get("ValidationSettings") or {}
        if validation.get("EnableValidation") is not True:
            yield task.id, "validation is off"


@rule("DMS12", "A loaded table that is dropped first loses its keys and defaults.")
def tables_stay(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        load = _settings(task).get("FullLoadSettings") or {}
        if load.get("TargetTablePrepMode") != "DO_NOTHING":
            yield task.id, f"TargetTablePrepMode is {load.get('TargetTablePrepMode')}"


@rule("DMS13", "A reverse task between other endpoints brings nothing back.")
def endpoints_are_mirrored(tree: Tree) -> Found:
    for task in tree.resources(TASK):
        sides = [
            (endpoint.name if endpoint else "nothing")
            for endpoint in (
                tree.find(task.get("SourceEndpointArn")),
                tree.find(task.get("TargetEndpointArn")),
            )
        ]
        expected = (
            ["BlueSource", "GreenTarget"]
            if task.name == "ForwardTask"
            else ["GreenSource", "BlueTarget"]
        )
        if sides != expected:
            yield task.id, f"leads from {sides[0]} to {sides[1]}"


def _settings(task: Resource) -> dict[str, Any]:
    """The task's settings; empty when they do not parse, which is DMS01's business."""
    try:
        found = json.loads(task.get("ReplicationTaskSettings") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
