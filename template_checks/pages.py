"""The parts of docs/infrastructure that the templates write.

Each page has a part between two marks; what stands there comes from the templates, and
`make golden` writes it.
"""

from __future__ import annotations

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
