"""What is rendered: all stacks of one profile, with nothing left open but symbols.

A symbol stands for what only AWS knows: `${Network/Vpc}` is what `Ref` gives for the
resource Vpc of the stack Network, and `${Database/BlueCluster.Endpoint.Address}` is one
of its attributes.  Symbols are text, so a joined name or a JSON document that holds one
is readable, and what one stack passes to another says where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from template_checks.source import Sources

ROOT_STACK = "Root"
SYMBOL = re.compile(r"\$\{(?P<stack>\w+)/(?P<name>\w+)(?:\.(?P<attribute>[\w.]+))?\}")


@dataclass(frozen=True)
class Resource:
    """One resource of one stack, rendered."""

    stack: str
    name: str
    type: str
    properties: dict[str, Any]
    depends_on: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What stands beside the properties: DeletionPolicy and the like."""

    @property
    def id(self) -> str:
        return f"{self.stack}/{self.name}"

    @property
    def symbol(self) -> str:
        return f"${{{self.id}}}"

    def get(self, *path: str | int) -> Any:
        """What the properties hold at the path, or None."""
        found: Any = self.properties
        for key in path:
            if isinstance(key, int):
                inside = isinstance(found, list) and key < len(found)
            else:
                inside = isinstance(found, dict) and key in found
            if not inside:
                return None
            found = found[key]
        return found

    def list(self, *path: str | int) -> list[Any]:
        """The list at the path; a value alone is a list of one."""
        found = self.get(*path)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]


@dataclass(frozen=True)
class Stack:
    """One stack, rendered."""

    name: str
    path: str
    parameters: dict[str, Any]
    resources: dict[str, Resource]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Tree:
    """All stacks of one profile."""

    profile: str
    sources: Sources
    stacks: dict[str, Stack]

    def resources(self, *types: str) -> Iterator[Resource]:
        """Every resource of the given types, or of all types."""
        for stack in self.stacks.values():
            for resource in stack.resources.values():
                if not types or resource.type in types:
                    yield resource

    def find(self, symbol: Any) -> Resource | None:
        """The resource that a value stands for: by its symbol, alone or in a text."""
        match = SYMBOL.search(symbol) if isinstance(symbol, str) else None
        if match is None or match["stack"] not in self.stacks:
            return None
        return self.stacks[match["stack"]].resources.get(match["name"])

    def named(self, stack: str, name: str) -> Resource | None:
        """The resource of that name in that stack."""
        return self.find(f"${{{stack}/{name}}}")


def symbols(value: Any) -> Iterator[re.Match[str]]:
    """Every symbol in a value, however deep."""
    for text in texts(value):
        yield from SYMBOL.finditer(text)


def named_in(value: Any) -> set[str]:
    """The ids of the resources that a value names, however deep."""
    return {f"{match['stack']}/{match['name']}" for match in symbols(value)}


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def number(value: Any) -> int | None:
    """The value as a whole number; None where it is not one."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
