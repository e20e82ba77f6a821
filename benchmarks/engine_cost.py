"""What the evidence engine costs: one update, and its import.

Both are told as ratios to something that every Python does, because microseconds
depend on the machine: an update to 64 exponentials and 64 logarithms in the same run,
the import to that of `json`, each in a process of its own.

    python -m benchmarks.engine_cost
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from math import exp, log
from statistics import median
from timeit import timeit

from shifter.core.evidence import Evidence

ROUNDS, PER_ROUND = 60, 200
IMPORTS = 15
UPDATE_BAR, IMPORT_BAR = 3.0, 2.0

_IMPORT = """
import time
began = time.perf_counter()
{}
print(time.perf_counter() - began)
"""


def updates() -> Callable[[], object]:
    """An engine that is fed one more minute with each call: events on all metrics."""
    evidence = Evidence(833.0, (0.001, 0.01), 1.5)
    minutes = iter(range(10**9))

    def update() -> object:
        return evidence.update(
            now=60.0 * next(minutes), step=3, blue=(625, 1, 6), green=(208, 1, 2)
        )

    return update


def mathematics() -> None:
    """64 exponentials and 64 logarithms."""
    for _ in range(64):
        exp(0.5)
        log(1.5)


def of_calls() -> tuple[float, float]:
    """Seconds of an update and of the mathematics: the quickest of many rounds."""
    update = updates()
    pairs = [
        (timeit(update, number=PER_ROUND), timeit(mathematics, number=PER_ROUND))
        for _ in range(ROUNDS)
    ]
    ours, theirs = zip(*pairs, strict=True)
    return min(ours) / PER_ROUND, min(theirs) / PER_ROUND


def of_imports() -> tuple[float, float]:
    """Seconds of our import and of json's: the median over fresh processes."""
    statements = ("from shifter.core.evidence import Evidence", "import json")
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(IMPORTS):
        for statement, found in zip(statements, seconds, strict=True):
            printed = subprocess.run(  # noqa: S603 - our own two statements
                [sys.executable, "-c", _IMPORT.format(statement)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            found.append(float(printed))
    return median(seconds[0]), median(seconds[1])


def main() -> None:
    """The command line."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.engine_cost")
    asked.add_argument("--json", action="store_true", help="the same, as JSON")
    asked.add_argument("--short", action="store_true", help="the same: it is short")
    chosen = asked.parse_args()
    update, mathematics_took = of_calls()
    imported, json_took = of_imports()
    rows = [
        ("one update", update * 1e6, "µs", update / mathematics_took, UPDATE_BAR),
        ("its import", imported * 1e3, "ms", imported / json_took, IMPORT_BAR),
    ]
    if chosen.json:
        keys = ("what", "took", "unit", "ratio", "at_most")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=1))
        return
    print("The evidence engine, against 64 exp and 64 log, and against `import json`")
    for what, took, unit, ratio, bar in rows:
        verdict = "holds" if ratio <= bar else "MISSED"
        print(
            f"{verdict:7}{what}: {took:.1f} {unit}, ratio {ratio:.2f} (at most {bar:g})"
        )


if __name__ == "__main__":
    main()
