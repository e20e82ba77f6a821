"""A plan as tables for people."""

from __future__ import annotations

import shutil
from datetime import timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from shifter.cli import prices
from shifter.cli.consequences import (
    Consequence,
    Outcome,
    when_bad,
    when_no_data,
    when_overdue,
    when_unreadable,
)
from shifter.cli.forecast import Forecast, Slow, StepForecast, TimeToSafe
from shifter.cli.plain_console import PlainConsole
from shifter.cli.running_cost import EDGES, FUNCTION_GB, FUNCTION_SECONDS, RunningCost
from shifter.core.lanes import Lane, percent
from shifter.core.plan import Plan
from shifter.core.quantities import format_duration

WIDTH_WITHOUT_TERMINAL = 100
WIDTH_OF_ALL_COLUMNS = 98
"""A narrower terminal does without the columns that only repeat what is said elsewhere:
the share says the lanes, and the totals say the time to safe."""

# The lanes that a plan without a data cutover uses.
_TOLD = (Lane.BLUE, Lane.GREEN)
_LANES = f"lanes in %\n{'/'.join(_TOLD)}"
_SAFE = "time to\nsafe"
_SAID_ELSEWHERE = frozenset({_LANES, _SAFE})

_STYLES = {
    Outcome.HOLD: "yellow",
    Outcome.HOLD_AND_PAGE: "yellow",
    Outcome.ROLL_BACK: "bold red",
}


def print_tables(plan: Plan, forecast: Forecast) -> None:
    """Print steps, totals and gates, as wide as the terminal is."""
    width = shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 25)).columns
    console = PlainConsole(width=width)
    console.print(
        Group(
            Text.assemble((plan.name, "bold"), f" ({plan.environment})"),
            _steps(forecast, width),
            _totals(plan, forecast),
            Text(),
            _gates(plan),
        )
    )


def _steps(forecast: Forecast, width: int) -> Table:
    table = _table()
    left_out = _SAID_ELSEWHERE if width < WIDTH_OF_ALL_COLUMNS else frozenset()
    columns = {
        header: cells
        for header, cells in _columns(forecast).items()
        if header not in left_out
    }
    for header in columns:
        table.add_column(header, justify="right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def _columns(forecast: Forecast) -> dict[str, list[str]]:
    steps = forecast.steps
    return {
        "step": [str(step.number) for step in steps],
        "share": [percent(step.split.share) for step in steps],
        _LANES: ["/".join(_per_cent(step, lane) for lane in _TOLD) for step in steps],
        "ALB\nweights": [
            "/".join(str(step.weights.of(lane)) for lane in _TOLD) for step in steps
        ],
        "DNS to\nedge-2": [_dns_share(step) for step in steps],
        "Route 53\nweights": [_dns_weights(step) for step in steps],
        "bake": [format_duration(step.bake) for step in steps],
        "starts\nafter": [_elapsed(step.starts_at) for step in steps],
        "requests\non green": [f"{step.requests:,}" for step in steps],
        "exposed\nrequests": [f"{step.exposed:,}" for step in steps],
        _SAFE: [format_duration(forecast.time_to_safe.total)] * len(steps),
    }


def _per_cent(step: StepForecast, lane: Lane) -> str:
    return percent(step.split.of(lane)).removesuffix(" %")


def _dns_share(step: StepForecast) -> str:
    return "as is" if step.dns_share is None else percent(step.dns_share)


def _dns_weights(step: StepForecast) -> str:
    weights = step.dns_weights
    return "as is" if weights is None else f"{weights[0]}/{weights[1]}"


def _totals(plan: Plan, forecast: Forecast) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column()
    grid.add_row(
        "all on green",
        f"{_elapsed(forecast.all_on_green_at)} after the start, at the earliest: "
        "shifting, DNS and waiting gates come on top",
    )
    grid.add_row(
        "complete",
        f"{_elapsed(forecast.ends_at)} after the start, with a final bake of "
        f"{format_duration(plan.final_bake)} in which rolling back is automatic",
    )
    grid.add_row(
        "requests",
        f"{forecast.requests_per_hour:,} an hour over all edges: "
        f"{forecast.requests_before_the_last_step:,} reach green before the last step",
    )
    grid.add_row("time to safe", _time_to_safe(forecast.time_to_safe))
    grid.add_row(
        "exposed", "requests that may reach green between a breach and all blue"
    )
    cost = forecast.cost
    grid.add_row(
        "calls",
        f"{cost.calls:,} to AWS in {cost.looks:,} looks, and "
        f"{cost.transitions:,} state transitions, if no gate waits",
    )
    grid.add_row("cost", _cost(cost))
    for step in forecast.steps:
        for slow in step.slow:
            grid.add_row(f"step {step.number} is slow", _slow(step, slow))
    return grid


def _time_to_safe(way: TimeToSafe) -> str:
    return (
        f"{format_duration(way.total)} at worst from a breach to all blue: "
        f"{format_duration(way.unseen)} until the next look, "
        f"{format_duration(way.look)} to look, "
        f"{format_duration(way.write)} to write every edge, "
        f"{format_duration(way.read_back)} to read back. "
        "On top comes what is not Shifter's: the time until an alarm goes into ALARM, "
        "and calls to AWS that fail. "
        "DNS adds nothing, as every edge is made all blue"
    )


def _cost(cost: RunningCost) -> str:
    parts = ", ".join(f"{name} {part:.2f}" for name, part in cost.dollars.items())
    return (
        f"about {cost.total_dollars:.2f} USD: {parts}; {prices.provenance()}. "
        f"Assumed: {EDGES} edges, {FUNCTION_SECONDS}s and {FUNCTION_GB * 1024:.0f} MB "
        "for each run of a function; the watchdog and the alarms are not counted"
    )


def _slow(step: StepForecast, slow: Slow) -> str:
    return (
        f"{slow.gate} wants {slow.minimum_requests:,} requests, which takes about "
        f"{_elapsed(slow.expected)}; the bake is {format_duration(step.bake)}"
    )


def _gates(plan: Plan) -> Table:
    table = _table()
    for header in ("gate", "bad reading", "no data", "unreadable", "waits too long"):
        table.add_column(header, overflow="fold")
    standing = [gate for gate in plan.all_gates if gate not in plan.gates]
    for gates in (plan.gates, standing):
        for gate in gates:
            table.add_row(
                gate.name,
                Text("\n").join(_tell(bad) for bad in when_bad(gate)),
                _outcome(when_no_data(gate)),
                _outcome(when_unreadable(gate)),
                _tell(when_overdue(gate, plan.deadline(gate))),
            )
        table.add_section()
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _tell(consequence: Consequence) -> Text:
    return Text.assemble(f"{consequence.when}: ", _outcome(consequence.then))


def _outcome(outcome: Outcome | None) -> Text:
    if outcome is None:
        return Text("-", style="dim")
    return Text(outcome.value, style=_STYLES[outcome])


def _elapsed(value: timedelta) -> str:
    """A time as people say it: `1h 20m`."""
    seconds = int(value.total_seconds())
    parts = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "m"),
        (seconds % 60, "s"),
    )
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
