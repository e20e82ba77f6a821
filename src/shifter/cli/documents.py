"""Documents that people write: YAML or JSON, told apart by their content.

Reading is strict where being lenient would be dangerous: a key that stands twice in one
mapping is refused, because keeping the last one would drop the other without a word.
What is wrong is told with its line and column wherever they are known.  How much is
read is bounded, also where aliases make much of little.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from shifter.core.errors import Problem, UserError

STANDARD_INPUT = "-"
LARGEST = 200_000
"""Bytes; no order that `control` takes is longer."""

_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{"\]])')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in a document, and where it stands."""

    sentence: str
    line: int | None = None
    column: int | None = None
    problem: Problem | None = None
    """Set when the document was read and one of its fields is wrong."""


class BadDocument(UserError):
    """A document that cannot be read, or whose content is wrong."""

    def __init__(self, name: str, findings: tuple[Finding, ...]) -> None:
        self.name = name
        self.findings = findings
        super().__init__("; ".join(self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Each finding after its place, as compilers write it."""
        return tuple(
            ":".join(
                str(part)
                for part in (self.name, finding.line, finding.column)
                if part is not None
            )
            + f": {finding.sentence}"
            for finding in self.findings
        )


@dataclass(frozen=True, slots=True)
class Document:
    """What was read, with the way back from a field to its place."""

    name: str
    content: Any
    root: yaml.Node | None = None
    """The YAML behind the content; None for JSON, whose places are not kept."""

    def refuse(self, problems: tuple[Problem, ...]) -> BadDocument:
        """The error that tells these problems, from the top of the document down."""
        findings = [self._locate(problem) for problem in problems]
        findings.sort(key=lambda finding: (finding.line or 0, finding.column or 0))
        return BadDocument(self.name, tuple(findings))

    def _locate(self, problem: Problem) -> Finding:
        if self.root is None:
            return Finding(str(problem), problem=problem)
        mark = _follow(self.root, problem.field.split(".")).start_mark
        return Finding(str(problem), mark.line + 1, mark.column + 1, problem)


def read_document(file: str) -> Document:
    """The document in a file, or in standard input for `-`.  Raises BadDocument."""
    name = "standard input" if file == STANDARD_INPUT else file
    text = _text(file, name)
    if not text.strip():
        raise _bad(name, "is empty")
    if _JSON.match(text):
        return Document(name, _json(text, name))
    return _yaml(text, name)


def _text(file: str, name: str) -> str:
    try:
        raw = _bytes(file)
    except OSError as error:
        raise _bad(name, f"cannot be read: {error.strerror}") from None
    if len(raw) > LARGEST:
        told = f"is larger than {LARGEST:,} bytes, as no plan is: name another file"
        raise _bad(name, told)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(name, f"is not UTF-8 text: byte {error.start + 1}") from None


def _bytes(file: str) -> bytes:
    """The beginning of a file, so long that it tells when there is too much."""
    if file == STANDARD_INPUT:
        return sys.stdin.buffer.read(LARGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(LARGEST + 1)


def _bad(name: str, told: str, mark: yaml.Mark | None = None) -> BadDocument:
    if mark is None:
        return BadDocument(name, (Finding(told),))
    return BadDocument(name, (Finding(told, mark.line + 1, mark.column + 1),))


# --- JSON -----------------------------------------------------------------------------


def _json(text: str, name: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise _bad(
                    name,
                    f"the key {key!r} stands twice in one object: keep one of them",
                )
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        told = f"is not valid JSON: {error.msg}"
        finding = Finding(told, error.lineno, error.colno)
        raise BadDocument(name, (finding,)) from None
    except RecursionError:
        raise _bad(name, "is nested too deeply") from None
    except ValueError:  # what else Python refuses to read
        raise _bad(name, "has a number of thousands of digits: shorten it") from None


# --- YAML -----------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """The safe loader: it makes plain values only, whatever the tags say."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """The value of a node; one that looks like a date and is none has a place."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError):  # of Python's own types
            told = (
                f"{str(node.value)[:80]!r} is no value of the type "
                f"{node.tag.rpartition(':')[2]}: correct it, or put it in quotes"
            )
            raise ConstructorError(None, None, told, node.start_mark) from None


def _yaml(text: str, name: str) -> Document:
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise _bad(name, "is empty: it has comments only")
        _refuse_duplicates(root, name)
        return Document(name, loader.construct_document(root), root)
    except yaml.MarkedYAMLError as error:
        told = error.problem or error.context or "cannot be parsed"
        mark = error.problem_mark or error.context_mark
        raise _bad(name, f"is not valid YAML: {told}", mark) from None
    except RecursionError:
        raise _bad(name, "is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        told = " ".join(str(error).split())
        raise _bad(name, f"is not usable YAML: {told}") from None


def _refuse_duplicates(root: yaml.Node, name: str) -> None:
    """Visit each node as often as aliases repeat it: that, too, has an end."""
    visited, waiting = 0, [root]
    while waiting:
        node, visited = waiting.pop(), visited + 1
        if visited > LARGEST:  # without aliases there are fewer values than bytes
            told = "repeats too much by its aliases: write out what they stand for"
            raise _bad(name, told)
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
            _refuse_duplicate_keys(node, name)


def _refuse_duplicate_keys(node: yaml.MappingNode, name: str) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in first:
            told = (
                f"the key {key.value!r} stands twice in one mapping, "
                f"first in line {first[key.value]}: keep one of them"
            )
            raise _bad(name, told, key.start_mark)
        first[key.value] = key.start_mark.line + 1


# --- from a field to its place --------------------------------------------------------


def _follow(node: yaml.Node, path: list[str]) -> yaml.Node:
    """The node at the end of a path, or the last one on the way that exists."""
    for part in path:
        below = _below(node, part)
        if below is None:
            break
        node = below
    return node


def _below(node: yaml.Node, part: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and part.isdigit():
        items: list[yaml.Node] = node.value
        return items[int(part)] if int(part) < len(items) else None
    return None
