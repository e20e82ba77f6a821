"""Docstrings of attributes: the sentence below a field or an enum's member.

Python forgets them, so they are read from the source.  Only what is generated from the
code (schema, diagram) needs them; the Lambdas never pay for it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise


def attribute_docstrings(cls: type) -> dict[str, str]:
    """The docstring of each attribute of a class, its own before those of its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("shifter."):
            found |= _own_docstrings(base)
    return found


def _own_docstrings(cls: type) -> dict[str, str]:
    # A generic model that was given its parameter has no source of its own.
    if "[" in cls.__name__:
        return {}
    [node] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    body = node.body if isinstance(node, ast.ClassDef) else []
    return {
        name: inspect.cleandoc(below.value.value)
        for attribute, below in pairwise(body)
        if (name := _assigned(attribute)) is not None
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _assigned(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None
