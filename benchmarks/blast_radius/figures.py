"""What was promised, what was found, and whether it holds.

The best alarm is the setting with the lowest geometric mean of bad requests over the
error faults, among those that take back at most one in a hundred of every healthy
release.  Beside it stands the ratio to the setting that is best for this one fault,
which nobody could have chosen in advance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, log

import numpy as np

from benchmarks.blast_radius import alarms
from benchmarks.blast_radius.cells import AWS, Results, setting
from benchmarks.blast_radius.scenarios import ALL, BY_NAME, Kind
from benchmarks.blast_radius.statistics import Estimate, median, rate, ratio, wald
from benchmarks.blast_radius.timetable import Timetable
from benchmarks.blast_radius.world import Bools

HEALTHY = [scenario.name for scenario in ALL if scenario.kind is Kind.HEALTHY]
SHARED = [scenario.name for scenario in ALL if scenario.kind is Kind.SHARED]
OUTAGES = ["outage", "outage later"]
ERROR_FAULTS = [
    scenario.name
    for scenario in ALL
    if scenario.kind is Kind.FAULT
    and (scenario.added >= 0.01 or scenario.leak)
    and scenario.name not in OUTAGES
]
MOST_FALSE = 0.01

PROMISES = (
    ("Shifter, ALB metrics", 12.0, 41.0),
    ("Shifter, 10-second counts", 30.0, 31.0),
)
"""Which of ours, how many times fewer in an outage, minutes of a healthy cutover."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One promise."""

    text: str
    wanted: str
    found: str
    holds: bool
    note: str = ""


def false_rollbacks(results: Results, policy: str) -> dict[str, Estimate]:
    """Healthy releases that were taken back or left to a person."""
    return {name: rate(_false(results, policy, name)) for name in HEALTHY}


def _false(results: Results, policy: str, scenario: str) -> Bools:
    outcome = results[policy, scenario]
    return np.asarray(outcome.back | outcome.paused)


def worst(results: Results, policy: str) -> Estimate:
    """The most false rollbacks in any healthy scenario."""
    return max(false_rollbacks(results, policy).values(), key=lambda found: found.value)


def allowed(results: Results, timetables: tuple[Timetable, ...]) -> list[str]:
    """Alarms of the search that take back few enough healthy releases."""
    return [
        name
        for timetable in timetables
        for name in (setting(timetable, alarm) for alarm in alarms.grid())
        if worst(results, name).value <= MOST_FALSE
    ]


def best(results: Results, timetables: tuple[Timetable, ...]) -> str:
    """The alarm that hurts fewest over all error faults."""

    def hurt(policy: str) -> float:
        faults = [*ERROR_FAULTS, *OUTAGES]
        return fsum(log(results[policy, name].bad.mean()) for name in faults)

    return min(allowed(results, timetables), key=hurt)


def figures(results: Results) -> list[Figure]:
    """Every promise, in the order of the issue."""
    on_aws, on_ladder = Rivals(results, AWS), Rivals(results, (alarms.LADDER,))
    found: list[Figure] = []
    for ours, outage_bar, minutes_bar in PROMISES:
        found += [on_aws.fewer(ours, fault, 5.0) for fault in ERROR_FAULTS]
        found += [on_aws.fewer(ours, fault, outage_bar) for fault in OUTAGES]
        found += [on_ladder.fewer(ours, fault, 1.5) for fault in ERROR_FAULTS + OUTAGES]
        found += [
            Figure(
                f"{ours}: false rollbacks, {name}",
                "at most 0.5 %",
                f"{false:.2%}",
                false.value <= 0.005,
            )
            for name, false in false_rollbacks(results, ours).items()
        ]
        found += [_held(results, ours, name) for name in SHARED]
        minutes = median(results[ours, "healthy 0.1 %"].minutes)
        found.append(
            Figure(
                f"{ours}: a healthy cutover at 0.1 %",
                f"at most {minutes_bar:.0f} min",
                f"{minutes:.1f} min",
                minutes <= minutes_bar,
            )
        )
    return found


class Rivals:
    """The alarms of some timetables that seldom go back falsely."""

    def __init__(self, results: Results, timetables: tuple[Timetable, ...]) -> None:
        self.results, self.names = results, allowed(results, timetables)
        self.best = best(results, timetables)
        self.where = (
            "our ladder" if alarms.LADDER in timetables else "CodeDeploy and ECS"
        )

    def fewer(self, ours: str, fault: str, bar: float) -> Figure:
        """How many times fewer bad requests than under the best alarm."""
        results, bad = self.results, self.results[ours, fault].bad
        times = ratio(results[self.best, fault].bad, bad)
        least = min(results[name, fault].bad.mean() for name in self.names)
        bound = wald(BY_NAME[fault])
        above = f"{bad.mean() / bound:.1f} x Wald's bound" if bound else "no bound"
        return Figure(
            f"{ours}: {fault}, against the best alarm on {self.where}",
            f"{bar:g} times fewer",
            f"{times:.1f}",
            times.value >= bar,
            f"{bad.mean():.1f} bad, {above}; against the alarm that is best for this "
            f"fault alone: {least / bad.mean():.1f}",
        )


def _held(results: Results, ours: str, scenario: str) -> Figure:
    outcome = results[ours, scenario]
    exposed = outcome.exposed
    if not exposed.any():
        return Figure(f"{ours}: {scenario}", "98 % held", "nobody was exposed", True)
    held = rate(~(outcome.back | outcome.moved)[exposed])
    return Figure(
        f"{ours}: {scenario}, held and not rolled back",
        "at least 98 %",
        f"{held:.1%}",
        held.value >= 0.98,
        f"{exposed.mean():.0%} were under way; "
        f"rolled back {outcome.back[exposed].mean():.2%}, "
        f"went on {outcome.moved[exposed].mean():.2%}",
    )
