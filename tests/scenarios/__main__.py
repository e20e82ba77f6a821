"""`make scenarios`: play every run of every scenario; 1 when anything is wrong.

It also spoils good runs on purpose, and fails when nobody notices.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from shifter.telemetry import logger
from shifter_sandbox.scenarios import RUNS
from tests.scenarios.page import PAGE, page
from tests.scenarios.runs import Outcome, chosen, play_runs
from tests.scenarios.tampered import told_of_each

WIDTH = 150


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print, and say whether everything was as it must be."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.write_page:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    unknown = [name for name in asked.only or () if not chosen([name])]
    if unknown:
        parser.error(f"no scenario is called {', '.join(unknown)}")
    keys = chosen(asked.only)
    began = time.monotonic()
    progress = Console(file=sys.stderr if asked.json else sys.stdout, width=WIDTH)
    outcomes = _play(progress, keys, seed=asked.seed, jobs=asked.jobs)
    if asked.json:
        print(json.dumps([_document(outcome) for outcome in outcomes], indent=2))
    else:
        progress.print(_table(outcomes))
    wrong = _tell_flaws(progress, outcomes)
    praised = 0 if asked.only else _tell_tampered(progress)
    ends = Counter(outcome.end for outcome in outcomes)
    virtual = sum((o.virtual for o in outcomes), timedelta())
    progress.print(
        f"\n{len(outcomes)} runs of {len({RUNS[k].name for k in keys})} scenarios: "
        + ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
        + f"; {wrong} not as expected.\n"
        f"{virtual.total_seconds() / 3600:.0f} hours of virtual time in "
        f"{time.monotonic() - began:.0f} s with {asked.jobs} processes "
        f"({sum(o.cpu_seconds for o in outcomes):.0f} s of CPU)."
    )
    return 1 if wrong or praised else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.scenarios", description=__doc__
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help="only this scenario, or one run of it: outage, outage@last",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (all cores)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the traffic (1)")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document; progress to stderr"
    )
    parser.add_argument(
        "--write-page", action="store_true", help="write docs/scenarios.md, and stop"
    )
    return parser


def _play(
    console: Console, keys: Sequence[str], *, seed: int, jobs: int
) -> list[Outcome]:
    """Play, with a line for each run that has ended, terminal or not."""
    found: dict[str, Outcome] = {}
    for outcome in play_runs(keys, seed=seed, jobs=jobs):
        found[outcome.key] = outcome
        told = "NOT AS EXPECTED" if outcome.flaws else "as expected"
        console.print(
            f"{len(found):>4} of {len(keys)}  {outcome.key}: {outcome.end}, {told}, "
            f"{outcome.cpu_seconds:.1f} s",
            style="red" if outcome.flaws else None,
            highlight=False,
        )
    return [found[key] for key in keys]


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(
        box=SIMPLE, padding=0, title="How scenarios end", title_justify="left"
    )
    longest = max(len(RUNS[outcome.key].name) for outcome in outcomes)
    widths = {"scenario": longest, "onset": 6, "end": 14, "virtual": 7, "journal": 8}
    for heading, width in widths.items():
        table.add_column(heading, no_wrap=True, width=width)
    # What is left of a line; two columns are for the margins.
    rest = WIDTH - sum(widths.values()) - len(widths) - 2
    table.add_column("reason", no_wrap=True, overflow="ellipsis", width=rest)
    for outcome in outcomes:
        run = RUNS[outcome.key]
        table.add_row(
            run.name,
            run.onset,
            f"[red]{outcome.end}[/]" if outcome.flaws else outcome.end,
            str(timedelta(seconds=round(outcome.virtual.total_seconds()))),
            outcome.short_head,
            outcome.reason.replace("[", "\\["),
        )
    return table


def _document(outcome: Outcome) -> dict[str, object]:
    run = RUNS[outcome.key]
    return {
        **asdict(outcome),
        "scenario": run.name,
        "onset": run.onset.value,
        "virtual": outcome.virtual.total_seconds(),
    }


def _tell_flaws(console: Console, outcomes: Sequence[Outcome]) -> int:
    """Print what is wrong; return of how many runs."""
    spoiled = [outcome for outcome in outcomes if outcome.flaws]
    for outcome in spoiled:
        console.print(f"{outcome.key}:", style="red", highlight=False)
        for flaw in outcome.flaws:
            console.print(f"    {flaw}", style="red", markup=False, soft_wrap=True)
    return len(spoiled)


def _tell_tampered(console: Console) -> int:
    """Show that every kind of flaw is seen; return how many were praised."""
    logger().setLevel(logging.CRITICAL)
    praised = 0
    console.print("\nSpoiled runs, and what is told of each:")
    for tampered, reports in told_of_each():
        if not reports:
            praised += 1
            console.print(f"  [red]{tampered.told}: praised, so the check is blind[/]")
            continue
        console.print(f"  {tampered.told}: {reports[0]}", markup=False, highlight=False)
    return praised


if __name__ == "__main__":
    sys.exit(main())
