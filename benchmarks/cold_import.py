"""Cold import: what a function's first call waits for before its first line.

Handler and the client of its first call, in a fresh process, from the built package, in
an environment that holds what the runtime brings and nothing else.  It is told as a
ratio to `import boto3` and one elbv2 client, as both depend on the machine.  Three are
alternated, and the median counts.

Python caches what it has compiled.  A function's own folder cannot be written, and the
package carries no such cache, so a cold start compiles all of it: that is told too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figure import Figure
from benchmarks.package import AUTOMATION, ROTATION, found
from benchmarks.time_to_safe import VARIABLES

ENVIRONMENT = Path(".tools") / "lambda" / "bin" / "python"
PROCESSES, SHORT_PROCESSES = 15, 3
OURS = {"interlock", "pymysql", "rotation_hooks", "shifter", "sql_files"}
PARTS = 4

BARE = "import boto3; boto3.client('elbv2')"
CUTOVER = """
import shifter.handlers.{}
from shifter.wiring import ports_from_environment
ports_from_environment().store
"""
ROTATE = """
import rotation_hooks.handlers.rotate
from rotation_hooks.wiring import ports_from_environment
ports_from_environment().secrets
"""
LIMITS: Mapping[str, float | None] = {"roll_back": 1.7, "assess": 2.0, "rotate": None}
"""What was promised of each: nobody waits for a rotation, so that is only told."""
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app"  # noqa: S105
FOR_ROTATE = {
    "ENVIRONMENT_NAME": "bench",
    "SECRETS": json.dumps({"blue/app": SECRET}),
    "SQL_FOLDER": ".",
    "DATABASE_AUTHORITIES": ".",
}
TIMED = """
import time
began = time.perf_counter()
{}
print((time.perf_counter() - began) * 1e3)
"""
_IMPORTED = re.compile(r"import time: +(\d+) \| +\d+ \| +([A-Za-z_]\w*)")


def measure(*, short: bool) -> Sequence[Figure]:
    """Milliseconds and ratio of each function, and what it consists of."""
    processes = SHORT_PROCESSES if short else PROCESSES
    statements = {name: CUTOVER.format(name) for name in ("roll_back", "assess")}
    with TemporaryDirectory() as folder:
        cutover = _path(Path(folder) / "cutover", AUTOMATION)
        rotation = _path(Path(folder) / "rotation", ROTATION)
        cache = Path(folder)
        figures = [
            *_figures(statements, cutover, processes, cache),
            *_figures({"rotate": ROTATE}, rotation, processes, cache),
        ]
        parts = _parts(statements["roll_back"], cutover, cache)
    figures += [Figure(f"… of roll_back: {name}", took, "ms") for name, took in parts]
    return figures


def _figures(
    statements: Mapping[str, str], path: Path, processes: int, cache: Path
) -> Sequence[Figure]:
    cached = _medians({"bare": BARE, **statements}, path, processes, cache)
    compiled = _medians({"bare": BARE, **statements}, path, processes, None)
    return [
        figure
        for name in statements
        for figure in (
            Figure(f"cold import of {name}", cached[name], "ms"),
            Figure(
                "… to boto3 and a client",
                cached[name] / cached["bare"],
                "times",
                LIMITS[name],
            ),
            Figure("… compiled as well", compiled[name], "ms"),
        )
    ]


def _path(folder: Path, package: Path) -> Path:
    """What is imported from: the package, or only our part of it.

    The libraries in it are compiled for the functions' Python; under another one those
    of the environment, which are the same versions, are taken instead.
    """
    asked = "import sys; print(*sys.version_info[:2], sep='.')"
    if _run(asked, {}) == "3.13":
        return found(package)
    folder.mkdir()
    for ours in OURS & {path.name for path in found(package).iterdir()}:
        (folder / ours).symlink_to(package / ours)
    return folder


def _medians(
    statements: Mapping[str, str], path: Path, processes: int, cache: Path | None
) -> Mapping[str, float]:
    """Milliseconds of each; compiled code is kept in `cache`, or nowhere."""
    variables = _variables(path, cache)
    for statement in statements.values():
        _run(statement, variables)  # the first one fills the caches
    took: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(processes):
        for name, statement in statements.items():
            printed = _run(TIMED.format(statement.strip()), variables)
            took[name].append(float(printed))
    return {name: median(each) for name, each in took.items()}


def _variables(path: Path, cache: Path | None) -> dict[str, str]:
    variables = VARIABLES | FOR_ROTATE | {"PYTHONPATH": str(path)}
    if cache is None:
        return variables | {"PYTHONDONTWRITEBYTECODE": "1"}
    return variables | {"PYTHONPYCACHEPREFIX": str(cache / "cache")}


def _parts(statement: str, path: Path, cache: Path) -> Sequence[tuple[str, float]]:
    """The packages whose own modules take longest, in milliseconds."""
    variables = _variables(path, cache)
    command = [str(ENVIRONMENT), "-X", "importtime", "-c", statement]
    told = subprocess.run(  # noqa: S603 - our own statement
        command, env=_clean() | variables, capture_output=True, text=True, check=True
    ).stderr
    spent: Counter[str] = Counter()
    for took, package in _IMPORTED.findall(told):
        spent[package] += int(took)
    return [(name, took / 1e3) for name, took in spent.most_common(PARTS)]


def _run(statement: str, variables: Mapping[str, str]) -> str:
    return subprocess.run(  # noqa: S603 - our own statements
        [str(ENVIRONMENT), "-c", statement],
        env=_clean() | dict(variables),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()


def _clean() -> dict[str, str]:
    """Our own environment, without what changes how Python imports."""
    return {n: v for n, v in os.environ.items() if not n.startswith("PYTHON")}


if __name__ == "__main__":
    for figure in measure(short="--short" in sys.argv):
        print(figure.what, figure.told)
