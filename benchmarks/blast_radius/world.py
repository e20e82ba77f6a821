"""The world: requests, errors and slow answers of both colours, tick by tick.

Traffic and errors wander slowly, with bursts.  Everything is drawn for many cutovers at
once.  Levels, lags and incidents are assumptions, not measurements of a live system.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from benchmarks.blast_radius.scenarios import PER_MINUTE, TICK_SECONDS, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REQUESTS_PER_SECOND = 13.8889
HISTORY_MINUTES = 60

# Latency is lognormal: median 120 ms, 99 of 100 below 400 ms (600 ms with the fault).
_Z99 = NormalDist().inv_cdf(0.99)
_SIGMA, _SIGMA_FAULT = np.log(400 / 120) / _Z99, np.log(600 / 120) / _Z99


def slower_than(limit_ms: float, sigma: float = _SIGMA) -> float:
    """Fraction of requests that take longer."""
    return 1.0 - NormalDist().cdf(float(np.log(limit_ms / 120) / sigma))


OURS_MS, THEIRS_MS = 400.0, 500.0
SLOW = slower_than(OURS_MS)
"""Fraction over Shifter's objective, 400 ms; rivals look at 500 ms."""
VERY_SLOW = slower_than(THEIRS_MS)
_SLOW_FAULT = slower_than(OURS_MS, _SIGMA_FAULT)
_VERY_SLOW_FAULT = slower_than(THEIRS_MS, _SIGMA_FAULT)
SLOW_RATIO = _SLOW_FAULT / SLOW

BLUE_N, BLUE_FAILED, BLUE_SLOW, BLUE_VERY_SLOW = range(4)
GREEN_N, GREEN_FAILED, GREEN_SLOW, GREEN_VERY_SLOW = range(4, 8)


@dataclass(frozen=True, slots=True)
class Tick:
    """What happened in ten seconds, in each cutover."""

    counts: Floats
    """The eight counts of each cutover, blue's and then green's."""
    excess: Floats
    """Expected bad requests that blue would have served well."""
    lost: Bools
    """Whether the telemetry of this tick is lost."""


