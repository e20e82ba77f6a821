"""What others wrote is shown as it is, whoever put it into the table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO, TextIOBase

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shifter.cli.plain_console import PlainConsole, Teller
from shifter.engine import control
from shifter_sandbox.patching import patched
from shifter_sandbox.stage import CUTOVER, Stage
from tests.cli.stages import begin, operated_stage, operator, run, wait
from tests.cli.test_operating import SHORT

TORN = "see [/otters]\x1b[31m :fire:\x9b2J"
SHOWN = "see [/otters]␛[31m :fire:�2J"


@pytest.fixture
def on() -> Iterator[Stage]:
    """A stage on which somebody has paused, past the function that takes orders."""
    with operated_stage(edges=1) as opened:
        begin(opened, **SHORT)
        control.pause(CUTOVER, opened.ports, by="arn:heron\x1b[2J", reason=TORN)
        yield opened


@pytest.mark.parametrize(
    "command", [["status"], ["history"], ["explain"], ["explain", "--entry", "1"]]
)
def test_an_entry_of_another_author_moves_no_cursor(
    on: Stage, command: list[str]
) -> None:
    """Nor is it taken for markup, which would end in a traceback."""
    ended = run(on, *command)

    assert (0, "") == (ended.exit_code, ended.stderr)
    assert ended.stdout.replace("\n", "").isprintable()
    told = "".join(ended.stdout.split())
    assert ("".join(SHOWN.split()) in told) is (command[-1] != "1")


def test_a_way_back_whose_reason_looks_like_markup_is_watched_to_its_end(
    on: Stage,
) -> None:
    with operator("grace"):
        ended = run(on, "rollback", "--reason", TORN, "--yes")
    wait(on, timedelta(minutes=5).total_seconds())

    assert 0 == ended.exit_code
    assert (ended.stdout + ended.stderr).replace("\n", "").isprintable()
    assert SHOWN in ended.stderr
    watched = run(on, "watch")
    assert 10 == watched.exit_code
    assert f"ROLLED_BACK: {SHOWN}" in watched.stdout


def test_the_screen_that_is_redrawn_has_no_codes_but_its_own(on: Stage) -> None:
    with operator("grace"):
        run(on, "rollback", "--reason", TORN, "--yes")

    shown = run(on, "watch", redrawn=True).stdout

    assert "\x1b[31m" not in shown
    assert "\x9b" not in shown


def test_every_part_of_a_picture_is_plain() -> None:
    table = Table(title="\x1b]0;title\x07")
    table.add_column("otter\x1b[1m")
    table.add_row("cell [red]\x1b[2J")
    table.add_row(Text("text\x1b[3J"))
    out = StringIO()

    PlainConsole(file=out, width=60).print("line\x1b[4J\nnext", Panel(table))

    told = out.getvalue()
    assert told.replace("\n", "").isprintable()
    assert "line␛[4J\nnext" in told
    assert "cell [red]␛[2J" in told


def test_an_order_is_not_lost_because_its_news_cannot_be_told() -> None:
    class Full(TextIOBase):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    with patched(sys, "stderr", Full()):
        Teller().print("Ordered: every edge all blue.")
