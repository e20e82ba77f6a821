"""The tables in the terminal."""

from __future__ import annotations

from math import isnan

from benchmarks.blast_radius import alarms
from benchmarks.blast_radius.cells import ALONE, AWS, MORE_AWS, NAMED, OURS, Results
from benchmarks.blast_radius.figures import (
    Figure,
    best,
    false_rollbacks,
    worst,
)
from benchmarks.blast_radius.scenarios import ALL, Kind
from benchmarks.blast_radius.statistics import Estimate, mean, median, wald

FAULTS = [scenario for scenario in ALL if scenario.kind is Kind.FAULT]
SHOWN = (
    "x5",
    "+1 %",
    "+1 % on 0.5 %",
    "+5 %",
    "+5 % later",
    "outage",
    "leak",
    "latency",
)


def columns(results: Results) -> dict[str, str]:
    """What is compared in detail: heading and policy."""
    return {
        "best alarm, AWS": best(results, AWS),
        "best alarm, ladder": best(results, (alarms.LADDER,)),
        **{name.removeprefix("Shifter, "): name for name in OURS},
    }


def compared(results: Results) -> list[str]:
    """Bad requests of each fault with their intervals, and the bound."""
    shown = columns(results)
    lines = [
        "Bad requests on green, mean [95 % interval], and how many were taken back",
        "",
        _row("", [*shown, "Wald"]),
    ]
    for scenario in FAULTS:
        cells = []
        for policy in shown.values():
            outcome = results[policy, scenario.name]
            cells.append(f"{_short(mean(outcome.bad))} {outcome.back.mean():.0%}")
        bound = wald(scenario)
        lines.append(_row(scenario.name, [*cells, f"{bound:.1f}" if bound else "-"]))
    lines += ["", "False rollbacks of healthy releases, a pause counted as one", ""]
    for name in false_rollbacks(results, next(iter(OURS))):
        rates = [false_rollbacks(results, policy)[name] for policy in shown.values()]
        lines.append(_row(name, [f"{found:.2%}" for found in rates]))
    wide = best(results, (*AWS, *MORE_AWS))
    return [
        *lines,
        "",
        f"best alarm, AWS:    {shown['best alarm, AWS']}",
        f"best alarm, ladder: {shown['best alarm, ladder']}",
        f"in a wider search, with CodeDeploy's other timetables: {wide}",
    ]


def everybody(results: Results) -> list[str]:
    """One line for each rival: compare only those that seldom go back falsely."""
    policies = [*NAMED, "Flagger", *ALONE, *dict.fromkeys(columns(results).values())]
    lines = [
        "Everybody: false rollbacks in the worst healthy scenario, minutes of a good",
        "cutover, minutes to the rollback of +5 %, and bad requests of each fault.",
        "Compare only rows with at most 1 % false rollbacks.",
        "",
        f"{'':50}{'false':>8}{'min':>6}{'+5 %':>6}"
        + "".join(f"{n:>15}" for n in SHOWN),
    ]
    for policy in policies:
        minutes = median(results[policy, "healthy 0.1 %"].minutes)
        delay = median(results[policy, "+5 %"].delay)
        bad = "".join(f"{results[policy, n].bad.mean():>15.1f}" for n in SHOWN)
        lines.append(
            f"{policy:50}{worst(results, policy).value:>8.2%}{_known(minutes):>6}"
            f"{_known(delay):>6}{bad}"
        )
    return lines


def promised(found: list[Figure]) -> list[str]:
    """Each figure, and in the end those that were not reached."""
    lines = ["What was promised", ""]
    for figure in found:
        mark = "holds " if figure.holds else "MISSED"
        lines.append(f"{mark} {figure.text}: {figure.found} (wanted {figure.wanted})")
        if figure.note:
            lines.append(f"       {figure.note}")
    missed = [figure for figure in found if not figure.holds]
    lines += ["", f"{len(found) - len(missed)} of {len(found)} hold."]
    return lines


def _row(name: str, cells: list[str]) -> str:
    return f"{name:28}" + "".join(f"{cell:>26}" for cell in cells)


def _short(found: Estimate) -> str:
    digits = 1 if found.value < 100 else 0
    return f"{found:.{digits}f}"


def _known(value: float) -> str:
    return "-" if isnan(value) else f"{value:.1f}"
