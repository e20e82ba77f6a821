"""The JSON documents of DMS tasks: they parse, and hold nothing that DMS does not know.

CloudFormation takes any text for them, and DMS ignores a key that it does not know: a
policy with a typing error is no policy.  The schemas are closed, and whatever may be
left out has a default that we do not want, so nothing may be.

AWS documentation: AWS DMS user guide, "Task settings example" and "Selection rules and
actions".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

TASK = "AWS::DMS::ReplicationTask"
DOCUMENTS = {"TableMappings": "mappings", "ReplicationTaskSettings": "settings"}
_SCHEMAS = Path(__file__).parent.parent / "schemas"


@rule("DMS01", "CloudFormation takes text that is no JSON; DMS refuses it later.")
def documents_parse(tree: Tree) -> Found:
    for task, name, document in _documents(tree):
        if document is None:
            yield task.id, f"{name} is no JSON"


@rule("DMS02", "DMS ignores what it does not know: a misspelt policy is none.")
def documents_fit(tree: Tree) -> Found:
    for task, name, document in _documents(tree):
        if document is None:
            continue
        for error in _validator(DOCUMENTS[name]).iter_errors(document):
            place = (
                "/".join(str(part) for part in error.absolute_path) or "the document"
            )
            yield task.id, f"{name}: {place}: {error.message}"


@rule(
    "DMS03", "Rules with one id or name replace each other, in an order of DMS's own."
)
def rules_are_told_apart(tree: Tree) -> Found:
    for task, name, document in _documents(tree):
        if name != "TableMappings" or document is None:
            continue
        for key in ("rule-id", "rule-name"):
            values = [entry.get(key) for entry in document.get("rules", [])]
            if len(values) != len(set(values)):
                yield task.id, f"{key} is not unique: {values}"


@rule(
    "DMS07", "Control tables that are replicated carry one side's state to the other."
)
def control_tables_stay(tree: Tree) -> Found:
    for task, name, document in _documents(tree):
        if name != "TableMappings" or document is None:
            continue
        excluded = [
            entry["object-locator"]["schema-name"]
            for entry in document.get("rules", [])
            if entry.get("rule-action") == "exclude"
        ]
        if not any(schema.startswith("awsdms") for schema in excluded):
            yield task.id, "the control tables of DMS are not excluded"


@rule("DMS10", "Two copies of one document that differ: nobody knows which is meant.")
def documents_are_the_files(tree: Tree) -> Found:
    for task, name, document in _documents(tree):
        direction = task.name.removesuffix("Task").lower()
        path = f"infra/dms/{DOCUMENTS[name]}-{direction}.json"
        if document is not None and document != json.loads(tree.sources.texts[path]):
            yield task.id, f"{name} is not what {path} says"


def _documents(tree: Tree) -> Iterator[tuple[Resource, str, Any]]:
    for task in tree.resources(TASK):
        for name in DOCUMENTS:
            try:
                yield task, name, json.loads(task.get(name) or "")
            except ValueError:
                yield task, name, None


@cache
def _validator(document: str) -> Draft202012Validator:
    path = _SCHEMAS / f"dms-{document}.schema.json"
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
