"""`shifter rollback --without-record`: all blue when the table cannot be used."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import typer

from shifter.cli.asking import confirm
from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode
from shifter.cli.plain_console import Teller

_UNKNOWN = """\
Without the record Shifter does not know
  - which cutover is active, or whether one is
  - what stickiness and DNS weights there were before it
  - whether a weight write is still under way: one may land for 30 seconds more
Nothing is written to the journal, and no lock is freed."""


def break_glass(to: Connection, reason: str, *, yes: bool, as_document: bool) -> None:
    """Roll back from the topology alone, after saying what is not known."""
    environment = to.deployed.environment
    Teller().print(_UNKNOWN)
    confirm(f"Make every edge of {environment} all blue without the record?", yes=yes)
    confirm("Is the table really out of use? It is refused otherwise.", yes=yes)
    event = {
        "environment": environment,
        "without_record": True,
        "by": to.caller(),
        "reason": reason,
    }
    answer: dict[str, Any] = to.invoke(to.deployed.functions.roll_back, event)
    if as_document:
        print(json.dumps(answer, indent=2))
    else:
        for edge, shown in sorted(answer["edges"].items()):
            print(f"{edge}: {shown}")
        again = datetime.fromisoformat(answer["look_again_at"])
        safe = "All blue at every edge" if answer["verified"] else "NOT ALL BLUE"
        print(
            f"\n{safe}. A late write may still land: repeat this after "
            f"{again:%H:%M:%S} UTC"
            "\n\n  shifter rollback --without-record --reason TEXT"
        )
    if not answer["verified"]:
        raise typer.Exit(ExitCode.STUCK)
