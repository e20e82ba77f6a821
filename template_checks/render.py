"""Rendering: all templates, resolved together for one set of parameters.

Rules of this file
* Conditions are decided, parameters and pseudo parameters put in, and functions
  computed.  What only AWS knows becomes a symbol (see `tree`), also where one stack
  gets it from another.
* What AWS would refuse is refused: an unknown name, an output that is not there, an
  output of a stack that is not deployed, a cycle.
* cfn-lint's own resolver gives all values that a function may have, one template at a
  time; we need the one value that it has in a profile, through all stacks.

AWS documentation: AWS CloudFormation user guide, "Intrinsic function reference",
"Condition functions" and "Pseudo parameters reference".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from template_checks.functions import NO_VALUE, Functions
from template_checks.source import ROOT_TEMPLATE, STACK, Sources, Template
from template_checks.tree import ROOT_STACK, Resource, Stack, Tree

REGION = "us-east-1"
PSEUDO: Mapping[str, Any] = {
    "AWS::Region": REGION,
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": NO_VALUE,
}


class Unrenderable(Exception):
    """What AWS would refuse to resolve."""


def render(
    sources: Sources,
    parameters: Mapping[str, Any],
    profile: str,
    *,
    root: str = ROOT_TEMPLATE,
) -> Tree:
    """Render the root and what it nests.  Raises Unrenderable, Unreadable."""
    stacks: dict[str, Stack] = {}
    _Renderer(sources, stacks, ROOT_STACK, root, parameters).stack()
    return Tree(profile, sources, dict(sorted(stacks.items())))


class _Renderer:
    """Renders one stack, and those that it nests when they are asked for."""

    def __init__(
        self,
        sources: Sources,
        stacks: dict[str, Stack],
        name: str,
        path: str,
        parameters: Mapping[str, Any],
    ) -> None:
        if path not in sources.texts:
            raise Unrenderable(f"{name}: there is no file {path}")
        self._sources = sources
        self._stacks = stacks
        self._name = name
        self._path = path
        self._template: Template = sources.template(path)
        self._resources: dict[str, Any] = self._template.get("Resources", {})
        self._parameters = self._filled(parameters)
        self._under_way: list[str] = []
        self._functions = Functions(
            ref=self._ref,
            attribute=self._attribute,
            conditions=self._template.get("Conditions", {}),
            mappings=self._template.get("Mappings", {}),
        )

    def stack(self) -> Stack:
        """The stack, rendered once."""
        if self._name in self._stacks:
            return self._stacks[self._name]
        resources = {
            name: self._resource(name)
            for name in self._resources
            if self._is_deployed(name)
        }
        outputs = {
            name: self._functions.resolve(output["Value"])
            for name, output in self._template.get("Outputs", {}).items()
            if self._functions.holds(output.get("Condition"))
        }
        return self._stacks.setdefault(
            self._name,
            Stack(self._name, self._path, self._parameters, resources, outputs),
        )

    def _filled(self, given: Mapping[str, Any]) -> dict[str, Any]:
        declared = self._template.get("Parameters", {})
        unknown = sorted(given.keys() - declared.keys())
        missing = sorted(
            name
            for name, parameter in declared.items()
            if name not in given and "Default" not in parameter
        )
        if unknown or missing:
            raise Unrenderable(
                f"{self._name}: unknown parameters {unknown}, missing {missing}"
            )
        return {
            name: _typed(parameter, given.get(name, parameter.get("Default")))
            for name, parameter in declared.items()
        }

    def _is_deployed(self, name: str) -> bool:
        return self._functions.holds(self._resources[name].get("Condition"))

    def _resource(self, name: str) -> Resource:
        body = self._resources[name]
        written = _with_globals(self._template, body)
        properties = self._functions.resolve(written)
        if body["Type"] == STACK:
            self._nested(name, properties)
        depends_on = body.get("DependsOn", [])
        return Resource(
            stack=self._name,
            name=name,
            type=body["Type"],
            properties=properties,
            depends_on=(depends_on,)
            if isinstance(depends_on, str)
            else tuple(depends_on),
            attributes={
                key: value
                for key, value in body.items()
                if key not in {"Type", "Properties", "DependsOn", "Condition"}
            },
        )

    def _nested(self, name: str, properties: Mapping[str, Any]) -> Stack:
        if name in self._stacks:
            return self._stacks[name]
        return _Renderer(
            self._sources,
            self._stacks,
            name,
            str(properties.get("TemplateURL")),
            properties.get("Parameters", {}),
        ).stack()

    def _ref(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in {"AWS::StackName", "AWS::StackId"}:
            return f"${{{self._name}/{name.replace('::', '')}}}"
        if name in self._parameters:
            return self._parameters[name]
        self._require(name.partition(".")[0])
        return f"${{{self._name}/{name}}}"

    def _attribute(self, name: str, attribute: str) -> Any:
        self._require(name)
        body = self._resources.get(name, {})
        if body.get("Type") != STACK or not attribute.startswith("Outputs."):
            return f"${{{self._name}/{name}.{attribute}}}"
        output = attribute.removeprefix("Outputs.")
        outputs = self._stack_of(name).outputs
        if output not in outputs:
            raise Unrenderable(f"{self._name}: {name} has no output {output}")
        return outputs[output]

    def _stack_of(self, name: str) -> Stack:
        if name in self._stacks:
            return self._stacks[name]
        if name in self._under_way:
            raise Unrenderable(
                f"{self._name}: a cycle, {' -> '.join([*self._under_way, name])}"
            )
        self._under_way.append(name)
        try:
            properties = self._functions.resolve(self._resources[name]["Properties"])
            return self._nested(name, properties)
        finally:
            self._under_way.pop()

    def _require(self, name: str) -> None:
        """Refuse a name that is not there in this profile."""
        known = name if name in self._resources else self._made_by_sam(name)
        if known is None:
            raise Unrenderable(f"{self._name}: there is nothing named {name}")
        if not self._is_deployed(known):
            raise Unrenderable(f"{self._name}: {name} is not deployed in this profile")

    def _made_by_sam(self, name: str) -> str | None:
        """The function that SAM makes a resource of that name for."""
        for function, body in self._resources.items():
            if body["Type"].startswith("AWS::Serverless::") and name.startswith(
                function
            ):
                return str(function)
        return None


def _with_globals(template: Template, body: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource, with what SAM gives all functions."""
    properties: dict[str, Any] = body.get("Properties", {})
    if body["Type"] != "AWS::Serverless::Function":
        return properties
    merged = {**template.get("Globals", {}).get("Function", {})}
    for name, value in properties.items():
        both = isinstance(value, dict) and isinstance(merged.get(name), dict)
        merged[name] = {**merged[name], **value} if both else value
    return merged


def _typed(parameter: Mapping[str, Any], value: Any) -> Any:
    """A parameter's value: lists are given as text with commas, numbers as text."""
    if isinstance(value, str) and "List" in parameter["Type"]:
        return [part.strip() for part in value.split(",")] if value else [""]
    return value if isinstance(value, list) else str(value)
