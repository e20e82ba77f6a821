"""A template as values: short tags read, conditions taken for true.

Intrinsic functions stay as they are, in their long form: {"Ref": "Table"}.  Of an `If`
the first branch counts, which is where something exists; `{"Ref": "AWS::NoValue"}` is
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ALIAS = ".Alias"


class _Loader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix in {"Ref", "Condition"}:
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def load(path: str) -> Mapping[str, Any]:
    """The template as it is written."""
    text = (ROOT / path).read_text("utf-8")
    found: Mapping[str, Any] = yaml.load(text, _Loader)  # a SafeLoader
    return found


def resources(path: str, *types: str) -> dict[str, Any]:
    """The resources of these types, or all of them, with their conditions decided."""
    return {
        name: decided(resource)
        for name, resource in load(path)["Resources"].items()
        if not types or resource["Type"] in types
    }


def properties(path: str, *types: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of these types."""
    return {
        name: found.get("Properties", {})
        for name, found in resources(path, *types).items()
    }


def decided(value: Any) -> Any:
    """The value with the first branch of each `If`, and without what is no value."""
    if isinstance(value, dict):
        if "Fn::If" in value:
            return decided(value["Fn::If"][1])
        return {k: decided(v) for k, v in value.items() if v != _NOTHING}
    if isinstance(value, list):
        return [decided(item) for item in value if item != _NOTHING]
    return value


_NOTHING = {"Ref": "AWS::NoValue"}


def named(value: Any) -> str:
    """The logical name that a Ref, a GetAtt or the alias of a function leads to."""
    if isinstance(value, dict) and "Ref" in value:
        return str(value["Ref"]).removesuffix(ALIAS)
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        return str(value["Fn::GetAtt"][0])
    return ""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a value, with the way to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


def listed(value: Any) -> list[Any]:
    """A list, also of what was written as one thing."""
    return list(value) if isinstance(value, list) else [value]
