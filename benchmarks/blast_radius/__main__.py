"""Play everything, and print what came of it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from math import isnan
from pathlib import Path

from benchmarks.blast_radius.cells import FULL, SHORT, Results, play
from benchmarks.blast_radius.figures import figures
from benchmarks.blast_radius.report import compared, everybody, promised
from benchmarks.blast_radius.statistics import mean, median, rate


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.blast_radius")
    asked.add_argument("--short", action="store_true", help="few cutovers, for CI")
    asked.add_argument("--json", action="store_true", help="every cell, as JSON")
    asked.add_argument("--chart", type=Path, help="also write the chart, as SVG")
    chosen = asked.parse_args()
    size = SHORT if chosen.short else FULL
    began = time.monotonic()

    def told(done: int, of: int) -> None:
        if done == of or done % max(of // 50, 1) == 0:
            spent = time.monotonic() - began
            print(f"{done} of {of} parts, {spent:.0f} s", file=sys.stderr, flush=True)

    results = play(size, told)
    found = figures(results)
    if chosen.chart:
        # Only here: whoever wants no chart needs no library for it.
        from benchmarks.blast_radius.chart import draw  # noqa: PLC0415

        draw(results, chosen.chart)
    if chosen.json:
        said = {
            "figures": [asdict(figure) for figure in found],
            "cells": _cells(results),
        }
        print(json.dumps(said, indent=1))
        return
    print("Blast radius (simulated): what a bad release costs under each policy.")
    print(
        f"{size.faults} cutovers for each fault, {size.healthy} for a healthy release."
    )
    for part in (compared(results), everybody(results), promised(found)):
        print("", *part, sep="\n")
    if chosen.short:
        print("The short mode has few cutovers: read the intervals, not the marks.")


def _cells(results: Results) -> list[dict[str, object]]:
    cells: list[dict[str, object]] = []
    for (policy, scenario), outcome in sorted(results.items()):
        cells.append(
            {
                "policy": policy,
                "scenario": scenario,
                "cutovers": len(outcome.bad),
                "bad": asdict(mean(outcome.bad)),
                "back": asdict(rate(outcome.back)),
                "paused": asdict(rate(outcome.paused)),
                "went_on_in_incident": asdict(rate(outcome.moved)),
                "minutes": _or_null(median(outcome.minutes)),
                "minutes_to_rollback": _or_null(median(outcome.delay)),
            }
        )
    return cells


def _or_null(value: float) -> float | None:
    return None if isnan(value) else value


if __name__ == "__main__":
    main()
