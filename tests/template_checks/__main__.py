"""The command behind `make test-templates`: each mutation, and who caught it.

Exits with 1 when a mutation is missed, or caught by another rule than its own.
"""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.table import Table

from template_checks.check import reasons
from tests.template_checks.break_them import caught_by, findings_of_the_whole
from tests.template_checks.mutations import MUTATIONS

console = Console(width=120)


def main() -> int:
    began = time.monotonic()
    table = Table("rule", "broken so", "caught by", box=None)
    wrong = 0
    for mutation in MUTATIONS:
        caught = caught_by(mutation)
        good = caught == {mutation.rule}
        wrong += not good
        told = "its own rule" if good else f"[red]{', '.join(sorted(caught)) or '-'}[/]"
        table.add_row(mutation.rule, mutation.name, told)
    console.print(table)
    untested = sorted(reasons().keys() - {mutation.rule for mutation in MUTATIONS})
    whole = len(findings_of_the_whole())
    console.print(
        f"{len(MUTATIONS)} mutations, {len(MUTATIONS) - wrong} caught by their own "
        f"rule alone; {whole} findings when nothing is broken; rules without one: "
        f"{', '.join(untested) or 'none'}; {time.monotonic() - began:.1f} s"
    )
    return int(bool(wrong or whole or untested))


sys.exit(main())
