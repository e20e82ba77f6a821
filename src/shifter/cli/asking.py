"""Asking the operator; without a terminal nothing is asked, and nothing is done."""

from __future__ import annotations

import sys

import typer

from shifter.cli.errors import WrongCall
from shifter.core.errors import Refused


def is_terminal() -> bool:
    """Tell whether somebody is there to answer."""
    return sys.stdin.isatty()


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
