"""A file of SQL, as the statements that a driver takes one by one.

MySQL reference manual: "String Literals", "Comments" and "Schema Object Names".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_PART = re.compile(
    r"""
    (?P<comment> --(?=\s|$)[^\n]* | \#[^\n]* | /\*.*?\*/ )
  | (?P<quoted> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `[^`]*` )
  | (?P<end> ; )
  | (?P<text> [^'"`;/\#-]+ | . )
    """,
    re.DOTALL | re.VERBOSE,
)
_SHOWN = 40


class UnreadableScript(Exception):
    """A file of infra/sql that is not what it should be: whoever wrote it must act."""


def read_script(folder: Path, name: str) -> list[str]:
    """The statements of `<folder>/<name>.sql`.  Raises UnreadableScript."""
    path = folder / f"{name}.sql"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UnreadableScript(
            f"{path} cannot be read ({error.strerror}): put infra/sql into the package"
        ) from None
    try:
        return list(statements(text))
    except UnreadableScript as error:
        raise UnreadableScript(f"{path}: {error}") from None


def statements(script: str) -> Iterator[str]:
    """The statements, in order, without comments and without their semicolons.

    Raises UnreadableScript when the last one has no end.
    """
    begun = ""
    for part in _PART.finditer(script):
        if part["end"]:
            if begun.strip():
                yield begun.strip()
            begun = ""
        else:
            begun += " " if part["comment"] else part[0]
    if begun.strip():
        shown = " ".join(begun.split())[:_SHOWN]
        raise UnreadableScript(f"end the statement {shown!r} with a semicolon")
