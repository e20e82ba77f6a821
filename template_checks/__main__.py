"""The command behind `make check-templates` and `make cost`.

python -m template_checks check          all rules, both profiles
python -m template_checks cost dev       what the profile costs a month
python -m template_checks rules          every rule, and what it is for
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.table import Table

from template_checks.bill_table import print_bill
from template_checks.check import reasons, rule_findings
from template_checks.profiles import PROFILES
from template_checks.source import read

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(width=max(100, Console().width))


@app.command()
def check() -> None:
    """Look at the templates with every rule, in both profiles."""
    found = rule_findings(read())
    for finding in found:
        console.print(f"{finding.rule} {finding.where}: {finding.message}", style="red")
        console.print(f"       {reasons()[finding.rule]}")
    console.print(
        f"{len(reasons())} rules, profiles {' and '.join(PROFILES)}: "
        f"{len(found)} findings."
    )
    sys.exit(bool(found))


@app.command()
def cost(profile: str) -> None:
    """Print what a profile costs a month, and what each lever saves."""
    sys.exit(not print_bill(read(), profile, console))


@app.command()
def rules() -> None:
    """List every rule, and what goes wrong in AWS without it."""
    table = Table("rule", "without it", box=None)
    for identifier, why in sorted(reasons().items()):
        table.add_row(identifier, why)
    console.print(table)


app()
