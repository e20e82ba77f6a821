"""Asking and telling the operator, at a terminal.

Without one nothing is asked, nothing is done, and nobody is told what goes on.
"""

from __future__ import annotations

import sys

import typer

from shifter.cli.errors import WrongCall
from shifter.cli.plain_console import Teller
from shifter.core.errors import Refused


def is_terminal() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin.isatty()


def going_on(told: str) -> None:
    """Tell whoever looks at a terminal what takes its time."""
    out = Teller()
    if out.is_terminal:
        out.print(told, style="dim")


def confirm(question: str, *, yes: bool, default: bool = False) -> None:
    """Go on if the operator says so.  Raises Refused."""
    if yes:
        return
    if not is_terminal():
        raise Refused(
            "nothing was done: there is no terminal to ask at; say --yes if you mean it"
        )
    if not typer.confirm(question, default=default, err=True):
        raise Refused("nothing was done")


def needed(reason: str | None) -> str:
    """The reason that was given, or that the operator gives now.  Raises WrongCall."""
    if reason is None and is_terminal():
        reason = typer.prompt("Reason (it stands in the journal)", err=True)
    if not (reason or "").strip():
        raise WrongCall("say why with --reason: it stands in the journal")
    return str(reason).strip()
