"""Reading templates: the root, and every template that it nests.

cfn-lint's decoder does the reading, so that both see the same thing: short tags as
functions, dates as text, and a duplicate key as an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint.decode.cfn_yaml as decoder
from yaml import YAMLError

ROOT = Path(__file__).parent.parent
ROOT_TEMPLATE = "template.yaml"
STACK = "AWS::CloudFormation::Stack"
Template = dict[str, Any]


class Unreadable(Exception):
    """A template that does not parse."""


@dataclass(frozen=True)
class Sources:
    """The text of all files that the checks look at, by path."""

    texts: Mapping[str, str]

    def template(self, path: str) -> Template:
        """The template at the path.  Raises Unreadable, KeyError when it is absent."""
        return _parsed(path, self.texts[path])

    def with_text(self, path: str, text: str | None) -> Sources:
        """These sources with one file changed, or removed."""
        texts = {name: kept for name, kept in self.texts.items() if name != path}
        return replace(self, texts=texts if text is None else {**texts, path: text})

    def templates(self) -> Iterator[tuple[str, Template]]:
        """Every template that the sources hold, the root first."""
        for path in self.paths():
            yield path, self.template(path)

    def paths(self) -> list[str]:
        """The paths of the templates, the root's first."""
        found = sorted(path for path in self.texts if path.endswith(".yaml"))
        return sorted(found, key=lambda path: path != ROOT_TEMPLATE)


def read(root: Path = ROOT) -> Sources:
    """The sources as they are in the repository."""
    files = [
        root / ROOT_TEMPLATE,
        root / "samconfig.toml",
        *(root / "infra").glob("*.yaml"),
        *(root / "infra").glob("*/*.json"),
    ]
    return Sources(
        {
            file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
            for file in files
        }
    )


@cache
def _parsed(path: str, text: str) -> Template:
    try:
        template = _plain(decoder.loads(text))
    except (YAMLError, decoder.CfnParseError) as error:
        problem = " ".join(str(error).split())
        raise Unreadable(f"{path} does not parse: {problem}") from None
    if not isinstance(template, dict):
        raise Unreadable(f"{path} is not a template")
    return template


def _plain(value: Any) -> Any:
    """The decoder's nodes as plain values, which compare and copy faster."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value
