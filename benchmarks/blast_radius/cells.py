"""The cells of the table: every policy in every scenario, in parts for all cores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pool
from os import cpu_count

from benchmarks.blast_radius import alarms, ours, rivals
from benchmarks.blast_radius.alarms import Alarm
from benchmarks.blast_radius.outcome import Outcome, joined
from benchmarks.blast_radius.scenarios import ALL, BY_NAME, Kind, Scenario
from benchmarks.blast_radius.timetable import Timetable, Watcher, watch

PART = 1000
"""Cutovers in one part: enough for numpy, few enough for the memory."""

Key = tuple[str, str]
"""Name of the policy, name of the scenario."""
Results = dict[Key, Outcome]
Run = Callable[[Scenario, int, int], dict[str, Outcome]]


@dataclass(frozen=True, slots=True)
class Size:
    """How many cutovers a cell has, of what is judged and of all the rest."""

    faults: int
    healthy: int
    rest_faults: int
    rest_healthy: int

    def of(self, run: str, scenario: Scenario) -> int:
        healthy = scenario.kind is Kind.HEALTHY
        if run in JUDGED:
            return self.healthy if healthy else self.faults
        return self.rest_healthy if healthy else self.rest_faults


FULL = Size(faults=2_000, healthy=10_000, rest_faults=1_000, rest_healthy=2_000)
SHORT = Size(faults=100, healthy=200, rest_faults=50, rest_healthy=50)


def _beside(timetable: Timetable, watchers: dict[str, Watcher]) -> Run:
    def run(scenario: Scenario, replicates: int, seed: int) -> dict[str, Outcome]:
        outcomes = watch(timetable, list(watchers.values()), scenario, replicates, seed)
        return dict(zip(watchers, outcomes, strict=True))

    return run


AWS = (alarms.CANARY, alarms.ECS_CANARY)
"""The timetables of CodeDeploy and ECS over which the best alarm is searched."""
MORE_AWS = (alarms.LONG_CANARY, alarms.LINEAR_1, alarms.LINEAR_3)
"""More of them, for a wider search."""


def setting(timetable: Timetable, alarm: Alarm) -> str:
    """The name of one alarm of the search."""
    return f"{timetable.name}, {alarm.name}"


def _searched(timetable: Timetable) -> dict[str, Watcher]:
    return {setting(timetable, alarm): alarm for alarm in alarms.grid()}


def _usual() -> Alarm:
    return Alarm(3, 3, 0.01, latency=True)


NAMED: dict[str, tuple[Timetable, Watcher]] = {
    "CDK's example alarm": (alarms.CANARY, Alarm(1, 1, 0.0, count=1)),
    "CodeDeploy canary, usual alarm": (alarms.CANARY, _usual()),
    "CodeDeploy canary, 10-s alarm": (
        alarms.CANARY,
        Alarm(3, 3, 0.05, period=1, lag=(1, 3)),
    ),
    "CodeDeploy linear, usual alarm": (alarms.LINEAR_3, _usual()),
    "ECS canary, usual alarm": (alarms.ECS_CANARY, _usual()),
    "our ladder, usual alarm": (alarms.LADDER, _usual()),
    "Argo Rollouts, its example": (
        rivals.ARGO,
        rivals.ArgoRollouts(success=0.95, limit=3, minutes=5, latency=False),
    ),
    "Argo Rollouts, tuned, our ladder": (
        alarms.LADDER,
        rivals.ArgoRollouts(success=0.99, limit=3, minutes=1, latency=True),
    ),
    "Kayenta": (rivals.KAYENTA, rivals.Kayenta()),
    "Lindon and Malek, our ladder": (alarms.LADDER, rivals.LindonMalek()),
    "confidence sequence, our ladder": (alarms.LADDER, rivals.ConfidenceSequence()),
}
"""Rivals that follow a timetable; the usual alarm is 5xx > 1 % or p99, 3 of 3."""
OURS = {
    "Shifter, ALB metrics": ours.S60,
    "Shifter, 10-second counts": ours.S10,
    "Shifter, ALB metrics, from 1 %": ours.S60_FROM_ONE,
    "Shifter, 10-second counts, from 1 %": ours.S10_FROM_ONE,
}
"""The ladder starts at 0.5 %; with the start at 1 % the other numbers of the steps."""


ALONE = {
    "our ladder, our test alone": alarms.LADDER,
    "CodeDeploy canary, our test alone": alarms.CANARY,
}
"""Where the gain comes from: the same test beside a timetable."""


def _runs() -> dict[str, Run]:
    runs = {
        name: _beside(timetable, {name: ours.TestAlone(timetable)})
        for name, timetable in ALONE.items()
    }
    searched = (*AWS, alarms.LADDER, *MORE_AWS)
    for timetable in (*searched, rivals.ARGO, rivals.KAYENTA):
        watchers = _searched(timetable) if timetable in searched else {}
        watchers |= {
            name: watcher
            for name, (used, watcher) in NAMED.items()
            if used is timetable
        }
        runs[timetable.name] = _beside(timetable, watchers)
    runs["Flagger"] = lambda *case: {"Flagger": rivals.Flagger().run(*case)}
    for name, policy in OURS.items():
        runs[name] = lambda *case, name=name, policy=policy: {name: policy.run(*case)}
    return runs


RUNS = _runs()
JUDGED = frozenset(
    {
        alarms.CANARY.name,
        alarms.ECS_CANARY.name,
        alarms.LADDER.name,
        "Shifter, ALB metrics",
        "Shifter, 10-second counts",
    }
)
"""The runs that a promise is about."""


def _one_part(job: tuple[str, str, int, int]) -> tuple[str, dict[str, Outcome]]:
    run, scenario, replicates, seed = job
    return scenario, RUNS[run](BY_NAME[scenario], replicates, seed)


def play(size: Size, told: Callable[[int, int], None]) -> Results:
    """Play everything; the same seeds for every policy, so that all see one world."""
    jobs = []
    for name in RUNS:
        for number, scenario in enumerate(ALL):
            wanted = size.of(name, scenario)
            for part, first in enumerate(range(0, wanted, PART)):
                seed = 1_000 * (number + 1) + part
                jobs.append((name, scenario.name, min(PART, wanted - first), seed))
    jobs.sort(key=lambda job: job[0] not in OURS)  # the longest first
    parts: dict[Key, list[Outcome]] = {}
    with Pool(cpu_count()) as pool:
        for done, (played, outcomes) in enumerate(
            pool.imap_unordered(_one_part, jobs), 1
        ):
            for policy, outcome in outcomes.items():
                parts.setdefault((policy, played), []).append(outcome)
            told(done, len(jobs))
    return {key: joined(outcomes) for key, outcomes in parts.items()}
