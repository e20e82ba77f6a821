"""A rendered tree in the forms that cfn-guard's rules can read.

cfn-guard resolves nothing: a rule sees what is written.  So it is given one template,
* with all stacks in it, or a rule would not find what another stack holds,
* with what SAM makes, or a function would be of a type that no rule knows,
* with numbers and booleans as such: parameters carry text, CloudFormation makes of it
  what the schema of a type asks for, and no rule takes "365" for 365.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from template_checks.flat import flattened
from template_checks.render import REGION
from template_checks.source import ROOT, STACK, Template
from template_checks.tree import Tree

SAM = ROOT / ".tools/sam/bin/python"
BY_SAM = Path(__file__).with_name("by_sam.py")
PACKAGED = {"CodeUri": "s3://packaged/code", "DefinitionUri": "s3://packaged/machine"}
"""What `sam package` puts in the place of a path."""


class NotInstalled(Exception):
    """A tool that make installs is missing."""


class ToolFailed(Exception):
    """A tool could not do its work; says what it said."""


def readable(tree: Tree) -> Template:
    """The tree as cfn-guard's rules can read it.  Raises NotInstalled, ToolFailed."""
    types = {resource.type for resource in tree.resources()} - {STACK}
    plain = _translated(json.dumps(_packaged(flattened(tree, types))))
    return {
        **plain,
        "Resources": {
            name: {**body, "Properties": _of_type(body)}
            for name, body in plain["Resources"].items()
        },
    }


def _packaged(template: Template) -> Template:
    for body in template["Resources"].values():
        properties = body["Properties"]
        properties.update({k: v for k, v in PACKAGED.items() if k in properties})
    return {**template, "Transform": "AWS::Serverless-2016-10-31"}


@cache
def _translated(template: str) -> Template:
    if not SAM.exists():
        raise NotInstalled(
            "the SAM CLI is not installed: run make check-templates once"
        )
    ran = subprocess.run(  # noqa: S603 - a script of ours
        [SAM, BY_SAM, REGION],
        input=template,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ToolFailed(f"SAM refuses the template: {ran.stderr.strip()[-500:]}")
    translated: Template = json.loads(ran.stdout)
    return translated


def _of_type(body: Mapping[str, Any]) -> Any:
    properties = body.get("Properties", {})
    try:
        schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, body["Type"])
    except ResourceNotFoundError:
        return properties
    return _typed(properties, schema.schema, schema.schema)


def _typed(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """The value as the schema's type, where it is text for a number or a boolean."""
    if "$ref" in schema:
        return _typed(value, _referred(schema["$ref"], whole), whole)
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {k: _typed(v, inner.get(k, {}), whole) for k, v in value.items()}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_typed(item, items, whole) for item in value]
    return _scalar(value, schema.get("type"))


def _referred(reference: str, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    found = whole
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def _scalar(value: Any, wanted: Any) -> Any:
    if wanted == "boolean" and value in {"true", "false"}:
        return value == "true"
    if wanted in {"integer", "number"} and re.fullmatch(r"-?\d+", str(value)):
        return int(value)
    if wanted == "string" and isinstance(value, bool):
        return str(value).lower()
    return str(value) if wanted == "string" and isinstance(value, int) else value