class World:
    """Many cutovers side by side; the caller says what weight green has."""

    def __init__(self, scenario: Scenario, replicates: int, seed: int) -> None:
        self.scenario, self.replicates = scenario, replicates
        self.random = random = np.random.default_rng(seed)
        level = np.exp(random.uniform(np.log(0.5), np.log(1.6), replicates))
        if scenario.traffic is not None:
            level = np.full(replicates, scenario.traffic)
        self.per_second = REQUESTS_PER_SECOND * level
        self.traffic_drift = random.normal(0, 0.2, replicates)
        self.error_drift = random.normal(0, 0.3, replicates)
        self.burst, self.incident, self.hole = np.zeros((3, replicates), np.int64)
        self.onset = np.zeros(replicates, np.int64)
        if scenario.late:
            self.onset = random.integers(
                3 * PER_MINUTE, 12 * PER_MINUTE + 1, replicates
            )
        self.live_since = np.full(replicates, -1)
        self.now = 0
        self.history = self._history()
        """Blue's requests, failed and slow ones, in each minute before the cutover."""

    def tick(self, weight: Floats) -> Tick:
        """Serve ten seconds."""
        scenario, random = self.scenario, self.random
        if self.now % PER_MINUTE == 0:
            self._drift()
        requests = random.poisson(self._expected_requests() * TICK_SECONDS)
        green = random.binomial(requests, weight)
        blue = requests - green
        self.live_since = np.where(
            (self.live_since < 0) & (weight > 0), self.now, self.live_since
        )
        rate = self._blue_rate()
        green_rate, slow, very_slow = self._green_rates(rate, weight)
        blue_failed = self._failed(blue, rate)
        green_failed = self._failed(green, green_rate)
        blue_slow = random.binomial(blue, SLOW)
        green_slow = random.binomial(green, slow)
        blue_very_slow = random.binomial(blue_slow, VERY_SLOW / SLOW)
        green_very_slow = random.binomial(green_slow, np.minimum(very_slow / slow, 1))
        excess = green * ((slow - SLOW) if scenario.slower else (green_rate - rate))
        lost = self.hole > 0
        if scenario.lost:
            lost = lost | (random.random(self.replicates) < scenario.lost)
        self.now += 1
        of_blue = (blue, blue_failed, blue_slow, blue_very_slow)
        of_green = (green, green_failed, green_slow, green_very_slow)
        counts = np.stack([*of_blue, *of_green]).astype(np.float64)
        return Tick(counts, excess, lost)

    def _drift(self) -> None:
        random, many, scenario = self.random, self.replicates, self.scenario
        self.traffic_drift = 0.8 * self.traffic_drift + random.normal(0, 0.12, many)
        self.error_drift = 0.9 * self.error_drift + random.normal(0, 0.13, many)
        starts = (self.burst <= 0) & (random.random(many) < 1 / 30)
        self.burst = np.where(starts, random.integers(1, 4, many), self.burst - 1)
        if scenario.incidents:
            starts = (self.incident <= 0) & (
                random.random(many) < scenario.incidents[0] / 60
            )
            self.incident = np.where(starts, 1, self.incident - 1)
        if scenario.holes:
            starts = (self.hole <= 0) & (random.random(many) < scenario.holes)
            self.hole = np.where(starts, 5, self.hole - 1)

    def _expected_requests(self) -> Floats:
        burst = np.where(self.burst > 0, 2.0, 1.0)
        return np.asarray(self.per_second * np.exp(self.traffic_drift - 0.02) * burst)

    def _blue_rate(self) -> Floats:
        scenario = self.scenario
        rate = np.minimum(scenario.base * np.exp(self.error_drift - 0.045), 0.9)
        if scenario.incidents:
            rate = np.where(self.incident > 0, scenario.incidents[1], rate)
        if scenario.shared:
            start, end, added = scenario.shared
            if start * PER_MINUTE <= self.now < end * PER_MINUTE:
                rate = rate + added
        return np.asarray(rate)

    def _green_rates(
        self, rate: Floats, weight: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Green's fractions of failed, slow and very slow requests."""
        scenario, live = self.scenario, self.live_since >= 0
        age = np.where(live, self.now - self.live_since, 0)
        slow = np.full(self.replicates, _SLOW_FAULT if scenario.slower else SLOW)
        very = np.full(
            self.replicates, _VERY_SLOW_FAULT if scenario.slower else VERY_SLOW
        )
        faulty = live & (self.now >= self.onset)
        faulty &= weight >= scenario.from_weight - 1e-9
        added = np.where(faulty, scenario.added, 0.0)
        if scenario.leak:
            most, minutes = scenario.leak
            added = most * np.clip(age / (minutes * PER_MINUTE), 0, 1)
        if scenario.warm_up:
            minutes, errors, times = scenario.warm_up
            cold = live & (age < minutes * PER_MINUTE)
            added = np.where(cold, errors, added)
            slow, very = (
                np.where(cold, slow * times, slow),
                np.where(cold, very * times, very),
            )
        return np.minimum(rate + added, 1.0), slow, very

    def _failed(self, requests: Ints, rate: Floats) -> Ints:
        clump = self.scenario.clump
        drawn = self.random.binomial(requests, rate / clump) * clump
        return np.asarray(np.minimum(requests, drawn))

    def _history(self) -> Ints:
        """The hour before, with the same drift, which leads into the cutover."""
        minutes = []
        for _ in range(HISTORY_MINUTES):
            self._drift()
            requests = self.random.poisson(self._expected_requests() * 60)
            rate = np.minimum(
                self.scenario.base * np.exp(self.error_drift - 0.045), 0.9
            )
            failed = self._failed(requests, np.asarray(rate))
            slow = self.random.binomial(requests, SLOW)
            minutes.append(np.stack([requests, failed, slow]))
        self.incident[:], self.hole[:] = 0, 0
        return np.stack(minutes)
