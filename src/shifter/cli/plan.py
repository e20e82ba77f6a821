"""`shifter plan`: look at a plan before anybody starts it.  Nothing here needs AWS."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from shifter.cli.consequences import can_roll_back
from shifter.cli.documents import BadDocument, Finding, read_document
from shifter.cli.errors import ExitCode, epilog
from shifter.cli.forecast import forecast
from shifter.cli.plan_json import as_json
from shifter.cli.plan_tables import print_tables
from shifter.core.errors import PlanError
from shifter.core.lanes import percent
from shifter.core.plan import Plan, parse_plan
from shifter.core.quantities import format_duration

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at a plan before anybody starts it; offline.",
)

_CODES = epilog(
    ExitCode.OK,
    ExitCode.UNEXPECTED,
    ExitCode.USAGE,
    ExitCode.WRONG_INPUT,
    ok="the plan is good",
)

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="The plan, as YAML or JSON; - reads standard input."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document for programs.")
]


@app.command(epilog=_CODES)
def check(file: File, as_document: AsJson = False) -> None:
    """Tell whether a plan is good, or everything that is wrong with it.

    What needs live alarms, targets or replication tasks is checked at the start.
    """
    try:
        plan = read_plan(file)
    except BadDocument as error:
        if as_document:
            problems = [_problem(finding) for finding in error.findings]
            print(json.dumps({"ok": False, "problems": problems}, indent=2))
        raise
    if as_document:
        print(json.dumps({"ok": True, "problems": []}, indent=2))
    else:
        print(_good(plan))


@app.command(epilog=_CODES)
def show(
    file: File,
    requests_per_hour: Annotated[
        int,
        typer.Option(
            "--requests-per-hour", min=0, help="Expected requests over all edges."
        ),
    ] = 50_000,
    as_document: AsJson = False,
) -> None:
    """Show what each step does and what each gate leads to."""
    plan = read_plan(file)
    expected = forecast(plan, requests_per_hour)
    if as_document:
        print(json.dumps(as_json(plan, expected), indent=2))
    else:
        print_tables(plan, expected)


def read_plan(file: str) -> Plan:
    """The plan in a file.  Raises BadDocument with the place of every problem."""
    document = read_document(file)
    try:
        return parse_plan(document.content)
    except PlanError as error:
        raise document.refuse(error.problems) from None


def _good(plan: Plan) -> str:
    back = sum(can_roll_back(gate) for gate in plan.gates)
    shares = ", ".join(percent(step.share) for step in plan.steps)
    return (
        f"The plan is good: {plan.name} ({plan.environment})\n"
        f"  steps       {shares}\n"
        f"  final bake  {format_duration(plan.final_bake)}\n"
        f"  gates       {len(plan.gates)}, of which {back} can roll back; "
        "and those that every plan has"
    )


def _problem(finding: Finding) -> dict[str, str | int | None]:
    problem = finding.problem
    return {
        "sentence": finding.sentence,
        "line": finding.line,
        "column": finding.column,
        "field": problem.field if problem else None,
        "value": problem.value if problem else None,
        "remedy": problem.remedy if problem else None,
    }
