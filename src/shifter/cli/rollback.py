"""`shifter rollback`: all blue, now, and with the time that it took.

Rules of this file
* Going back never waits for what only explains it: a record that cannot be read, or a
  caller whom AWS does not name, is told and passed over.
* "All blue" is said only of what was read back: by Shifter, or else by the operator.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from shifter.cli import connection
from shifter.cli.asking import confirm, going_on, needed
from shifter.cli.break_glass import break_glass
from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode, NotTaken
from shifter.cli.following import Following, View, live
from shifter.cli.look import console, tell_next
from shifter.cli.operated import AsJson, Id, Reason, Yes
from shifter.cli.plain_console import Teller
from shifter.cli.standing_json import document
from shifter.core.errors import (
    AwsError,
    Conflict,
    Refused,
    ShifterError,
)
from shifter.core.lanes import ALL_BLUE, Weights, percent
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.quantities import span
from shifter.core.record import Record

LOOK_SECONDS = 1
PATIENCE = timedelta(minutes=15)
"""The watchdog takes over within five; three attempts more page as stuck."""
ATTEMPTS = 5
_WITHOUT_RECORD_HELP = (
    "Break glass: for when the table cannot be used. Writes all blue from the topology."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the way back went."""

    cutover_id: str | None
    ordered_at: datetime
    taken_by: str
    safe_at: datetime | None
    """When every edge was read back all blue."""
    view: View | None
    """The last look at the record, where it can be read."""

    @property
    def took(self) -> timedelta | None:
        if self.safe_at is None:
            return None
        return max(self.safe_at - self.ordered_at, timedelta())


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
        break_glass(to, why, yes=yes, as_document=as_document)
        return
    tell = Teller()
    record = _record(to, cutover_id, tell)
    confirm(_question(to, record, cutover_id), yes=yes, default=True)
    by = to.caller()
    ordered_at = to.now()  # of the answer that told who asks, just now
    event = {
        "cutover_id": cutover_id if record is None else record.cutover_id,
        "by": by,
        "reason": why,
    }
    going_on("Ordered: every edge all blue, and read back.")
    taken_by, named = _order(to, event, tell)
    if record is None:
        outcome = _by_the_edges(to, ordered_at, taken_by, named)
    else:
        outcome = _by_the_record(to, ordered_at, taken_by, record.cutover_id, tell)
    if as_document:
        print(json.dumps(_document(outcome), indent=2))
    else:
        _print(outcome)
    if outcome.safe_at is None:
        raise typer.Exit(ExitCode.STUCK)


def _record(to: Connection, cutover_id: str | None, tell: Console) -> Record | None:
    """The record, or None when it cannot be read.  Refuses one that has ended."""
    try:
        record = to.record(cutover_id)
    except AwsError as error:
        tell.print(f"The record cannot be read: {error}")
        return None
    if record.phase in ENDS:
        raise Refused(
            f"{record.cutover_id} has ended: {record.phase}; there is nothing to roll "
            "back"
        )
    return record


def _question(to: Connection, record: Record | None, cutover_id: str | None) -> str:
    if record is None:
        named = cutover_id or "the active cutover"
        return f"Roll back {named} of {to.deployed.environment}, unseen?"
    away = percent(record.split.share)
    return (
        f"Roll back {record.cutover_id} ({record.environment}, {record.phase}, "
        f"step {record.step}: {away} away from blue)?"
    )


# --- the order ------------------------------------------------------------------------


def _order(
    to: Connection, event: dict[str, Any], tell: Console
) -> tuple[str, str | None]:
    """Order the way back; return which function took it, and the cutover's id."""
    failure: AwsError | None = None
    for _ in range(ATTEMPTS):
        try:
            answer = to.invoke(to.deployed.functions.roll_back, event)
        except Conflict:
            connection.sleep(LOOK_SECONDS)  # somebody else saved at the same moment
        except AwsError as error:
            failure = error
            tell.print(f"{error}: telling control to abort instead")
            break
        else:
            return "roll_back", answer["cutover_id"]
    return "control", _abort(to, event["cutover_id"], event["reason"], failure)


