"""The bill as a table, with the limit, what rests on belief, and what levers save."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from template_checks.cost import BUDGETS, Bill, Line, bill, table
from template_checks.profiles import parameters, rendered
from template_checks.source import Sources

LEVERS: Mapping[str, Mapping[str, str]] = {
    "no NAT gateway": {"NatMode": "none"},
    "one NAT gateway": {"NatMode": "single"},
    "no replication while nothing migrates": {"DeployDms": "false"},
    "one edge (no DNS steps)": {"EdgeMode": "single"},
    "endpoints in one zone": {"EndpointAzCount": "1"},
    "endpoints in two zones": {"EndpointAzCount": "2"},
    "one instance for each database": {"DatabaseInstanceCount": "1"},
    "no firewall": {"EnableWaf": "false"},
    "no replication instance standing by": {"DmsMultiAz": "false"},
    "no images, so no tasks": {"BlueImageDigest": "", "GreenImageDigest": ""},
}


def print_bill(sources: Sources, profile: str, console: Console) -> bool:
    """Print everything; tell whether it is within the budget."""
    billed = bill(rendered(sources, profile))
    out = Table(title=f"USD a month, profile {profile}, prices of {table()['as_of']}")
    for column in ("stack", "what", "n", "price"):
        out.add_column(column)
    out.add_column("USD", justify="right")
    for line in grouped(billed):
        mark = "" if line.verified else " ?"
        quantity = f"{line.quantity:,.0f}" if line.quantity > 0 else ""
        out.add_row(
            line.stack, line.what, quantity, line.price + mark, f"{line.usd:,.2f}"
        )
    console.print(out)
    limit = BUDGETS[profile]
    console.print(
        f"total {billed.total:,.0f} of {limit:,} USD; "
        f"{100 * billed.unverified / billed.total:.0f} % rests on prices marked ?, "
        "which nobody has verified, and volumes are assumed"
    )
    console.print(
        "left on all month, two canary tasks would add "
        f"{canary(sources, profile):,.0f} USD"
    )
    for lever, saved in levers(sources, profile):
        console.print(f"  {saved:>7,.0f}  {lever}")
    return billed.total <= limit


def grouped(billed: Bill) -> list[Line]:
    """Lines of one stack and one price as one line, the dearest first."""
    together: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in billed.lines:
        together[line.stack, line.price].append(line)
    lines = [
        Line(
            stack=stack,
            resource=", ".join(sorted({line.resource for line in same})),
            what=same[0].what,
            quantity=sum(line.quantity for line in same),
            price=price,
            usd=sum(line.usd for line in same),
            verified=same[0].verified,
        )
        for (stack, price), same in together.items()
    ]
    return sorted(lines, key=lambda line: -line.usd)


def levers(sources: Sources, profile: str) -> Iterator[tuple[str, float]]:
    """What each lever saves that the profile has not pulled yet."""
    now = bill(rendered(sources, profile)).total
    given = parameters(sources, profile)
    for lever, changed in LEVERS.items():
        if all(given.get(name) == value for name, value in changed.items()):
            continue
        saved = now - bill(rendered(sources, profile, **changed)).total
        if saved > 0:
            yield lever, saved


def canary(sources: Sources, profile: str, tasks: int = 2) -> float:
    """What canary tasks cost when nobody takes them down."""
    path = "infra/ecs.yaml"
    at_rest = "      DesiredCount: 0\n"
    left_on = sources.with_text(
        path, sources.texts[path].replace(at_rest, f"      DesiredCount: {tasks}\n")
    )
    return (
        bill(rendered(left_on, profile)).total - bill(rendered(sources, profile)).total
    )
