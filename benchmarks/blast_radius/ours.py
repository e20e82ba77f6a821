"""Shifter: the engine itself, not a copy of it, at every interval that becomes visible.

A step that the engine leaves to a person is charged for as long as a fault that was
not found, unless the engine takes it back in that time, and it counts as a false
rollback of a healthy release.  Both are against Shifter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.blast_radius import alarms
from benchmarks.blast_radius.outcome import ACTUATION, ESCAPE, Outcome, minutes_since
from benchmarks.blast_radius.scenarios import PER_MINUTE, TICK_SECONDS, Scenario
from benchmarks.blast_radius.timetable import GRACE, Timetable
from benchmarks.blast_radius.world import (
    BLUE_FAILED,
    BLUE_N,
    BLUE_SLOW,
    GREEN_FAILED,
    GREEN_N,
    GREEN_SLOW,
    Bools,
    Floats,
    Tick,
    World,
)
from shifter.core.baseline import baseline
from shifter.core.evidence import Evidence
from shifter.core.evidence_parameters import TEN_SECONDS

PROPAGATION = 2
"""Ticks until new weights are sure to be in effect."""
LONGEST = 240 * PER_MINUTE
NEVER = 10**6

OUR_COUNTS = (BLUE_N, BLUE_FAILED, BLUE_SLOW, GREEN_N, GREEN_FAILED, GREEN_SLOW)


@dataclass(frozen=True)
class Shifter:
    """One kind of telemetry, with the parameters that belong to it."""

    period: int
    """Ticks of an interval."""
    lag: tuple[int, int]
    parameters: dict[str, float | tuple[float, ...]]

    def run(self, scenario: Scenario, replicates: int, seed: int) -> Outcome:
        """Play many cutovers, each with an engine of its own."""
        world = World(scenario, replicates, seed)
        return _Run(self, scenario, world, seed).outcome()


LADDER = alarms.LADDER.weights
FROM_ONE_PERCENT = (0.01, 0.05, 0.10, 0.25, 0.50, 0.95)

S60 = Shifter(PER_MINUTE, (6, 18), {"ladder": LADDER})
S10 = Shifter(1, (1, 3), {**TEN_SECONDS, "ladder": LADDER})
S60_FROM_ONE = replace(S60, parameters={"ladder": FROM_ONE_PERCENT})
S10_FROM_ONE = replace(S10, parameters={**S10.parameters, "ladder": FROM_ONE_PERCENT})


def engines(
    world: World, parameters: dict[str, float | tuple[float, ...]]
) -> list[Evidence]:
    """One engine for each cutover, from an hour of blue's history."""
    made = []
    for minutes in world.history.transpose(2, 0, 1).tolist():
        rpm, rates, phi = baseline(minutes)
        made.append(Evidence(rpm, rates, phi, **parameters))
    return made


