"""The command behind `make test-templates`: each mutation, and who caught it.

Exits with 1 when a mutation is missed, or caught by another rule than its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from template_checks.check import reasons
from tests.template_checks.break_them import (
    caught_by,
    control_tower_catches,
    findings_of_the_whole,
)
from tests.template_checks.mutations import CONTROL_TOWER, MUTATIONS, Mutation

console = Console(width=120)


def main() -> int:
    began = time.monotonic()
    table = Table("rule", "broken so", "caught by", box=None)
    wrong = 0
    for mutation, caught in _caught():
        good = caught == {mutation.rule}
        wrong += not good
        told = "its own rule" if good else f"[red]{', '.join(sorted(caught)) or '-'}[/]"
        table.add_row(mutation.rule, mutation.name, told)
    console.print(table)
    count = len(MUTATIONS) + len(CONTROL_TOWER)
    untested = sorted(reasons().keys() - {mutation.rule for mutation in MUTATIONS})
    whole = len(findings_of_the_whole())
    console.print(
        f"{count} mutations, {count - wrong} caught by their own rule alone "
        f"({len(CONTROL_TOWER)} of them by a control of Control Tower); "
        f"{whole} findings when nothing is broken; rules of ours without one: "
        f"{', '.join(untested) or 'none'}; {time.monotonic() - began:.1f} s"
    )
    return int(bool(wrong or whole or untested))


def _caught() -> Iterator[tuple[Mutation, set[str]]]:
    for mutation in MUTATIONS:
        yield mutation, caught_by(mutation)
    for mutation in CONTROL_TOWER:
        yield mutation, control_tower_catches(mutation)


sys.exit(main())
