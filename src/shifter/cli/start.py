"""`shifter start`: begin a cutover, and say what became of that."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from shifter.cli import connection
from shifter.cli.asking import confirm, going_on
from shifter.cli.connection import Connection, Execution
from shifter.cli.errors import WrongCall
from shifter.cli.look import follow
from shifter.cli.operated import AsJson, Yes, filled
from shifter.cli.plain_console import Teller
from shifter.cli.plan import File, read_plan
from shifter.core.errors import NotFound, Refused, ShifterError
from shifter.core.lanes import percent
from shifter.core.plan import Plan
from shifter.core.quantities import format_duration
from shifter.core.record import Record

LOOK_SECONDS = 1
BEGINS_WITHIN = timedelta(minutes=5)
"""`prepare` may be tried five times, and takes a minute at most."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,70}")
_LONGEST_SLUG = 50
_FAILED = frozenset({"FAILED", "TIMED_OUT", "ABORTED"})


def start(
    to: Connection,
    *,
    file: File,
    cutover_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            callback=filled,
            help="Its id; the same start with the same id twice is the same as once.",
        ),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; for the log.")
    ] = "started from the command line",
    wait: Annotated[
        bool, typer.Option("--wait", help="Go on as `watch` does.")
    ] = False,
    yes: Yes = False,
    as_document: AsJson = False,
) -> None:
    """Start a cutover.

    The plan is checked here first; then `control` starts an execution, which checks the
    world, takes the lock and begins.
    """
    plan = read_plan(file)
    if cutover_id is not None and not _ID.fullmatch(cutover_id):
        raise WrongCall(
            f"--id {cutover_id}: use 1 to 70 letters, digits, hyphens and underscores"
        )
    to.mean(plan.environment)
    deployed = to.deployed
    named = cutover_id or _named(plan, to.now())
    tell = Teller()
    if not yes:
        tell.print(f"Start {named} in {deployed.environment}, {to.region}:")
        tell.print(_summary(plan))
    confirm("Start it?", yes=yes)
    answer = to.order(
        "start",
        cutover_id=named,
        plan=plan.model_dump(mode="json"),
        reason=reason,
    )
    going_on("Ordered; every gate is read before it begins.")
    record = _begun(to, named)
    _tell(record, answer, wait=wait, as_document=as_document)
    if wait:
        follow(to, named, as_document=as_document, until_stuck=True)


def _named(plan: Plan, now: datetime) -> str:
    """An id that says what it is and when it was made."""
    slug = re.sub(r"[^a-z0-9]+", "-", plan.name.lower()).strip("-") or "cutover"
    return f"{slug[:_LONGEST_SLUG].rstrip('-')}-{now:%Y%m%d-%H%M%S}"


def _summary(plan: Plan) -> str:
    shares = ", ".join(percent(step.share) for step in plan.steps)
    return (
        f"  plan        {plan.name}\n"
        f"  steps       {shares}\n"
        f"  final bake  {format_duration(plan.final_bake)}, in which rolling back is "
        "automatic"
    )


def _begun(to: Connection, cutover_id: str) -> Record:
    """The record, once there is one.  Raises what kept the cutover from starting."""
    since = to.now()
    while True:
        record = to.store.load(cutover_id)
        if record is not None:
            return record
        execution = to.execution(cutover_id)
        if execution is not None and execution.status in _FAILED:
            raise _not_started(cutover_id, execution)
        if to.now() - since > BEGINS_WITHIN:
            raise NotFound(
                f"{cutover_id} has not begun within {format_duration(BEGINS_WITHIN)}: "
                f"look at its execution, then shifter status {cutover_id}"
            )
        connection.sleep(LOOK_SECONDS)


def _not_started(cutover_id: str, execution: Execution) -> ShifterError:
    """Why an execution ended before there was a record."""
    cause = execution.cause
    # A cause that no function wrote is told as it is.
    with suppress(ValueError, TypeError, KeyError):
        cause = str(json.loads(cause)["errorMessage"])
    told = cause or f"its execution is {execution.status}"
    return Refused(f"{cutover_id} was not started: {told}")


def _tell(
    record: Record, answer: dict[str, Any], *, wait: bool, as_document: bool
) -> None:
    started = bool(answer.get("started", True))
    named = record.cutover_id
    if as_document:
        told = {
            "cutover_id": named,
            "environment": record.environment,
            "execution": answer.get("execution"),
            "started": started,
            "phase": record.phase,
            "started_by": record.started_by,
            "started_at": record.started_at.isoformat(),
        }
        print(json.dumps(told, indent=None if wait else 2), flush=True)
        return
    how = "Started" if started else "Was started before:"
    print(f"{how} {named}: {record.phase}, by {record.started_by}", flush=True)
    if not wait:
        print(
            f"\n  shifter watch {named}\n  shifter rollback --id {named} --reason TEXT"
        )
