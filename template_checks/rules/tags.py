"""Tags: three on everything that takes tags, in the shape that its type wants.

Which types take tags, and under which name, is in the provider schemas of cfn-lint.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from template_checks.render import REGION
from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree

REQUIRED = ("Environment", "Project", "CostCenter")

WITHOUT: Mapping[str, str] = {
    "Alb/WeightsAt1": "a new tag would write the weights again",
    "Alb/WeightsAt2": "a new tag would write the weights again",
}
"""What goes without tags, and why."""


@rule("TAG01", "What has no tags is on nobody's bill and in nobody's inventory.")
def tagged(tree: Tree) -> Found:
    for resource in tree.resources():
        place = _place(resource.type)
        if place is None or resource.id in WITHOUT:
            continue
        missing = [name for name in REQUIRED if name not in _tags(resource, place)]
        if missing:
            yield resource.id, f"{place} lacks {', '.join(missing)}"


@rule("TAG02", "A tag without a value, or in the wrong shape, fails at the deployment.")
def complete(tree: Tree) -> Found:
    for resource in tree.resources():
        place = _place(resource.type)
        for tag in resource.list(place) if place else []:
            pairs = isinstance(tag, dict) and "Key" in tag
            if pairs and not tag.get("Value"):
                yield resource.id, f"the tag {tag['Key']} has no value"


@rule("TAG03", "Tasks are what costs money, and they inherit no tags by themselves.")
def tasks_inherit(tree: Tree) -> Found:
    for service in tree.resources("AWS::ECS::Service"):
        if service.get("PropagateTags") != "SERVICE":
            yield service.id, "PropagateTags is not SERVICE"
        if service.get("EnableECSManagedTags") is not True:
            yield service.id, "EnableECSManagedTags is not true"


@rule("TAG04", "A tag on a rule makes every change of a tag write the weights again.")
def weights_have_no_tags(tree: Tree) -> Found:
    for name in WITHOUT:
        resource = tree.find(f"${{{name}}}")
        if resource is not None and resource.get("Tags") is not None:
            yield resource.id, "has tags"


def _tags(resource: Resource, place: str) -> set[str]:
    found = resource.get(place)
    if isinstance(found, dict):
        return set(found)
    return {str(tag.get("Key")) for tag in found or [] if isinstance(tag, dict)}


@cache
def _place(type_name: str) -> str | None:
    """The property that holds the tags of a type, or None when it takes none."""
    if type_name.startswith("AWS::Serverless::"):
        return "Tags" if type_name.endswith(("Function", "StateMachine")) else None
    try:
        schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema(
            REGION, type_name
        ).schema
    except ResourceNotFoundError:
        return None
    tagging = schema.get("tagging", {})
    if not tagging.get("taggable", "Tags" in schema["properties"]):
        return None
    return str(tagging.get("tagProperty", "/properties/Tags").rsplit("/", 1)[-1])
