"""Cutovers that follow a timetable, with watchers beside it.

What a watcher sees does not change the timetable until it takes the cutover back.  So
one run of the world serves many watchers: each tells at which datapoint it fires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.blast_radius.outcome import ACTUATION, ESCAPE, Outcome, minutes_since
from benchmarks.blast_radius.scenarios import PER_MINUTE, Scenario
from benchmarks.blast_radius.world import GREEN_N, Bools, Floats, Ints, World

GRACE = 4 * PER_MINUTE
"""An incident cannot be seen earlier than this."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Weights, how many minutes each lasts, and how many the last one is watched."""

    name: str
    weights: tuple[float, ...]
    bake: float
    final: float = 10.0

    def steps(self) -> Ints:
        """The step of each tick, until the cutover is complete."""
        before = np.repeat(np.arange(len(self.weights) - 1), self._ticks(self.bake))
        last = np.full(self._ticks(self.final), len(self.weights) - 1)
        return np.concatenate([before, last])

    @staticmethod
    def _ticks(minutes: float) -> int:
        return round(minutes * PER_MINUTE)


class Watcher(Protocol):
    """A rule beside a timetable."""

    name: str
    period: int
    """Ticks of a datapoint."""
    lag: tuple[int, int]
    """Ticks until a datapoint is seen: constant in a cutover, drawn from this range."""
    to_the_end: bool
    """Whether the last weight is watched, too."""

    def start(self, world: World) -> None:
        """Forget everything; the world may be asked for its history."""

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        """Take a datapoint, and tell where the cutover has to go back."""


def watch(
    timetable: Timetable,
    watchers: Sequence[Watcher],
    scenario: Scenario,
    replicates: int,
    seed: int,
) -> list[Outcome]:
    """One outcome for each watcher."""
    world, steps = World(scenario, replicates, seed), timetable.steps()
    complete = len(steps)
    counts = np.zeros((complete, 8, replicates))
    lost = np.zeros((complete, replicates), np.bool_)
    bad = np.zeros((complete + ESCAPE, replicates))
    for now in range(complete + ESCAPE):
        weight = timetable.weights[steps[now]] if now < complete else 1.0
        tick = world.tick(np.full(replicates, weight))
        bad[now] = tick.excess
        if now < complete:
            counts[now], lost[now] = tick.counts, tick.lost
    fault_at = np.where((bad[:complete] > 0).any(0), (bad > 0).argmax(0), 0)
    bad = bad.cumsum(0)
    outcomes = []
    for watcher in watchers:
        fired_at = _fired_at(watcher, world, steps, (counts, lost), seed)
        back = fired_at >= 0
        ends_at = np.where(back, fired_at + ACTUATION, complete + ESCAPE - 1)
        moved, exposed = _in_incident(
            scenario, steps, np.where(back, fired_at, complete)
        )
        outcomes.append(
            Outcome(
                bad=bad[ends_at, np.arange(replicates)],
                back=back,
                paused=np.zeros(replicates, np.bool_),
                minutes=np.where(back, np.nan, (complete - 1) / PER_MINUTE),
                delay=minutes_since(fault_at, ends_at, back),
                moved=moved,
                exposed=exposed,
            )
        )
    return outcomes


def _fired_at(
    watcher: Watcher,
    world: World,
    steps: Ints,
    telemetry: tuple[Floats, Bools],
    seed: int,
) -> Ints:
    """The tick in which each cutover is told to go back; -1 for never."""
    counts, lost = telemetry
    complete, replicates = lost.shape
    lag = np.random.default_rng(seed + 7).integers(
        watcher.lag[0], watcher.lag[1] + 1, replicates
    )
    watcher.start(world)
    fired_at = np.full(replicates, -1)
    for first in range(0, complete - watcher.period + 1, watcher.period):
        after = first + watcher.period
        data = counts[first:after].sum(0)
        gone = (
            lost[first:after].any(0)
            if watcher.period <= PER_MINUTE
            else lost[after - 1]
        )
        fired = watcher.look(data, ~gone & (data[GREEN_N] > 0), int(steps[first]))
        seen_at = after + lag - 1
        in_time = seen_at < complete
        if not watcher.to_the_end:
            in_time &= steps[np.minimum(seen_at, complete - 1)] < steps[-1]
        fired_at = np.where(fired & in_time & (fired_at < 0), seen_at, fired_at)
    return fired_at


def _in_incident(scenario: Scenario, steps: Ints, ends_at: Ints) -> tuple[Bools, Bools]:
    """Who went on in the middle of an incident on both, and who was exposed to it."""
    moved = exposed = np.zeros(len(ends_at), np.bool_)
    if scenario.shared is not None:
        start, end, _ = scenario.shared
        first, last = round(start * PER_MINUTE) + GRACE, round(end * PER_MINUTE)
        exposed = ends_at > first
        for moved_at in [*(np.flatnonzero(np.diff(steps)) + 1), len(steps)]:
            if first <= moved_at < last:
                moved = moved | (ends_at >= moved_at)
    return moved, exposed
