"""How stacks are joined: what is passed is used, nothing waits for itself."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.source import ROOT_TEMPLATE, STACK, Template
from template_checks.tree import ROOT_STACK, Resource, Tree, named_in


@rule("WIR01", "An output that nobody reads is a promise that nobody keeps true.")
def outputs_are_used(tree: Tree) -> Found:
    root = tree.sources.template(ROOT_TEMPLATE)
    used = set(_read_outputs(root))
    for name, body in root["Resources"].items():
        if body["Type"] != STACK:
            continue
        path = body["Properties"]["TemplateURL"]
        if path not in tree.sources.texts:
            continue
        for output in tree.sources.template(path).get("Outputs", {}):
            if (name, output) not in used:
                yield path, f"nobody reads the output {output}"


@rule("WIR02", "A parameter that nothing reads looks like a choice and is none.")
def parameters_are_used(tree: Tree) -> Found:
    for path, template in tree.sources.templates():
        names = set(_names({k: v for k, v in template.items() if k != "Parameters"}))
        for parameter in template.get("Parameters", {}):
            if parameter not in names:
                yield path, f"nothing reads the parameter {parameter}"


@rule("WIR03", "A network or database that leaves the root by mistake is deleted.")
def precious_stacks_are_kept(tree: Tree) -> Found:
    for stack in tree.resources(STACK):
        if stack.name in {"Network", "Database"}:
            for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
                if stack.attributes.get(attribute) != "Retain":
                    yield stack.id, f"{attribute} is not Retain"


@rule("WIR04", "What waits for itself is refused, after everything before it was made.")
def nothing_waits_for_itself(tree: Tree) -> Found:
    for stack in tree.stacks.values():
        waits = {name: _waits_for(tree, r) for name, r in stack.resources.items()}
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            yield stack.path, f"a cycle: {' -> '.join(error.args[1])}"


def _waits_for(tree: Tree, resource: Resource) -> set[str]:
    """The names, in its own stack, of what a resource waits for."""
    named = {id_.partition("/")[::2] for id_ in named_in(resource.properties)}
    # What a stack gives another is a symbol of that stack, not of the root.
    passed = {stack for stack, _ in named if resource.stack == ROOT_STACK}
    own = {name for stack, name in named if stack == resource.stack}
    there = tree.stacks[resource.stack].resources
    return ({*own, *passed, *resource.depends_on} & there.keys()) - {resource.name}


def _read_outputs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        attribute = value.get("Fn::GetAtt")
        if attribute is not None:
            name, _, output = (
                attribute if isinstance(attribute, str) else ".".join(attribute)
            ).partition(".Outputs.")
            yield name, output
        for inner in value.values():
            yield from _read_outputs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _read_outputs(inner)


def _names(value: Template | Any) -> Iterator[str]:
    """Every name that a template refers to."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield str(inner)
            elif key == "Fn::Sub":
                text = inner if isinstance(inner, str) else inner[0]
                yield from (part.split("}")[0] for part in text.split("${")[1:])
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