def _abort(
    to: Connection, cutover_id: str | None, reason: str, failure: AwsError | None
) -> str | None:
    try:
        answer = to.order("abort", cutover_id=cutover_id, reason=reason)
    except Refused:
        if cutover_id is None or to.record(cutover_id).phase in ENDS:
            raise
        return cutover_id  # it is going back, or told to, already
    except AwsError as error:
        if failure is None:
            raise
        raise NotTaken(
            f"neither roll_back nor control took the order ({failure}; {error}): make "
            "every edge all blue by hand, or if it is the table or its key that fails:"
        ) from None
    return str(answer["cutover_id"])


# --- following ------------------------------------------------------------------------


def _by_the_record(
    to: Connection, ordered_at: datetime, taken_by: str, cutover_id: str, tell: Console
) -> Outcome:
    """Look at the record until every edge was read back all blue, or it is stuck."""
    following = Following(to, cutover_id)
    told = ""
    while True:
        view = following.look()
        record = view.record
        if record.reason != told and record.phase in GOING_BACK:
            told = record.reason
            tell.print(f"{record.phase}: {told}")
        safe_at = None if record.rollback is None else record.rollback.verified_at
        if view.stuck or view.ended or safe_at is not None:
            return Outcome(
                cutover_id=cutover_id,
                ordered_at=ordered_at,
                taken_by=taken_by,
                safe_at=safe_at,
                view=view,
            )
        _check_patience(view.now - ordered_at, f"{cutover_id} is {record.phase}")
        connection.sleep(LOOK_SECONDS)


def _by_the_edges(
    to: Connection, ordered_at: datetime, taken_by: str, cutover_id: str | None
) -> Outcome:
    """Look at the edges themselves: the record cannot be read."""
    while True:
        found = live(to)
        if found.problem:
            raise ShifterError(
                f"{taken_by} took the order, and whether every edge is all blue is not "
                f"known: {found.problem}; look at the edges by hand"
            )
        if _all_blue(found.weights.values()):
            return Outcome(
                cutover_id=cutover_id,
                ordered_at=ordered_at,
                taken_by=taken_by,
                safe_at=to.now(),
                view=None,
            )
        _check_patience(to.now() - ordered_at, "not every edge is all blue")
        connection.sleep(LOOK_SECONDS)


def _all_blue(weights: Iterable[Weights]) -> bool:
    return all(found.matches(ALL_BLUE) for found in weights)


def _check_patience(waited: timedelta, told: str) -> None:
    if waited > PATIENCE:
        raise ShifterError(
            f"{told} {span(waited)} after the order: make every edge all blue by hand"
        )


# --- what is told ---------------------------------------------------------------------


def _document(outcome: Outcome) -> dict[str, Any]:
    safe_at, took = outcome.safe_at, outcome.took
    return {
        "cutover_id": outcome.cutover_id,
        "taken_by": outcome.taken_by,
        "ordered_at": outcome.ordered_at.isoformat(),
        "safe_at": None if safe_at is None else safe_at.isoformat(),
        "seconds_to_safe": None if took is None else took.total_seconds(),
        "status": None if outcome.view is None else document(outcome.view),
    }


def _print(outcome: Outcome) -> None:
    out, view = console(), outcome.view
    if outcome.took is None:
        out.print(
            "NOT ALL BLUE; people were paged, and it is tried again.", style="red"
        )
    else:
        out.print(f"All blue at every edge, {span(outcome.took)} after the order.")
    if view is None:
        return
    if outcome.took is None:
        out.print(view.record.reason)
    elif not view.ended:
        again = view.record.look_again_at
        out.print(f"It counts when it was read again, at {again:%H:%M:%S} UTC.")
    tell_next(out, view)
