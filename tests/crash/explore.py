"""Every schedule of a scenario, in an order that never leaves one out.

A schedule's later strikes are counted in the run that its earlier strikes have changed:
so a run is made, its effects are counted, and then everything that can still come after
its last strike is added.  An abort is like a strike in this.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tests.crash.run import ENGINE, Engine, Result, run
from tests.crash.scenarios import SCENARIOS, End
from tests.crash.schedule import Fault, Race, Racer, Schedule, Strike, faults_of

FAILURES_KEPT = 3


@dataclass(slots=True)
class Tally:
    """What came of many runs of one scenario."""

    scenario: str
    effects: int = 0
    """Effects of the run in which nothing fails."""
    runs: int = 0
    ends: Counter[End] = field(default_factory=Counter)
    failures: int = 0
    first_failures: list[Result] = field(default_factory=list)
    seconds: float = 0

    def count(self, result: Result) -> None:
        self.runs += 1
        self.ends[result.end] += 1
        if result.failed:
            self.failures += 1
            self._keep([result])

    def add(self, other: Tally) -> None:
        self.effects += other.effects
        self.runs += other.runs
        self.ends += other.ends
        self.failures += other.failures
        self.seconds += other.seconds
        self._keep(other.first_failures)

    def _keep(self, results: list[Result]) -> None:
        # The shortest schedule explains a failure best.
        self.first_failures = sorted(
            [*self.first_failures, *results],
            key=lambda r: (len(r.schedule.strikes), r.schedule.race is not None),
        )[:FAILURES_KEPT]


def singles(
    scenario: str, engine: Engine = ENGINE, racers: Iterable[Racer] = Racer
) -> Iterator[Schedule]:
    """Nothing; each fault, alone and with somebody right before it; each of those."""
    plain = Schedule(scenario)
    yield plain
    for number, effect in enumerate(run(plain, engine).effects, start=1):
        races = [Race(racer, number) for racer in racers]
        for race in (None, *races):
            for fault in faults_of(effect):
                struck = Schedule(scenario, (Strike(number, fault),), race)
                yield struck
                if fault is Fault.LATE_LAST:
                    yield from _landings(struck, engine)
        for race in races:
            yield Schedule(scenario, (), race)


def _landings(latest: Schedule, engine: Engine) -> Iterator[Schedule]:
    """The same late write, landing right before each effect that it can precede."""
    [strike] = latest.strikes
    result = run(latest, engine)
    for number in range(strike.effect + 1, (result.landed or 0) + 1):
        yield replace(latest, strikes=(Strike(strike.effect, Fault.LATE_AT, number),))


def followers(result: Result) -> Iterator[Schedule]:
    """What can still come after the last strike of a run.

    A run whose strike changed nothing is not followed: whatever came after it would be
    a run without that strike.
    """
    schedule = result.schedule
    if schedule.strikes and result.course == course(replace(schedule, strikes=())):
        return
    for number in range(schedule.last + 1, len(result.effects) + 1):
        for fault in faults_of(result.effects[number - 1], in_pairs=True):
            yield schedule.and_then(Strike(number, fault))
        if schedule.race is None:
            yield replace(schedule, race=Race(Racer.ABORT, number))


@lru_cache(maxsize=256)
def course(schedule: Schedule) -> tuple[object, ...]:
    """The course that a schedule takes."""
    return run(schedule).course


def begins_pairs(result: Result) -> bool:
    """Whether a single schedule is one that pairs are made of."""
    schedule = result.schedule
    if schedule.last == 0 or (schedule.race and schedule.race.racer is not Racer.ABORT):
        return False
    return all(
        strike.fault in faults_of(result.effects[strike.effect - 1], in_pairs=True)
        for strike in schedule.strikes
    )


def explore(work: tuple[Schedule, bool]) -> Tally:
    """Run one schedule and, for pairs, everything that can follow it."""
    schedule, pairs = work
    began = time.process_time()
    tally = Tally(schedule.scenario)
    first = run(schedule)
    tally.count(first)
    if schedule == Schedule(schedule.scenario):
        tally.effects = len(first.effects)
    if pairs and begins_pairs(first):
        for following in followers(first):
            tally.count(run(following))
    tally.seconds = time.process_time() - began
    return tally


@dataclass(frozen=True, slots=True)
class Exploration:
    """Work that is being done: how many parts it has, and what comes of each."""

    parts: int
    tallies: Iterator[Tally]


def explore_all(scenarios: Sequence[str], *, pairs: bool, jobs: int) -> Exploration:
    """Explore scenarios in parallel; the answers do not depend on how many jobs."""
    work = [
        (schedule, pairs and SCENARIOS[name].pairs)
        for name in scenarios
        for schedule in singles(name)
    ]
    return Exploration(len(work), _explored(work, jobs))


def _explored(work: Sequence[tuple[Schedule, bool]], jobs: int) -> Iterator[Tally]:
    if jobs == 1:
        yield from map(explore, work)
        return
    # Spawned, because who shows the progress may have threads.
    with multiprocessing.get_context("spawn").Pool(jobs, initializer=_quick) as pool:
        yield from pool.imap(explore, work, chunksize=8)


def _quick() -> None:
    """Collect garbage rarely: values are shared, never linked in circles."""
    gc.freeze()
    gc.set_threshold(100_000)
