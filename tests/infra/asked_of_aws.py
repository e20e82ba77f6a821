"""What the functions around rotations ask of AWS, as their code says.

A handler reaches the modules of the engine that it imports, those call verbs of ports,
and an adapter writes the name of each action that a verb asks for into `translated`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache

from tests.infra.template import ROOT

SOURCE = ROOT / "src/rotation_hooks"
ADAPTERS: Mapping[str, tuple[str, ...]] = {
    "lock": ("lock",),
    "notifier": ("notices",),
    "policies": ("policies",),
    "prober": ("prober",),
    "replication": ("dms",),
    "rotations": ("rotations",),
    "secrets": ("secretsmanager",),
    "tasks": ("ecs",),
    "hosted_roles": ("function_roles",),
}
"""Which module fits which port (`wiring`)."""
_SERVICES: Mapping[str, str] = {
    "dms": "dms",
    "ecs": "ecs",
    "function_roles": "lambda",
    "lock": "dynamodb",
    "policies": "secretsmanager",
    "prober": "lambda",
    "rotations": "dynamodb",
    "secretsmanager": "secretsmanager",
}
_IAM = {
    "Invoke": "lambda:InvokeFunction",
    "Publish": "sns:Publish",
    "PutEvents": "events:PutEvents",
}
"""What IAM calls otherwise, or where one module asks two services."""
ALSO = {"secretsmanager:RotateSecret": {"lambda:InvokeFunction"}}
"""Who lets Secrets Manager rotate must be allowed to invoke what rotates.

AWS documentation: Secrets Manager API, `RotateSecret`.
"""
_VERB = re.compile(rf"\b({'|'.join(ADAPTERS)})\.(\w+)")


def actions_of(handler: str) -> set[str]:
    """The actions, as IAM has them, that a function may come to ask for."""
    asked = {
        action
        for path in reached(f"handlers/{handler}.py")
        for port, verb in _VERB.findall((SOURCE / path).read_text("utf-8"))
        for module in ADAPTERS[port]
        for action in verbs(module).get("of" if port == "hosted_roles" else verb, ())
    }
    return asked | {more for action in asked for more in ALSO.get(action, ())}


@cache
def reached(path: str) -> frozenset[str]:
    """The handler, and the modules of the engine that it imports, however deep."""
    found = {path}
    for node in ast.walk(ast.parse((SOURCE / path).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            for name in _modules(node):
                found |= reached(name)
    return frozenset(found)


def _modules(node: ast.ImportFrom) -> Iterator[str]:
    prefix, _, module = (node.module or "").partition("rotation_hooks.engine")
    if prefix or "rotation_hooks.engine" not in (node.module or ""):
        return
    names = [module[1:]] if module else [name.name for name in node.names]
    yield from (f"engine/{name}.py" for name in names)


@cache
def verbs(module: str) -> Mapping[str, frozenset[str]]:
    """The actions that each verb of an adapter asks for, by way of its own others."""
    tree = ast.parse((SOURCE / f"adapters/{module}.py").read_text("utf-8"))
    methods = {
        node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    }
    return {name: frozenset(_asked(name, methods, module)) for name in methods}


def _asked(
    name: str, methods: Mapping[str, ast.FunctionDef], module: str
) -> Iterator[str]:
    for node in ast.walk(methods[name]):
        if isinstance(node, ast.Attribute) and node.attr in methods.keys() - {name}:
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield from _asked(node.attr, methods, module)
        elif isinstance(node, ast.Call) and _called(node) == "translated":
            [action, *_] = node.args
            assert isinstance(action, ast.Constant), ast.unparse(node)
            told = str(action.value)
            yield _IAM.get(told) or f"{_SERVICES[module]}:{told}"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""
