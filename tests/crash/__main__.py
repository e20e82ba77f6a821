"""`make crash`: run every schedule, and show that wrong engines would be caught."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn
from rich.table import Table

from tests.crash.explore import Tally, explore_all
from tests.crash.run import Result, run
from tests.crash.scenarios import SCENARIOS, End
from tests.crash.schedule import Schedule
from tests.crash.variants import VARIANTS, first_failure


def main(arguments: Sequence[str] | None = None) -> int:
    """Explore, or replay one schedule; 1 when anything ended as it must not."""
    asked = _parser().parse_args(arguments)
    console = Console(width=100, highlight=False)
    if asked.schedule:
        return _replay(console, asked.schedule)
    began = time.monotonic()
    tallies = _explore(
        console, asked.scenario, pairs=not asked.singles, jobs=asked.jobs
    )
    console.print(_table(tallies))
    failures = _tell_failures(console, tallies)
    passed = 0 if asked.scenario else _tell_variants(console)
    runs = sum(tally.runs for tally in tallies)
    console.print(
        f"\n{runs:,} schedules, {failures} failures, "
        f"{time.monotonic() - began:.0f} s with {asked.jobs} processes."
    )
    return 1 if failures or passed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument(
        "--singles", action="store_true", help="one fault in a run, not two"
    )
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), help="only this one")
    parser.add_argument(
        "--schedule",
        metavar="LINE",
        help='replay one, and tell what happens: "completes 12:late-last abort@12"',
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (all cores)"
    )
    return parser


def _replay(console: Console, line: str) -> int:
    result = run(Schedule.parse(line), trace=True)
    for told in result.trace:
        console.print(told, markup=False, soft_wrap=True)
    console.print()
    _tell(console, result)
    if not result.reached:
        console.print("The run ended before everything in the schedule came to happen.")
    return 1 if result.failed else 0


def _explore(
    console: Console, only: str | None, *, pairs: bool, jobs: int
) -> list[Tally]:
    names = [only] if only else list(SCENARIOS)
    with Progress(
        "{task.description}",
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        exploration = explore_all(names, pairs=pairs, jobs=jobs)
        task = progress.add_task("crash schedules", total=exploration.parts)
        tallies = {name: Tally(name) for name in names}
        for part in exploration.tallies:
            tallies[part.scenario].add(part)
            runs = sum(tally.runs for tally in tallies.values())
            progress.update(task, advance=1, description=f"{runs:,} schedules")
    return list(tallies.values())


def _table(tallies: Sequence[Tally]) -> Table:
    ends = [end for end in End if any(tally.ends[end] for tally in tallies)]
    table = Table(
        box=SIMPLE, padding=0, title="Where crash schedules end", title_justify="left"
    )
    table.add_column("scenario", no_wrap=True)
    for heading in ("effects", "runs", *ends, "failures", "CPU s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tally in tallies:
        table.add_row(tally.scenario, str(tally.effects), *_figures([tally], ends))
    table.add_section()
    table.add_row("all", "", *_figures(tallies, ends), style="bold")
    return table


def _figures(tallies: Sequence[Tally], ends: Sequence[End]) -> list[str]:
    failures = sum(tally.failures for tally in tallies)
    return [
        f"{sum(tally.runs for tally in tallies):,}",
        *(f"{sum(tally.ends[end] for tally in tallies):,}" for end in ends),
        f"[red]{failures:,}[/]" if failures else "0",
        f"{sum(tally.seconds for tally in tallies):.0f}",
    ]


def _tell_failures(console: Console, tallies: Sequence[Tally]) -> int:
    for tally in tallies:
        for result in tally.first_failures:
            _tell(console, result)
    return sum(tally.failures for tally in tallies)


def _tell_variants(console: Console) -> int:
    """Show what catches each wrong engine; return how many were not caught."""
    passed = 0
    console.print("\nWrong engines, and the first schedule that catches each:")
    for variant in VARIANTS:
        result = first_failure(variant)
        if result is None:
            passed += 1
            console.print(f"  [red]{variant.name}: passes, so the harness is blind[/]")
            continue
        console.print(f"  {variant.name}: {result.schedule}")
        console.print(f"    {result.violations[0]}", markup=False, soft_wrap=True)
    return passed


def _tell(console: Console, result: Result) -> None:
    console.print(f"{result.schedule}: {result.end}", markup=False, soft_wrap=True)
    for violation in result.violations:
        console.print(f"    {violation}", style="red", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
