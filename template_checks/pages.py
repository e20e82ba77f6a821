"""The parts of pages that the templates write.

The pages of docs/infrastructure and docs/security.md have a part between two marks.
What stands there comes from the templates, and `make golden` writes it.
"""

from __future__ import annotations

from typing import Any

from template_checks.source import Sources

BEGIN, END = "<!-- from the template -->", "<!-- end -->"
PASSED_BY_ALL = ("Environment", "Project", "CostCenter")


def with_part(page: str, part: str) -> str:
    """The page with the part between its marks.  Raises ValueError without marks."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{part}\n{END}{after}"


def tables(sources: Sources, path: str) -> str:
    """The parameters and outputs of a template, as tables."""
    template = sources.template(path)
    rows = [
        f"| `{name}` | {body['Description']} |"
        for name, body in template.get("Parameters", {}).items()
        if name not in PASSED_BY_ALL
    ]
    outputs = [
        f"| `{name}` | {body['Description']} |"
        for name, body in template.get("Outputs", {}).items()
    ]
    return "\n".join(
        [
            "| parameter | |",
            "|---|---|",
            *rows,
            "",
            *(("| output | |", "|---|---|", *outputs, "") if outputs else ()),
        ]
    )


def abilities(sources: Sources, path: str) -> str:
    """Which functions of a template have which ability, as a table.

    An ability is a managed policy; whoever has it are functions, by way of their role.
    """
    resources = sources.template(path)["Resources"]
    functions = {
        body["Properties"]["Role"]["Fn::GetAtt"][0]: _own_name(body)
        for body in resources.values()
        if body["Type"] == "AWS::Serverless::Function"
    }
    rows = []
    for name, body in resources.items():
        if body["Type"] != "AWS::IAM::ManagedPolicy":
            continue
        has = [
            function
            for role, function in functions.items()
            if {"Ref": name} in resources[role]["Properties"]["ManagedPolicyArns"]
        ]
        if has:
            everybody = len(has) == len(functions)
            who = "all" if everybody else ", ".join(f"`{one}`" for one in sorted(has))
            rows.append(f"| {body['Properties']['Description']} | {who} |")
    return "\n".join(["| ability | functions |", "|---|---|", *rows, ""])


def _own_name(function: dict[str, Any]) -> str:
    """A function's name without what all of them begin with: `roll-back`."""
    full: str = function["Properties"]["FunctionName"]["Fn::Sub"]
    return full.rpartition("-shifter-")[2]
