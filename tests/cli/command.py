"""Runs commands in this process, in a terminal that is 100 columns wide."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from shifter.cli.main import app

COLUMNS = "100"
PLAIN = {
    "NO_COLOR": "1",
    "FORCE_COLOR": None,
    "TTY_COMPATIBLE": None,
}


def run(
    *arguments: str, stdin: str | bytes | None = None, columns: str = COLUMNS
) -> Result:
    runner = CliRunner(env={**PLAIN, "COLUMNS": columns})
    return runner.invoke(app, list(arguments), input=stdin)


def trimmed(text: str) -> str:
    """The lines without the blanks that a table ends them with."""
    return "\n".join(line.rstrip() for line in text.splitlines())
