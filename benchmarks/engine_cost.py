"""What the evidence engine costs: one update, and its import.

Both are told as ratios to something that every Python does, because microseconds
depend on the machine: an update to 64 exponentials and 64 logarithms in the same run,
the import to that of `json`, each in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from math import exp, log
from statistics import median
from timeit import timeit

from benchmarks.figure import Figure
from shifter.core.evidence import Evidence

ROUNDS, PER_ROUND = 60, 200
IMPORTS = 15

_IMPORT = """
import time
began = time.perf_counter()
{}
print(time.perf_counter() - began)
"""


def measure(*, short: bool) -> Sequence[Figure]:
    """An update and the import; it is short anyway."""
    del short
    update, mathematics_took = of_calls()
    imported, json_took = of_imports()
    return [
        Figure("update of the evidence", update * 1e6, "µs"),
        Figure("… to 64 exp and 64 log", update / mathematics_took, "times", 3.0),
        Figure("import of the evidence", imported * 1e3, "ms"),
        Figure("… to `import json`", imported / json_took, "times", 2.0),
    ]


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
