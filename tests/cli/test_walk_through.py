"""The page about the commands, walked through on a stage, block after block.

A block is a command and what it prints.  `console after 25m` lets time pass before.
Times, spans and hashes differ from one version of the code to the next, so they are
compared as what they are and not as what they say.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from shifter.cli.main import app
from shifter.core.quantities import parse_duration
from shifter_sandbox.stage import Stage
from tests.cli.stages import operated_stage, operator, run, wait

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(
    r"^```console after (\w+)\n\$ (?:AWS_PROFILE=(\w+) )?shifter (.+?)"
    r"(?: \| tail -n (\d+))?\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_VARYING = (
    (r"\b\d{4}-\d\d-\d\d[T ]", ""),
    (r"\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00)?", "<time>"),
    (r"(?:\d+ (?:d|h|min|s)\b ?)+", "<span> "),
    (r"[█·]+ +\d+%", "<bar>"),
    (r"\b[0-9a-f]{64}\b", "<hash>"),
    (r"\b\d+ entries\b", "<number> entries"),
    (r"\bEntry \d+ of \d+\b", "Entry <number>"),
    (r"for another \w+", "for another <span>"),
    (r"\s+", " "),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A command on the page."""

    after: str
    who: str
    command: str
    tail: int
    shown: str

    def run(self, on: Stage) -> str:
        """Run it as the page says, and return what the page should show."""
        wait(on, parse_duration(self.after).total_seconds())
        with operator(self.who) if self.who else nullcontext():
            ended = run(on, *shlex.split(self.command))
        assert "" == ended.stderr or ended.exit_code in {0, 10}, ended.stderr
        lines = [line.rstrip() for line in ended.stdout.rstrip().splitlines()]
        return "\n".join(lines[-self.tail :] if self.tail else lines)


def blocks(page: str) -> Iterator[Block]:
    """The blocks of the page, in its order."""
    for after, who, command, tail, shown in _BLOCK.findall(page):
        yield Block(after, who, command, int(tail or 0), shown)


def told(text: str) -> str:
    """What a text says, without what differs from run to run."""
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text.strip()


def test_each_command_prints_what_the_page_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    with operated_stage(edges=1) as on:
        for block in blocks(PAGE):
            assert told(block.shown) == told(block.run(on)), block.command


def _commands() -> set[str]:
    return {
        str(command.name or command.callback.__name__)  # type: ignore[union-attr]
        for command in app.registered_commands
    }


def test_the_walk_shows_every_command_that_needs_a_cutover() -> None:
    walked = {block.command.split()[0] for block in blocks(PAGE)}

    elsewhere = {"demo", "preflight", "replay", "resolve", "decline"}
    assert _commands() - elsewhere == walked


@pytest.mark.parametrize("page", [PAGE, README], ids=["cli.md", "README"])
def test_every_command_is_in_the_list_of_the_page(page: str) -> None:
    listed = " ".join(re.findall(r"^\| (.*?`.+?) \|", page, re.MULTILINE))
    named = set(re.findall(r"`(?:shifter )?([a-z]+)", listed))

    assert set() == _commands() - named


def test_every_command_has_a_section() -> None:
    headings = " ".join(re.findall(r"^## (.+)$", PAGE, re.MULTILINE))

    assert set() == {name for name in _commands() if f"shifter {name}" not in headings}
