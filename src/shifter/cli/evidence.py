"""`shifter evidence check`: blue against blue, before the day.

An evidence gate promises that it rolls back a healthy release in at most `alpha` of the
cutovers.  That rests on assumptions about traffic, and this looks whether they hold:
nothing is changed, and nobody is served otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode, WrongCall
from shifter.cli.evidence_gate import GateName, evidence_gate
from shifter.cli.look import console
from shifter.cli.operated import AsJson
from shifter.cli.plan import File, read_plan
from shifter.core.aa.past import (
    Direction,
    Stretch,
    ZonedMinute,
    directions,
    stretches_of,
    windows,
)
from shifter.core.aa.play import Played, play
from shifter.core.aa.verdict import Finding, Judged, judged, together
from shifter.core.counts import Unusable
from shifter.core.errors import PlanError, Problem
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.lanes import PER_MILLE, percent
from shifter.core.outcomes import MINUTE, Source, Span, floored
from shifter.core.plan import Plan
from shifter.core.quantities import format_duration

MOST_DAYS = 14
"""CloudWatch keeps minutes for fifteen days, and an hour before is needed."""
DAY = timedelta(days=1)
TOLD = 5
"""So many crossings are shown."""

app = typer.Typer(no_args_is_help=True, help="Look at what an evidence gate rests on.")

Item = TypeVar("Item")

Days = Annotated[
    int,
    typer.Option("--days", min=1, max=MOST_DAYS, help="How much of the past to play."),
]


def check(
    to: Connection,
    file: File,
    days: Days = MOST_DAYS,
    gate: GateName = None,
    as_document: AsJson = False,
) -> None:
    """Play blue against blue on past traffic, and tell how often it would have crossed.

    Each Availability Zone plays green against the others, and the others against it.
    Nothing is changed in AWS; reading the load balancers' metrics costs cents.
    """
    plan = read_plan(file)
    to.mean(plan.environment)
    asked = _gate(plan, gate)
    try:
        stretches = stretches_of(plan)
        among = directions(to.zones.zones())
    except Unusable as unusable:
        raise PlanError((_problem(unusable),)) from None
    try:
        minutes = _read(to, asked, among, days)
        plays = tuple(_played(asked, stretches, minutes, among))
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    found = judged(plays, asked.alpha / PER_MILLE)
    finding = together(found)
    if as_document:
        print(json.dumps(_document(plan, asked, stretches, found, plays), indent=2))
    else:
        _print(asked, stretches, found, plays)
    if finding is not Finding.HOLDS:
        raise typer.Exit(ExitCode.REFUSED)


def _gate(plan: Plan, name: str | None) -> EvidenceGate:
    found = evidence_gate(plan, name, "the plan")
    if found.source is not Source.LOAD_BALANCER:
        raise WrongCall(
            f"gate {found.name}: source is {found.source}, whose counts know no zones; "
            "check a gate with source: load_balancer and the same alpha"
        )
    return found


def _problem(unusable: Unusable) -> Problem:
    field, _, remedy = str(unusable).partition(": ")
    return Problem("plan", field, remedy)


def _read(
    to: Connection, gate: EvidenceGate, among: Sequence[Direction], days: int
) -> list[ZonedMinute]:
    """All minutes, a day at each call."""
    zones = sorted({direction.zone for direction in among})
    end = floored(to.now() - gate.source.settle, MINUTE)
    spans = [_day(end, back) for back in range(days, 0, -1)]
    return [
        minute
        for span in _tracked(spans, "reading days")
        for minute in to.zones.minutes(zones, gate.objective, span)
    ]


def _day(end: datetime, back: int) -> Span:
    return Span(end - back * DAY, end - (back - 1) * DAY)


def _played(
    gate: EvidenceGate,
    stretches: Sequence[Stretch],
    minutes: Sequence[ZonedMinute],
    among: Sequence[Direction],
) -> Iterator[Played]:
    parameters = gate.parameters()
    for window in _tracked(windows(minutes, stretches), "playing windows"):
        for direction in among:
            yield play(parameters, stretches, window, direction)


def _tracked(items: Sequence[Item], what: str) -> Iterator[Item]:
    error = Console(stderr=True)
    yield from track(
        items, what, console=error, transient=True, disable=not error.is_terminal
    )


# --- what is told ---------------------------------------------------------------------


def _sentence(gate: EvidenceGate, found: Sequence[Judged]) -> str:
    promised = percent(gate.alpha)
    match together(found):
        case Finding.HOLDS:
            seen = max(one.visible for one in found)
            return (
                f"{gate.name} may roll back: on blue's past it kept its {promised}, "
                f"and a rate of {seen:.0%} would have been seen."
            )
        case Finding.TOO_FEW:
            return (
                f"Nothing can be said of {gate.name}: too few windows were known. Take "
                "more --days, or check a plan with shorter bakes."
            )
        case Finding.REFUSED:
            return (
                f"{gate.name} must not roll back by itself: on blue's past it would "
                f"have crossed more often than {promised}. Set on_worse: hold, find "
                "what the crossings have in common, and check again."
            )


def _print(
    gate: EvidenceGate,
    stretches: Sequence[Stretch],
    found: Sequence[Judged],
    plays: Sequence[Played],
) -> None:
    out = console()
    length = sum((part.length for part in stretches), timedelta())
    out.print(f"Windows of {format_duration(length)}, as long as the plan bakes.")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("plays green", "windows", "crossed", "refuses from", "at most", ""):
        table.add_column(name, no_wrap=True)
    for one in found:
        table.add_row(
            str(one.direction),
            str(one.windows),
            str(one.crossings),
            str(one.limit),
            f"{one.at_most:.1%}",
            one.finding.replace("_", " "),
        )
    out.print(table)
    crossed = [played for played in plays if played.crossing is not None]
    for played in crossed[:TOLD]:
        out.print(Text(_told(played)))
    if len(crossed) > TOLD:
        out.print(f"... and {len(crossed) - TOLD} more; --json has all.")
    if astray := sum(played.astray for played in plays if played.known):
        known = sum(played.known for played in plays)
        out.print(
            f"In {astray} of {known} plays a zone's part of the requests moved by more "
            "than a fifth: stickiness, scaling or a zone that was shut off."
        )
    out.print(Text(_sentence(gate, found)))


def _told(played: Played) -> str:
    crossing = played.crossing
    assert crossing is not None  # noqa: S101  only those with one are told
    bad = 1 if crossing.objective == "failed" else 2
    helps = "no clumping explains it"
    if crossing.objective == "slow":
        helps = "look at slow_above_ms"
    elif crossing.phi_needed is not None:
        helps = (
            f"with phi {crossing.phi_needed:.1f} instead of {crossing.phi:.1f} it "
            "would not have"
        )
    return (
        f"{played.direction} crossed at {crossing.at:%Y-%m-%d %H:%M}Z: "
        f"{crossing.green[bad]:,} of {crossing.green[0]:,} {crossing.objective}, "
        f"the others {crossing.blue[bad]:,} of {crossing.blue[0]:,}; {helps}."
    )


def _document(
    plan: Plan,
    gate: EvidenceGate,
    stretches: Sequence[Stretch],
    found: Sequence[Judged],
    plays: Sequence[Played],
) -> dict[str, Any]:
    length = sum((part.length for part in stretches), timedelta())
    return {
        "environment": plan.environment,
        "gate": gate.name,
        "alpha": gate.alpha / PER_MILLE,
        "finding": together(found),
        "window_s": length.total_seconds(),
        "directions": [
            {
                "green": str(one.direction),
                "windows": one.windows,
                "crossings": one.crossings,
                "refuses_from": one.limit,
                "by_chance": one.by_chance,
                "rate_at_most": one.at_most,
                "visible_from": one.visible,
                "finding": one.finding,
                "most_nats": max(
                    (p.nats for p in plays if p.direction == one.direction), default=0.0
                ),
            }
            for one in found
        ],
        "crossings": [
            {
                "green": str(played.direction),
                "window": played.start.isoformat(),
                "at": crossing.at.isoformat(),
                "objective": crossing.objective,
                "phi": crossing.phi,
                "phi_needed": crossing.phi_needed,
                "green_counts": crossing.green,
                "blue_counts": crossing.blue,
            }
            for played in plays
            if (crossing := played.crossing) is not None
        ],
        "plays": len(plays),
        "known": sum(played.known for played in plays),
        "astray": sum(played.astray for played in plays),
    }
