"""The command behind `make check-templates` and `make cost`.

python -m template_checks check          all rules, both profiles
python -m template_checks cost dev       what the profile costs a month
python -m template_checks rules          every rule, and what it is for
python -m template_checks control-tower  the rules of Control Tower, both profiles
python -m template_checks explained      what they say and we leave, with the reasons
"""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.table import Table

from template_checks.bill_table import print_bill
from template_checks.check import reasons, rule_findings
from template_checks.control_tower.explained import NotWhole, explanations
from template_checks.control_tower.form import NotInstalled, ToolFailed
from template_checks.control_tower.verdict import verdict
from template_checks.profiles import PROFILES, rendered
from template_checks.render import Unrenderable
from template_checks.source import Unreadable, read

CANNOT_LOOK = (NotInstalled, NotWhole, ToolFailed, Unreadable, Unrenderable)

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


@app.command()
def control_tower() -> None:
    """Let cfn-guard look at both profiles, with the rules of Control Tower."""
    found = 0
    for profile in PROFILES:
        try:
            said = verdict(rendered(read(), profile), explanations())
        except CANNOT_LOOK as error:
            console.print(f"Not looked at: {error}", style="red", markup=False)
            sys.exit(2)
        for finding in said.findings:
            told = f"{finding.rule} {finding.where}: {finding.message}"
            console.print(told, style="red", markup=False)
        found += len(said.findings)
        console.print(
            f"Control Tower, {profile}: {said.judged} controls had something to judge; "
            f"{len(said.findings)} findings, {said.explained} explained."
        )
    sys.exit(bool(found))


@app.command()
def explained() -> None:
    """List what Control Tower asks for and we leave as it is, and why."""
    table = Table("control", "profiles", "of", "because", box=None)
    try:
        found = explanations()
    except NotWhole as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(2)
    for one in found:
        places = "\n".join(one.resources)
        table.add_row(one.control, "\n".join(one.profiles), places, one.reason)
    console.print(table)


app()
