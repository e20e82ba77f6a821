"""`shifter preflight`: whether a plan would start, and a page would reach anybody."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import datetime
from shlex import quote
from typing import Annotated, Any

import typer
from pydantic import ConfigDict, Field, ValidationError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shifter.cli.asking import going_on, is_terminal
from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode
from shifter.cli.look import console
from shifter.cli.operated import AsJson
from shifter.cli.pictures import gates_table
from shifter.cli.plan import File, read_plan
from shifter.core.errors import Problem, ShifterError
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Gate, Judgement, OnBad
from shifter.core.lanes import percent
from shifter.core.model import Model
from shifter.core.plan import Plan

DIGITS = 4
TRIES = 3


class Held(Model):
    """Who holds the environment."""

    model_config = ConfigDict(extra="ignore")

    holder: str
    since: datetime


class Role(Model):
    """What an alarm of the plan leads to."""

    model_config = ConfigDict(extra="ignore")

    gate: str
    alarm: str
    on_alarm: str


class Found(Model):
    """What the function found; a newer one may tell more."""

    model_config = ConfigDict(extra="ignore")

    ready: bool
    problems: tuple[Problem, ...]
    judgements: tuple[Judgement, ...]
    alarms: tuple[Role, ...] = ()
    holder: Held | None = None
    capacity: dict[str, int] = Field(default_factory=dict)
    dns_share: int | None = None
    paged: bool = False


def preflight(
    to: Connection,
    *,
    file: File,
    no_page: Annotated[
        bool, typer.Option("--no-page", help="Send no test page; nobody is woken.")
    ] = False,
    as_document: AsJson = False,
) -> None:
    """Read every gate once; send a page that must be answered.

    Nothing is written and nothing is locked. The page shows a code: whoever is on call
    tells it, and it is typed here.
    """
    plan = read_plan(file)
    to.mean(plan.environment)
    code = None if no_page else _code()
    asked = {"plan": plan.model_dump(mode="json"), "by": to.caller()}
    going_on("Reading every gate once.")
    answer = to.invoke(
        to.deployed.functions.preflight,
        {"preflight": asked if code is None else {**asked, "test_page": code}},
    )
    found = _parsed(answer)
    if not as_document:
        _print(found, plan, file)
    acknowledged = None if code is None else found.paged and _acknowledged(code)
    if as_document:
        print(json.dumps({**answer, "page_acknowledged": acknowledged}, indent=2))
    else:
        print(_verdict(found, acknowledged))
        if found.ready and acknowledged is not False:
            print(f"\n  shifter start {quote(file)}")
    if not found.ready or acknowledged is False:
        raise typer.Exit(ExitCode.REFUSED)


def _code() -> str:
    """Digits that nobody can guess from the last ones."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _parsed(answer: Any) -> Found:
    try:
        return Found.model_validate(answer)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ShifterError(
            "the function preflight answers in another form than this version of "
            f"Shifter knows ({'.'.join(map(str, first['loc']))}: {first['msg']}): "
            "use the version that is deployed"
        ) from None


def _acknowledged(code: str) -> bool:
    """Whether somebody types the code that the page shows."""
    if not is_terminal():
        return _same(sys.stdin.readline(), code)
    asked = "A test page was sent. Code that it shows (empty: it did not arrive)"
    for _ in range(TRIES):
        told = typer.prompt(asked, default="", show_default=False, err=True)
        if _same(told, code) or not told.strip():
            return _same(told, code)
        asked = "Another code was sent. Look at the newest page (empty: there is none)"
    return False


def _same(told: str, code: str) -> bool:
    return secrets.compare_digest(told.strip().encode(), code.encode())


def _verdict(found: Found, acknowledged: bool | None) -> str:
    ready = "Ready to start" if found.ready else "NOT READY"
    page = {
        None: "whether a page arrives was not tested",
        True: "the test page arrived",
        False: "NOBODY ACKNOWLEDGED THE TEST PAGE: mend paging before you start"
        if found.paged
        else "THE TEST PAGE COULD NOT BE SENT: mend paging before you start",
    }[acknowledged]
    return f"\n{ready}; {page}."


def _print(found: Found, plan: Plan, file: str) -> None:
    out = console()
    out.print(Text.assemble((plan.name, "bold"), f" ({plan.environment})\n"))
    out.print(gates_table(found.judgements))
    out.print(_alarms(found.alarms))
    held = found.holder
    lock = (
        "free"
        if held is None
        else f"held by {held.holder} since {held.since:%Y-%m-%d %H:%M:%S} UTC"
    )
    capacity = ", ".join(_counted(n, c) for n, c in sorted(found.capacity.items()))
    dns = "not moved" if found.dns_share is None else percent(found.dns_share)
    facts = {"lock": lock, "blue has": capacity or "unknown", "DNS to edge-2": dns}
    if any(map(_judges_alone, plan.gates)):
        facts["evidence"] = (
            f"rolls back by itself; try it first: shifter evidence check {quote(file)}"
        )
    _facts(out, facts)
    for problem in found.problems:
        out.print(Text(f"not ready: {problem}", "bold red"))


def _counted(name: str, count: int) -> str:
    """What blue's capacity is counted in: tasks, or healthy targets of an edge."""
    return (
        f"{count} tasks running" if name == "running" else f"{count} healthy at {name}"
    )


def _judges_alone(gate: Gate[Any]) -> bool:
    """Whether evidence can roll back by itself."""
    return isinstance(gate, EvidenceGate) and gate.on_worse is OnBad.ROLL_BACK


def _alarms(roles: tuple[Role, ...]) -> Table:
    """Which alarms roll back, and which hold."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("gate", "alarm", "when it fires"):
        table.add_column(column)
    for role in roles:
        table.add_row(role.gate, role.alarm, role.on_alarm.replace("_", " "))
    return table


def _facts(out: Console, facts: dict[str, str]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column()
    for name, told in facts.items():
        grid.add_row(name, told)
    out.print(grid)
