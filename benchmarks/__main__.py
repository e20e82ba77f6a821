"""`make bench`: measure what was promised; 1 when a promise is broken.

The short mode takes few samples on machines that do other things as well, so there only
what is counted can fail; what is timed is shown with its mark.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks import cold_import, engine_cost, package, readme, six_hours
from benchmarks import time_to_safe as safe
from benchmarks.figure import MISSED, Figure

Measure = Callable[..., Sequence[Figure]]
MEASURES: Mapping[str, Measure] = {
    "time_to_safe": safe.measure,
    "cold_import": cold_import.measure,
    "six_hours": six_hours.measure,
    "package": package.measure,
    "engine_cost": engine_cost.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    asked = _parser().parse_args(arguments)
    figures: list[Figure] = []
    for name in asked.only or MEASURES:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        figures += MEASURES[name](short=asked.short)
    if asked.write_readme:
        readme.write(figures)
    if asked.json:
        print(json.dumps([_document(figure) for figure in figures], indent=1))
    else:
        Console(width=100).print(table(figures))
    return 1 if broken(figures, short=asked.short) else 0


def broken(figures: Sequence[Figure], *, short: bool) -> Sequence[Figure]:
    """The promises that were missed and count."""
    return [f for f in figures if not f.holds and (f.counted or not short)]


def table(figures: Sequence[Figure]) -> Table:
    """What was measured, what was promised, and whether that holds."""
    found = Table("figure", "measured", "promised", "", box=None, pad_edge=False)
    for figure in figures:
        style = "red" if figure.verdict == MISSED else None
        found.add_row(
            figure.what, figure.told, figure.limit, figure.verdict, style=style
        )
    return found


def _document(figure: Figure) -> Mapping[str, object]:
    return {**asdict(figure), "holds": figure.holds}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="few samples, for CI")
    parser.add_argument("--json", action="store_true", help="the figures, as JSON")
    parser.add_argument(
        "--only", action="append", choices=MEASURES, help="only this one"
    )
    parser.add_argument(
        "--write-readme", action="store_true", help="also write the README's table"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
