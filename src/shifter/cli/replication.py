"""`shifter replication`: start the tasks between blue and green, and look at them.

CloudFormation makes the tasks and cannot start them.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from shifter.cli import connection
from shifter.cli.asking import confirm
from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode
from shifter.cli.look import console
from shifter.cli.operated import AsJson, Yes
from shifter.cli.plain_console import Teller
from shifter.cli.standing import told_holder
from shifter.core.edges import EdgeState
from shifter.core.errors import NotFound, Refused
from shifter.core.replication_start import Act, Order, next_order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shifter.core.replication_start import TaskSeen

LOOK_AGAIN_SECONDS = 10

app = typer.Typer(no_args_is_help=True, help="Start and show what replicates.")


def status(to: Connection, as_document: AsJson = False) -> None:
    """Tell what replicates, how much is loaded, and from where the way back reads."""
    _show(_tasks(to), as_document=as_document)


def start(to: Connection, yes: Yes = False, as_document: AsJson = False) -> None:
    """Start both tasks, as far as they do not run already, and wait until they do.

    The reverse task begins when all of blue is on green, and reads from that moment.
    Ctrl-C stops waiting; the same command goes on where it was.
    """
    _tasks(to)
    environment = to.deployed.environment
    held = to.store.environment(environment).holder
    if held is not None and held.holds(to.now()):
        raise Refused(
            f"{environment} is {told_holder(held, to.now())}: replication is started "
            "while nobody else changes anything; wait for that to end"
        )
    order = _next(to)
    if order.act in {Act.START, Act.RESUME}:
        confirm(f"{order.reason[0].upper()}{order.reason[1:]}. Start it?", yes=yes)
    try:
        _until_done(to, order)
    except KeyboardInterrupt:
        told = "Stopped waiting. What was started goes on: shifter replication status"
        Teller().print(told)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _show(_tasks(to), as_document=as_document)


def _until_done(to: Connection, order: Order) -> None:
    tell, told = Teller(), ""
    while order.act is not Act.DONE:
        if order.act is Act.REFUSE:
            raise Refused(order.reason)
        if order.reason != told:
            tell.print(f"{order.reason}")
            told = order.reason
        if order.act is Act.START:
            to.replication.start(order.task, order.position)
        elif order.act is Act.RESUME:
            to.replication.resume(order.task)
        connection.sleep(LOOK_AGAIN_SECONDS)
        order = _next(to)


def _next(to: Connection) -> Order:
    return next_order(_tasks(to), _serves(to), to.now())


def _tasks(to: Connection) -> Mapping[str, TaskSeen]:
    found = to.replication.look()
    if not found:
        raise NotFound(
            f"the topology of {to.deployed.environment} names no replication"
        )
    return found


def _serves(to: Connection) -> Mapping[str, str]:
    """Edges at which green has requests, or of which nobody knows."""
    found = {}
    for edge, state in to.edges().items():
        if not isinstance(state, EdgeState):
            found[edge] = state.detail
        elif state.weights.green or state.weights.other:
            found[edge] = f"weights {state.weights}"
    return found


def _show(tasks: Mapping[str, TaskSeen], *, as_document: bool) -> None:
    if as_document:
        print(
            json.dumps({name: asdict(seen) for name, seen in tasks.items()}, indent=2)
        )
        return
    table = Table(
        "task",
        "status",
        "loaded",
        "in error",
        "reads from",
        "",
        box=None,
        pad_edge=False,
    )
    for name, seen in tasks.items():
        table.add_row(
            name,
            seen.status or "unknown to DMS",
            f"{seen.loaded_percent} %",
            f"{seen.tables_errored} tables",
            seen.position or "-",
            seen.trouble,
        )
    console().print(table)
