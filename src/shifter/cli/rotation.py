"""`shifter rotation`: what passwords have to do with a cutover, and rotating first."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from shifter.cli import connection
from shifter.cli.asking import confirm
from shifter.cli.connection import Connection, NoGuard
from shifter.cli.errors import ExitCode, WrongCall
from shifter.cli.look import console
from shifter.cli.operated import AsJson, Yes
from shifter.cli.plain_console import Teller
from shifter.cli.plan import read_plan
from shifter.cli.standing import told_holder
from shifter.core.errors import Refused, Throttled, Unavailable, WorldError
from shifter.core.quantities import format_duration, parse_duration
from shifter.core.rotation_first import Progress, offered, progress

if TYPE_CHECKING:
    from shifter.core.rotation import RotationLook, SecretStanding

LOOK_AGAIN_SECONDS = 15
LONGEST = timedelta(days=30)
"""The longest window that the guard can be asked about."""

app = typer.Typer(
    no_args_is_help=True, help="Show what passwords are in the way of, and rotate them."
)

PlanFile = Annotated[
    str | None,
    typer.Option(
        "--plan", metavar="FILE", help="Look at the time that this plan takes."
    ),
]
Window = Annotated[
    str | None,
    typer.Option(
        "--window", metavar="TIME", help="Look so far ahead, 30h for example."
    ),
]


def status(
    to: Connection,
    *,
    plan: PlanFile = None,
    window: Window = None,
    as_document: AsJson = False,
) -> None:
    """Tell how each secret stands, and what keeps a cutover from beginning now.

    Nothing is changed. Without --plan and --window it looks at this moment.
    """
    asked = _asked(to, plan, window)
    try:
        look = to.rotations.look(asked)
    except NoGuard as error:
        if not as_document:
            print(error)
            return
        look = _nothing_in_the_way()
    _end(look, asked, as_document=as_document)


def _nothing_in_the_way() -> RotationLook:
    from shifter.core.rotation import RotationLook

    return RotationLook(ok=True, reasons=(), secrets=())


def rotate_first(
    to: Connection,
    *,
    plan: PlanFile = None,
    window: Window = None,
    deadline: Annotated[
        str,
        typer.Option(
            "--deadline", metavar="TIME", help="Wait so long for each secret."
        ),
    ] = "30m",
    yes: Yes = False,
    as_document: AsJson = False,
) -> None:
    """Rotate now what would be rotated during a cutover, one secret after another.

    Only secrets are rotated whose next rotation moves by that. It waits until a login
    was verified after each; Ctrl-C stops the waiting alone.
    """
    if plan is None and window is None:
        raise WrongCall("say how long the cutover takes, with --plan or --window")
    asked, patience = _asked(to, plan, window), _duration("--deadline", deadline)
    _refuse_while_held(to)
    secrets = offered(to.rotations.look(asked))
    if secrets:
        named = ", ".join(one.secret for one in secrets)
        confirm(f"Rotate {named} now, one after another?", yes=yes)
    try:
        for one in secrets:
            _refuse_while_held(to)
            _rotate(to, one, patience)
    except KeyboardInterrupt:
        told = "Stopped waiting. What was begun goes on: shifter rotation status"
        Teller().print(told)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _end(to.rotations.look(asked), asked, as_document=as_document)


def _asked(to: Connection, plan: str | None, window: str | None) -> timedelta:
    """The window that is meant.  Raises WrongCall."""
    if plan is not None and window is not None:
        raise WrongCall("give either --plan or --window, not both")
    if plan is None:
        asked = timedelta() if window is None else _duration("--window", window)
        named = f"--window {window}"
    else:
        found = read_plan(plan)
        to.mean(found.environment)
        asked, named = found.lasts, f"the plan takes {format_duration(found.lasts)}"
    if asked > LONGEST:
        longest = format_duration(LONGEST)
        raise WrongCall(f"{named}: the guard looks at most {longest} ahead")
    return asked


def _duration(option: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise WrongCall(f"{option} {text}: {error}") from None


def _refuse_while_held(to: Connection) -> None:
    environment = to.deployed.environment
    held = to.store.environment(environment).holder
    if held is not None and held.holds(to.now()):
        raise Refused(
            f"{environment} is {told_holder(held, to.now())}: passwords are rotated "
            "while nobody else changes anything; wait for that to end"
        )


def _rotate(to: Connection, secret: SecretStanding, patience: timedelta) -> None:
    """Rotate one secret, and wait until a login was verified after it."""
    tell, told = Teller(), ""
    version = to.secret_rotation.begin(secret.arn)
    end = to.now() + patience
    while True:
        seen = _progress(to, secret.secret, version)
        if seen.told != told:
            tell.print(f"{secret.secret}: {seen.told}", soft_wrap=True)
            told = seen.told
        if seen.failed:
            raise WorldError(
                f"{secret.secret}: {seen.told}: see When a rotation has failed in "
                "docs/rotation.md; nothing more was rotated"
            )
        if seen.done:
            return
        if to.now() >= end:
            raise WorldError(
                f"{secret.secret}: not verified within {format_duration(patience)}, "
                f"last seen: {seen.told}; it goes on: shifter rotation status"
            )
        connection.sleep(LOOK_AGAIN_SECONDS)


def _progress(to: Connection, secret: str, version: str) -> Progress:
    """How far it is; a look that comes to nothing is tried again."""
    try:
        return progress(to.rotations.look(timedelta()), secret, version)
    except (Throttled, Unavailable) as error:
        return Progress(f"cannot be looked at: {error}")


def _end(look: RotationLook, asked: timedelta, *, as_document: bool) -> None:
    """Show what was found; with something in the way, end as refused."""
    if as_document:
        seconds = int(asked.total_seconds())
        print(
            json.dumps({"window_s": seconds, **look.model_dump(mode="json")}, indent=2)
        )
    else:
        _print(look, asked)
    if not look.ok:
        raise typer.Exit(ExitCode.REFUSED)


def _print(look: RotationLook, asked: timedelta) -> None:
    out = console()
    out.print(_table(look.secrets))
    for reason in look.reasons:
        out.print(Text(f"in the way: {reason}", "bold red"))
    ahead = f"that takes {format_duration(asked)} " if asked else ""
    if look.ok:
        out.print(f"\nNo password is in the way of a cutover {ahead}from now.")
    elif look.way_out:
        out.print(Text(f"\nWay out: {look.way_out}."))


def _table(secrets: tuple[SecretStanding, ...]) -> Table:
    table = Table(
        "secret",
        "rotated",
        "next rotation",
        "followed",
        "flag",
        "login",
        box=None,
        pad_edge=False,
    )
    for one in secrets:
        half = one.half_rotated and f"half rotated to {one.half_rotated}"
        table.add_row(
            one.secret,
            _time(one.rotated_at) or "never",
            _next(one),
            half or one.stage or "-",
            one.failed or "-",
            one.login,
        )
    return table


def _next(one: SecretStanding) -> str:
    if one.begins_at is None or one.ends_at is None:
        return "none planned"
    return f"{_time(one.begins_at)} to {_time(one.ends_at)}"


def _time(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
