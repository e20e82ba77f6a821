"""`shifter rollback`: all blue, now, and with the time that it took."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from shifter.cli import connection
from shifter.cli.asking import confirm, needed
from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode
from shifter.cli.following import Following, View
from shifter.cli.look import console, tell_next
from shifter.cli.operated import AsJson, Id, Reason, Yes
from shifter.cli.pictures import span
from shifter.cli.standing import document
from shifter.core.errors import (
    AwsError,
    Conflict,
    Denied,
    Refused,
    ShifterError,
    Throttled,
    Unavailable,
)
from shifter.core.lanes import percent
from shifter.core.phases import ENDS, GOING_BACK, Phase
from shifter.core.record import Record

LOOK_SECONDS = 1
PATIENCE = timedelta(minutes=15)
"""The watchdog takes over within five; three attempts more page as stuck."""
ATTEMPTS = 5
_WITHOUT_RECORD_HELP = (
    "Break glass: for when the table cannot be used. Writes all blue from the topology."
)
_UNKNOWN = """\
Without the record Shifter does not know
  - which cutover is active, or whether one is
  - what weights, stickiness and DNS the edges had before it
  - whether a weight write is still under way: one may land for 30 seconds more
Nothing is written to the journal, and no lock is freed."""


def rollback(
    to: Connection,
    *,
    reason: Reason = None,
    cutover_id: Id = None,
    without_record: Annotated[
        bool, typer.Option("--without-record", help=_WITHOUT_RECORD_HELP)
    ] = False,
    yes: Yes = False,
    as_document: AsJson = False,
) -> None:
    """Make every edge all blue, and wait until that was read back.

    One function is invoked for it, so it works when no execution is alive. When that is
    denied or unreachable, `control` is told to abort instead.
    """
    why = needed(reason)
    if without_record:
        _break_glass(to, why, yes=yes, as_document=as_document)
        return
    record = to.record(cutover_id)
    _refuse_ended(record)
    stands = f"step {record.step}, {percent(record.split.share)} away from blue"
    confirm(
        f"Roll back {record.cutover_id} ({record.environment}, {record.phase}, "
        f"{stands})?",
        yes=yes,
        default=True,
    )
    tell = Console(stderr=True, highlight=False)
    ordered_at = to.now()
    way = _order(to, record, why, tell)
    view = _follow(to, record.cutover_id, ordered_at, tell)
    _tell(view, ordered_at, way, as_document=as_document)


def _refuse_ended(record: Record) -> None:
    if record.phase in ENDS:
        raise Refused(
            f"{record.cutover_id} has ended: {record.phase}; there is nothing to roll "
            "back"
        )


def _order(to: Connection, record: Record, reason: str, tell: Console) -> str:
    """Order the way back, by the function or by `control`; return which took it."""
    named = record.cutover_id
    event = {"cutover_id": named, "by": to.caller(), "reason": reason}
    for _ in range(ATTEMPTS):
        try:
            to.invoke(to.deployed.functions.roll_back, event)
        except Conflict:
            connection.sleep(LOOK_SECONDS)  # somebody saved at the same moment
        except (Denied, Throttled, Unavailable) as error:
            tell.print(f"{error}: telling control to abort instead")
            return _abort(to, named, reason, error)
        else:
            return "roll_back"
    return _abort(to, named, reason, None)


def _abort(to: Connection, cutover_id: str, reason: str, first: AwsError | None) -> str:
    try:
        to.order("abort", cutover_id=cutover_id, reason=reason)
    except Refused:
        # It is going back, or told to, already: follow that.
        if to.record(cutover_id).phase in ENDS:
            raise
    except AwsError as error:
        if first is None:
            raise
        raise ShifterError(
            f"neither roll_back nor control could be told: {first}; {error}: write "
            "all blue by hand at every edge, as the runbook says"
        ) from None
    return "control"


def _follow(
    to: Connection, cutover_id: str, ordered_at: datetime, tell: Console
) -> View:
    """Look until every edge was read back all blue, or it is stuck."""
    following = Following(to, cutover_id)
    told = ""
    while True:
        view = following.look()
        if view.record.reason != told and view.record.phase in GOING_BACK:
            told = view.record.reason
            tell.print(f"{view.record.phase}: {told}")
        if view.stuck or view.ended or _safe_at(view.record) is not None:
            return view
        if view.now - ordered_at > PATIENCE:
            raise ShifterError(
                f"{cutover_id} is {view.record.phase} {span(PATIENCE)} after the order"
                f": {view.record.reason}; look at the edges by hand"
            )
        connection.sleep(LOOK_SECONDS)


def _safe_at(record: Record) -> datetime | None:
    """When every edge was read back all blue."""
    return None if record.rollback is None else record.rollback.verified_at


def _tell(view: View, ordered_at: datetime, way: str, *, as_document: bool) -> None:
    record, safe_at = view.record, _safe_at(view.record)
    took = None if safe_at is None else max(safe_at - ordered_at, timedelta())
    if as_document:
        told = {
            **document(view),
            "ordered_at": ordered_at.isoformat(),
            "taken_by": way,
            "safe_at": None if safe_at is None else safe_at.isoformat(),
            "seconds_to_safe": None if took is None else took.total_seconds(),
        }
        print(json.dumps(told, indent=2))
    else:
        _print(view, took)
    if safe_at is None:
        stuck = record.phase is Phase.ROLLBACK_STUCK
        raise typer.Exit(ExitCode.STUCK if stuck else ExitCode.UNEXPECTED)


def _print(view: View, took: timedelta | None) -> None:
    out, record = console(), view.record
    if took is None:
        out.print(f"NOT ALL BLUE: {record.cutover_id} is {record.phase}.")
        out.print(record.reason)
    else:
        out.print(f"All blue at every edge, {span(took)} after the order.")
        if record.phase in GOING_BACK:
            out.print(
                f"It counts when it was read a second time, at "
                f"{record.look_again_at:%H:%M:%S} UTC."
            )
    tell_next(out, view)


def _break_glass(to: Connection, reason: str, *, yes: bool, as_document: bool) -> None:
    """Roll back from the topology alone."""
    environment = to.deployed.environment
    Console(stderr=True, highlight=False).print(_UNKNOWN)
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
        print(
            f"\nA late write may still land: look again at {answer['look_again_at']}"
            f"\n\n  shifter rollback --without-record --reason TEXT"
        )
    if not answer["verified"]:
        raise typer.Exit(ExitCode.STUCK)
