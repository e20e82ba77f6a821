"""The command `shifter`.

Each module of commands is registered here, and holds either a `typer.Typer` of its own
(`add_typer`) or one function (`app.command()`).  A module that needs the sandbox
imports it inside the command, so that no other command waits for it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from shifter.cli import demo, plan, sandbox
from shifter.cli.errors import Commands, ExitCode, epilog

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
app.command(
    epilog=epilog(ExitCode.OK, ExitCode.UNEXPECTED, ExitCode.REFUSED, ok="as told")
)(demo.demo)


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
