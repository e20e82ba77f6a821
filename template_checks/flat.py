"""A rendered tree as one template again, in which all stacks are one.

Symbols become functions again, so the template can be created where nested stacks
cannot: in an emulated account.  A logical id is the stack's name and the resource's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from template_checks.source import Template
from template_checks.tree import Tree

ABSENT = "arn:aws:absent:us-east-1:111122223333:"
"""Begins what stands for a resource that is not taken."""
_SYMBOL = re.compile(r"\$\{(\w+)/(\w+)(?:\.([\w.]+))?\}")


def flattened(
    tree: Tree,
    types: Collection[str],
    without: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Template:
    """One template with the tree's resources of the given types.

    `without` names properties, by type, that are left out.
    """
    taken = {resource.id: resource for resource in tree.resources(*types)}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            logical_id(resource.stack, resource.name): {
                "Type": resource.type,
                "Properties": {
                    name: _functions(value, taken)
                    for name, value in resource.properties.items()
                    if name not in without.get(resource.type, ())
                },
            }
            for resource in taken.values()
        },
    }


def logical_id(stack: str, name: str) -> str:
    """What a resource is called in a flattened template."""
    return f"{stack}{name}"


def _functions(value: Any, taken: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _functions(inner, taken) for key, inner in value.items()}
    if isinstance(value, list):
        return [_functions(inner, taken) for inner in value]
    if not isinstance(value, str) or not _SYMBOL.search(value):
        return value
    return _text(value, taken)


def _text(text: str, taken: Collection[str]) -> Any:
    """A text with symbols: of what is taken as functions, of the rest as plain text."""
    parts: list[Any] = []
    end = 0
    for match in _SYMBOL.finditer(text):
        _add(parts, text[end : match.start()])
        stack, name, attribute = match.groups()
        if f"{stack}/{name}" not in taken:
            _add(parts, f"{ABSENT}{stack}/{name}")
        elif attribute:
            parts.append({"Fn::GetAtt": [logical_id(stack, name), attribute]})
        else:
            parts.append({"Ref": logical_id(stack, name)})
        end = match.end()
    _add(parts, text[end:])
    return parts[0] if len(parts) == 1 else {"Fn::Join": ["", parts]}


def _add(parts: list[Any], text: str) -> None:
    """Add a text, to the one before where there is one."""
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)
