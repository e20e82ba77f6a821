"""`shifter demo`: watch cutovers in a sandbox on this machine.  No AWS account."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from shifter.cli.errors import ExitCode
from shifter.core.errors import Refused

if TYPE_CHECKING:
    from shifter.cli.demo_view import LastScreen, LiveView, PlainView
    from shifter_sandbox.play import Moment
    from shifter_sandbox.scenarios import Scenario
    from shifter_sandbox.summary import Summary

_SCENARIO_HELP = "Play only this one; give it more than once for several."


def demo(
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help=_SCENARIO_HELP),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal runs.")] = 1,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the scenarios and stop.")
    ] = False,
    as_document: Annotated[
        bool, typer.Option("--json", help="Print one JSON document for programs.")
    ] = False,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what the terminal showed as an SVG."),
    ] = None,
) -> None:
    """Watch cutovers: three that somebody or something spoils, and one that completes.

    The state machine, the functions and the adapters are the real ones; only AWS itself
    is emulated, and its time is virtual.
    """
    from shifter.telemetry import logger
    from shifter_sandbox.scenarios import DEMO, SCENARIOS

    if list_only:
        _print_list(as_document=as_document)
        return
    names = tuple(scenario or DEMO)
    for name in names:
        if name not in SCENARIOS:
            known = ", ".join(SCENARIOS)
            raise Refused(f"there is no scenario {name}: it is one of {known}")
    # The run tells its own story; the functions' logs are for AWS.
    logger().setLevel(logging.CRITICAL)
    chosen = [SCENARIOS[name] for name in names]
    screens: list[LastScreen] = []
    summaries = _play(chosen, seed, screens, silent=as_document)
    if picture is not None:
        from shifter.cli.demo_picture import write_picture

        write_picture(picture, screens, summaries)
    if as_document:
        from shifter_sandbox.summary import as_json

        print(json.dumps([as_json(summary) for summary in summaries], indent=2))
    raise typer.Exit(code_of(summaries))


def code_of(summaries: Iterable[Summary]) -> ExitCode:
    """Good only if every run ended as its story says, with a whole journal."""
    good = all(run.as_told and run.journal_whole for run in summaries)
    return ExitCode.OK if good else ExitCode.UNEXPECTED


def _play(
    scenarios: list[Scenario], seed: int, screens: list[LastScreen], *, silent: bool
) -> list[Summary]:
    """Play the scenarios one after the other, shown live unless silent.

    The last screen of each is added to `screens`.
    """
    from shifter.cli.demo_summary import print_summary
    from shifter.cli.demo_view import LastScreen, LiveView, PlainView
    from shifter_sandbox.play import play
    from shifter_sandbox.summary import summarise

    console = Console(file=sys.stderr if silent else sys.stdout)
    summaries = []
    for number, scenario in enumerate(scenarios, start=1):
        title = f"{number} of {len(scenarios)}: {scenario.name}: {scenario.told}"
        view = (
            nullcontext()
            if silent
            else (LiveView if console.is_terminal else PlainView)(console, title)
        )
        last = LastScreen(title)
        screens.append(last)
        with view as shown:
            summaries.append(
                summarise(play(scenario, seed=seed, watch=_seen_by(last, shown)))
            )
    if not silent:
        print_summary(console, summaries)
    return summaries


def _seen_by(
    last: LastScreen, shown: LiveView | PlainView | None
) -> Callable[[Moment], None]:
    def watch(moment: Moment) -> None:
        last.show(moment)
        if shown is not None:
            shown.show(moment)

    return watch


def _print_list(*, as_document: bool) -> None:
    from rich.table import Table

    from shifter_sandbox.scenarios import DEMO, SCENARIOS

    if as_document:
        told = [
            {"name": s.name, "told": s.told, "end": s.end.value, "demo": s.name in DEMO}
            for s in SCENARIOS.values()
        ]
        print(json.dumps(told, indent=2))
        return
    table = Table("scenario", "what happens", "ends", box=None, pad_edge=False)
    for found in SCENARIOS.values():
        mark = " *" if found.name in DEMO else ""
        table.add_row(found.name + mark, found.told, found.end.value)
    Console().print(table)
    print("\n* is played by `shifter demo` without --scenario")
