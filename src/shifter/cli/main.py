"""The command `shifter`.

Each module of commands is registered here, and holds either a `typer.Typer` of its own
(`add_typer`) or one function (`app.command()`).  A module that needs the sandbox
imports it inside the command, so that no other command waits for it.
"""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from shifter.cli import (
    demo,
    evidence,
    history,
    look,
    orders,
    plan,
    preflight,
    replay,
    replication,
    rollback,
    rotation,
    sandbox,
    start,
)
from shifter.cli.errors import Commands, ExitCode, epilog
from shifter.cli.operated import operated

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=epilog(*ExitCode),
)
app.add_typer(plan.app, name="plan")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(replication.app, name="replication")
app.add_typer(evidence.app, name="evidence")
app.add_typer(rotation.app, name="rotation")
app.command(
    epilog=epilog(ExitCode.OK, ExitCode.UNEXPECTED, ExitCode.REFUSED, ok="as told")
)(demo.demo)

_ALWAYS = (ExitCode.UNEXPECTED, ExitCode.USAGE)
_ORDERED = (ExitCode.WRONG_INPUT, ExitCode.REFUSED, ExitCode.NOT_FOUND, ExitCode.AWS)
_ENDED = (ExitCode.ROLLED_BACK, ExitCode.STUCK, ExitCode.INTERRUPTED)

# Each command over AWS: its function, what 0 means, and the other codes.
for command, ok, codes in (
    (preflight.preflight, "ready, and the page was acknowledged", _ORDERED),
    (start.start, "started; with --wait: ended all green", (*_ORDERED, *_ENDED)),
    (look.watch, "ended all green", (ExitCode.NOT_FOUND, ExitCode.AWS, *_ENDED)),
    (look.status, "told", (ExitCode.NOT_FOUND, ExitCode.AWS)),
    (orders.approve, "taken", _ORDERED),
    (orders.decline, "taken", _ORDERED),
    (orders.pause, "taken", _ORDERED),
    (orders.resume, "taken", _ORDERED),
    (rollback.rollback, "every edge is all blue", (*_ORDERED, ExitCode.STUCK)),
    (orders.resolve, "ended, and the environment is free", _ORDERED),
    (history.history, "the journal is whole", (ExitCode.NOT_FOUND, ExitCode.AWS)),
    (history.explain, "told", (ExitCode.NOT_FOUND, ExitCode.AWS)),
    (
        replay.replay,
        "told",
        (ExitCode.WRONG_INPUT, ExitCode.NOT_FOUND, ExitCode.AWS),
    ),
):
    app.command(epilog=epilog(ExitCode.OK, *_ALWAYS, *codes, ok=ok))(operated(command))

for of_replication, ok, codes in (
    (replication.start, "both replicate", (*_ORDERED, ExitCode.INTERRUPTED)),
    (replication.status, "told", (ExitCode.NOT_FOUND, ExitCode.AWS)),
):
    replication.app.command(epilog=epilog(ExitCode.OK, *_ALWAYS, *codes, ok=ok))(
        operated(of_replication)
    )

evidence.app.command(
    epilog=epilog(
        ExitCode.OK,
        *_ALWAYS,
        *_ORDERED,
        ExitCode.INTERRUPTED,
        ok="the promise holds on blue's own past",
    )
)(operated(evidence.check))

for of_rotation, ok, codes in (
    (rotation.status, "nothing is in the way", _ORDERED),
    (
        rotation.rotate_first,
        "rotated and verified, and nothing is in the way",
        (*_ORDERED, ExitCode.INTERRUPTED),
    ),
):
    rotation.app.command(epilog=epilog(ExitCode.OK, *_ALWAYS, *codes, ok=ok))(
        operated(of_rotation)
    )


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"shifter {version('shifter')}")
        raise typer.Exit


@app.callback()
def shifter(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Move production traffic from blue to green on AWS, and back at any moment."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no bars gets question marks, and no traceback.
        sys.stdout.reconfigure(errors="replace")