class _Run:
    """Many cutovers under way, in step with the world's ticks."""

    def __init__(
        self, ours: Shifter, scenario: Scenario, world: World, seed: int
    ) -> None:
        many = world.replicates
        self.ours, self.scenario, self.world = ours, scenario, world
        self.evidence = engines(world, ours.parameters)
        self.ladder = np.array(self.evidence[0].parameters.ladder)
        lag = np.random.default_rng(seed + 7).integers(
            ours.lag[0], ours.lag[1] + 1, many
        )
        self.by_lag = {int(k): np.flatnonzero(lag == k).tolist() for k in set(lag)}
        self.step, self.entered = [0] * many, [0] * many
        self.decided_at, self.done_at, self.paused_at, self.fault_at = np.full(
            (4, many), NEVER
        )
        self.bad = np.zeros(many)
        self.moved = np.zeros(many, np.bool_)
        self.intervals: list[tuple[list[list[int]], list[bool]]] = []
        self.sums, self.gone = np.zeros((8, many)), np.zeros(many, np.bool_)

    def outcome(self) -> Outcome:
        """Let time go by until nothing is charged any more."""
        for now in range(LONGEST + ESCAPE):
            away = now > self.decided_at + ACTUATION
            done = now > self.done_at
            over = now > np.minimum(self.done_at, self.paused_at) + ESCAPE
            if (away | over).all():
                break
            weight = np.where(done, 1.0, self.ladder[self.step])
            tick = self.world.tick(np.where(away | over, 0.0, weight))
            self.bad += tick.excess
            first_fault = (self.fault_at == NEVER) & (tick.excess > 0)
            self.fault_at[first_fault] = now
            self._collect(now, tick)
            watched = ~(done | over | (self.decided_at < NEVER))
            self._look(now, watched.tolist())
        return self._told()

    def _collect(self, now: int, tick: Tick) -> None:
        self.sums += tick.counts
        self.gone |= tick.lost
        if (now + 1) % self.ours.period == 0:
            rows = self.sums[list(OUR_COUNTS)].T.astype(np.int64).tolist()
            self.intervals.append((rows, self.gone.tolist()))
            self.sums[:], self.gone[:] = 0, False

    def _look(self, now: int, watched: list[bool]) -> None:
        """Feed what has become visible, and do what each engine says."""
        for lag, who in self.by_lag.items():
            number, rest = divmod(now + 1 - lag, self.ours.period)
            if number > 0 and rest == 0:
                self._feed(number - 1, [i for i in who if watched[i]])
        for i, evidence in enumerate(self.evidence):
            if watched[i]:
                since_step_s = TICK_SECONDS * (now + 1 - self.entered[i])
                answer = evidence.decide(
                    now=TICK_SECONDS * (now + 1),
                    step=self.step[i],
                    since_step_s=since_step_s,
                )
                if answer != "HOLD":
                    self._act(answer, i, now)

    def _feed(self, number: int, who: list[int]) -> None:
        rows, lost = self.intervals[number]
        first = number * self.ours.period
        end_s = TICK_SECONDS * (first + self.ours.period)
        for i in who:
            blue_n, blue_failed, blue_slow, n, failed, slow = rows[i]
            self.evidence[i].update(
                now=end_s,
                step=self.step[i],
                blue=(blue_n, blue_failed, blue_slow),
                green=(n, failed, slow),
                whole=first >= self.entered[i] + PROPAGATION,
                missing=lost[i],
            )

    def _act(self, answer: str, i: int, now: int) -> None:
        if answer == "ROLLBACK":
            self.decided_at[i] = now
        elif answer == "PAUSE":
            self.paused_at[i] = min(self.paused_at[i], now)
        else:
            if self.scenario.shared is not None:
                start, end, _ = self.scenario.shared
                seen = start * PER_MINUTE + GRACE <= now < end * PER_MINUTE
                self.moved[i] |= seen
            if answer == "DONE":
                self.done_at[i] = now
            else:
                self.step[i] += 1
                self.entered[i] = now + 1

    def _told(self) -> Outcome:
        back = self.decided_at < NEVER
        ended = np.minimum(self.decided_at, self.done_at)
        start = self.scenario.shared[0] if self.scenario.shared else np.inf
        return Outcome(
            bad=self.bad,
            back=back,
            paused=~back & (self.paused_at < NEVER),
            minutes=np.where(self.done_at < NEVER, self.done_at / PER_MINUTE, np.nan),
            delay=minutes_since(
                self.fault_at,
                self.decided_at + ACTUATION,
                back & (self.fault_at < NEVER),
            ),
            moved=self.moved,
            exposed=ended > start * PER_MINUTE + GRACE,
        )


class TestAlone:
    """The engine's test beside a timetable, without its permission to go on."""

    period, lag, to_the_end = PER_MINUTE, (6, 18), True

    def __init__(self, timetable: Timetable) -> None:
        self.name = "our test alone"
        self.ladder = timetable.weights

    def start(self, world: World) -> None:
        self.evidence = engines(world, {"ladder": self.ladder})
        self.minute = 0

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        self.minute += 1
        rows = data[list(OUR_COUNTS)].T.astype(np.int64).tolist()
        for evidence, row, seen in zip(
            self.evidence, rows, known.tolist(), strict=True
        ):
            evidence.update(
                now=60 * self.minute,
                step=step,
                blue=tuple(row[:3]),
                green=tuple(row[3:]),
                missing=not seen,
            )
        return np.array([evidence.crossed_at is not None for evidence in self.evidence])
