"""Every command that the pages tell people to type exists, with these options.

A page that is read at three in the morning must not name an option that is gone.  The
words are parsed by the program itself; nothing is run.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from shifter.cli.main import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _commands() -> list[tuple[str, str]]:
    """Each page with each command line of ours in its blocks."""
    return [
        (str(page.relative_to(ROOT)), line.strip().removeprefix("$ "))
        for page in PAGES
        for block in re.findall(
            r"^```(?:sh|console)\n(.*?)^```$",
            page.read_text(encoding="utf-8"),
            re.MULTILINE | re.DOTALL,
        )
        for line in block.splitlines()
        if re.match(r"(\$ )?shifter( |$)", line)
    ]


def _parse(words: list[str]) -> None:
    """Raise LookupError or click's error for what does not exist."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if words and hasattr(command, "commands") and not words[0].startswith("-"):
        raise LookupError(f"no such command: {words[0]}")
    context = command.context_class(command, info_name=command.name)
    command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize(("page", "line"), _commands())
def test_a_command_on_a_page_exists_with_its_options(page: str, line: str) -> None:
    _parse(shlex.split(line, comments=True)[1:])


@pytest.mark.parametrize(
    "line", ["shifter fly", "shifter plan check --wings", "shifter plan fly x"]
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    """The test of the test."""
    with pytest.raises(Exception, match=r"(?i)no such"):
        _parse(shlex.split(line)[1:])
