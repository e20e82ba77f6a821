"""The table of figures in the README, with the date and the machine that made it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figure import Figure

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def write(figures: Sequence[Figure], page: Path = README) -> None:
    """Put the figures between the marks.  Raises ValueError where there are none."""
    text = page.read_text(encoding="utf-8")
    made = f"Measured on {datetime.now(UTC):%Y-%m-%d}, {machine()}.\n"
    page.write_text(replaced(text, made, figures), encoding="utf-8")


def replaced(text: str, made: str, figures: Sequence[Figure]) -> str:
    """The page with the new table.  Raises ValueError where it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{begin}\n{made}\n{markdown(figures)}\n{end}{after}"


def markdown(figures: Sequence[Figure]) -> str:
    """The table, one figure a line."""
    rows = [
        f"| {figure.what} | {figure.told} | {figure.limit} | {figure.verdict} |"
        for figure in figures
    ]
    head = ["| figure | measured | promised | |", "|---|---:|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def machine() -> str:
    """What kind of machine this is, in general terms: nobody needs its name."""
    # sched_getaffinity tells what this process may use; not every system has it.
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count()
    return (
        f"{cores} cores of {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
