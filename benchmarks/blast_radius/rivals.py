"""Rivals that analyse: Argo Rollouts, Flagger, Kayenta, and two sequential tests.

The rules are those of documentation and source, cited by title:
* Argo Rollouts, "Analysis & Progressive Delivery": the analysis fails with more than
  failureLimit failed measurements, or with more than four errors in a row;
* Flagger, "How it works" and scheduler.go: a check that fails or finds no values halts
  the step and adds to a counter that never falls; promotion is not analysed;
* Kayenta, "Canary judgment" and MannWhitneyClassifier.scala, with Spinnaker's "Canary
  best practices" for the times;
* "Rapid regression detection in software deployments through sequential testing", and
  GrowthBook, "Sequential testing".
Prometheus' lag of 20 to 40 s is in favour of the first two.
"""

from __future__ import annotations

from functools import cache
from math import lgamma
from statistics import NormalDist

import numpy as np

from benchmarks.blast_radius.alarms import NINETY_NINTH
from benchmarks.blast_radius.outcome import ACTUATION, ESCAPE, Outcome, minutes_since
from benchmarks.blast_radius.scenarios import PER_MINUTE, Scenario
from benchmarks.blast_radius.timetable import Timetable
from benchmarks.blast_radius.world import (
    BLUE_FAILED,
    BLUE_N,
    BLUE_SLOW,
    GREEN_FAILED,
    GREEN_N,
    GREEN_SLOW,
    GREEN_VERY_SLOW,
    Bools,
    Floats,
    World,
)

PROMETHEUS = (2, 4)
CLOUDWATCH = (6, 18)

ARGO = Timetable("20, 40, 60, 80 %, 10 minutes each", (0.2, 0.4, 0.6, 0.8, 1.0), 10, 0)
KAYENTA = Timetable("10 % for three hours", (0.1, 1.0), 180)


class ArgoRollouts:
    """Background analysis: more than `limit` failed measurements roll back."""

    lag = PROMETHEUS

    def __init__(
        self, *, success: float, limit: int, minutes: int, latency: bool
    ) -> None:
        self.name = f"success >= {success:.0%} each {minutes} min, failureLimit {limit}"
        self.allowed, self.limit, self.latency = 1 - success, limit, latency
        self.period = minutes * PER_MINUTE
        self.to_the_end = latency

    def start(self, world: World) -> None:
        self.failed, self.errors = np.zeros((2, world.replicates), np.int64)

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        del step
        failed = data[GREEN_FAILED] > self.allowed * data[GREEN_N]
        if self.latency:
            failed |= data[GREEN_VERY_SLOW] > np.floor(NINETY_NINTH * data[GREEN_N])
        self.failed += known & failed
        self.errors = np.where(known, 0, self.errors + 1)
        return np.asarray((self.failed > self.limit) | (self.errors > 4))


class Kayenta:
    """Three judgements of an hour, by Mann-Whitney, with a baseline of equal size."""

    name = "Mann-Whitney 98 %, 3 x 60 minutes"
    period, lag, to_the_end = PER_MINUTE, CLOUDWATCH, False
    every = 60

    def start(self, world: World) -> None:
        self.series = np.zeros((4, world.replicates, self.every))
        self.seen = np.zeros(world.replicates, np.int64)
        self.random = np.random.default_rng(5)

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        del step
        who = np.flatnonzero(known)
        green, blue = data[GREEN_N, who], np.maximum(data[BLUE_N, who], 1)
        sampled = np.minimum(1.0, green / blue)
        position = self.seen[who] % self.every
        for k, (of_green, of_blue) in enumerate(
            ((GREEN_FAILED, BLUE_FAILED), (GREEN_SLOW, BLUE_SLOW))
        ):
            drawn = self.random.binomial(data[of_blue, who].astype(np.int64), sampled)
            self.series[2 * k, who, position] = data[of_green, who] / green
            self.series[2 * k + 1, who, position] = drawn / np.maximum(
                blue * sampled, 1
            )
        self.seen[who] += 1
        high = np.zeros(len(known), np.bool_)
        judged = who[self.seen[who] % self.every == 0]
        for part in np.array_split(judged, max(1, len(judged) // 200)):
            if len(part):  # one of two metrics high: a score of 50, below marginal
                failed, blue_failed, slow, blue_slow = self.series[:, part]
                high[part] = _is_high(failed, blue_failed) | _is_high(slow, blue_slow)
        return high


def _is_high(canary: Floats, baseline: Floats) -> Bools:
    """Kayenta's effect size: the shift's lower bound over a quarter of its estimate."""
    confidence, tolerance = 0.98, 0.25
    many, n = canary.shape
    m = baseline.shape[1]
    shifts = np.sort((canary[:, :, None] - baseline[:, None, :]).reshape(many, -1), 1)
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2)
    rank = int(np.floor(n * m / 2 - z * np.sqrt(n * m * (n + m + 1) / 12) - 0.5))
    lower, estimate = shifts[:, max(rank, 0)], np.median(shifts, 1)
    return np.asarray(
        (lower > tolerance * np.abs(estimate))
        & (canary.mean(1) >= baseline.mean(1))
        & (shifts[:, -1] > shifts[:, 0])
    )


class LindonMalek:
    """Whose the next bad event is: a Bayes factor with a flat prior, for each step."""

    name = "Lindon and Malek, alpha 1 %"
    period, lag, to_the_end = PER_MINUTE, CLOUDWATCH, True
    alpha = 0.01

    def start(self, world: World) -> None:
        self.events = np.zeros((2, 2, world.replicates))
        self.before, self.under_null = np.zeros((2, 2, world.replicates))
        self.step = 0

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        if step != self.step:
            self.before += self._factor()
            self.events[:], self.under_null[:], self.step = 0, 0, step
        known = known & (data[BLUE_N] > 0)
        pi = np.where(
            known, data[GREEN_N] / np.maximum(data[GREEN_N] + data[BLUE_N], 1), 0.5
        )
        for k, (x, y) in enumerate(
            ((GREEN_FAILED, BLUE_FAILED), (GREEN_SLOW, BLUE_SLOW))
        ):
            green, blue = data[x] * known, data[y] * known
            self.events[k] += green, blue
            self.under_null[k] += green * np.log(pi) + blue * np.log1p(-pi)
        total = self.before + self._factor()
        log_mean = np.logaddexp(total[0], total[1]) - np.log(2)
        return np.asarray(log_mean >= -np.log(self.alpha))

    def _factor(self) -> Floats:
        green, blue = self.events[:, 0], self.events[:, 1]
        log_beta = (
            _log_gamma(1 + green) + _log_gamma(1 + blue) - _log_gamma(2 + green + blue)
        )
        return np.asarray(log_beta - self.under_null)


@cache
def _log_gammas(most: int) -> Floats:
    return np.array([0.0, *(lgamma(k) for k in range(1, most))])


def _log_gamma(x: Floats) -> Floats:
    """Of whole numbers, from a table."""
    most = 1 << int(x.max() + 2).bit_length()
    return np.asarray(_log_gammas(most)[x.astype(np.int64)])


class ConfidenceSequence:
    """An asymptotic confidence sequence for the difference of two proportions."""

    name = "asymptotic confidence sequence, alpha 1 %"
    period, lag, to_the_end = PER_MINUTE, CLOUDWATCH, True
    alpha, tuned_for = 0.01 / 2, 5000
    fewest = 20

    def start(self, world: World) -> None:
        self.sums = np.zeros((8, world.replicates))

    def look(self, data: Floats, known: Bools, step: int) -> Bools:
        del step
        self.sums += data * known
        blue, green = (
            np.maximum(self.sums[BLUE_N], 1),
            np.maximum(self.sums[GREEN_N], 1),
        )
        n = blue + green
        tuning = -2 * np.log(self.alpha) + np.log(-2 * np.log(self.alpha) + 1)
        scale = n * tuning / self.tuned_for
        fired = np.zeros(len(known), np.bool_)
        for x, y in ((GREEN_FAILED, BLUE_FAILED), (GREEN_SLOW, BLUE_SLOW)):
            p_green, p_blue = self.sums[x] / green, self.sums[y] / blue
            variance = p_blue * (1 - p_blue) / blue + p_green * (1 - p_green) / green
            width = np.sqrt(
                variance
                * n
                * 2
                * (scale + 1)
                / (n * scale)
                * np.log(np.sqrt(scale + 1) / self.alpha)
            )
            fired |= (p_green - p_blue > width) & (variance > 0)
        return np.asarray(fired & (self.sums[GREEN_N] >= self.fewest))


class Flagger:
    """Moves on after each check that passes; `threshold` failed ones roll back."""

    weights = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 1.0])
    threshold = 5

    def run(self, scenario: Scenario, replicates: int, seed: int) -> Outcome:
        world = World(scenario, replicates, seed)
        random = np.random.default_rng(seed + 7)
        lag = random.integers(PROMETHEUS[0], PROMETHEUS[1] + 1, replicates)
        step, since, failed = np.zeros((3, replicates), np.int64)
        passed = np.zeros(replicates, np.bool_)
        decided_at, done_at, fault_at = np.full((3, replicates), -1)
        bad, last = np.zeros(replicates), len(self.weights) - 1
        minutes: list[tuple[Floats, Bools]] = []
        sums, gone = np.zeros((8, replicates)), np.zeros(replicates, np.bool_)
        for now in range(240 * PER_MINUTE + ESCAPE):
            away = (decided_at >= 0) & (now > decided_at + ACTUATION)
            done = done_at >= 0
            charged = ~away & (~done | (now <= done_at + ESCAPE))
            if not charged.any():
                break
            weight = np.where(away, 0.0, np.where(done, 1.0, self.weights[step]))
            tick = world.tick(weight)
            bad += np.where(charged, tick.excess, 0)
            fault_at = np.where(
                (fault_at < 0) & (tick.excess > 0) & ~done, now, fault_at
            )
            sums, gone = sums + tick.counts, gone | tick.lost
            if (now + 1) % PER_MINUTE == 0:
                minutes.append((sums, gone))
                sums, gone = np.zeros((8, replicates)), np.zeros(replicates, np.bool_)
            running = (decided_at < 0) & ~done
            passed[:] = False
            for k in np.unique(lag):
                seen = now + 1 - k
                if seen <= 0 or seen % PER_MINUTE:
                    continue
                data, lost = minutes[seen // PER_MINUTE - 1]
                who = running & (lag == k)
                fails = lost | self._fails(data)
                failed += who & fails
                passed |= who & ~fails
            back = running & (failed >= self.threshold) & (step < last)
            decided_at = np.where(back, now, decided_at)
            since += 1
            running &= ~back
            complete = running & (step == last) & (since >= PER_MINUTE)
            goes_on = running & passed & (since >= PER_MINUTE) & (step < last)
            step, since = step + goes_on, np.where(goes_on, 0, since)
            done_at = np.where(complete, now, done_at)
        back = decided_at >= 0
        ends_at = decided_at + ACTUATION
        nobody = np.zeros(replicates, np.bool_)
        return Outcome(
            bad=bad,
            back=back,
            paused=nobody,
            minutes=np.where(done_at >= 0, done_at / PER_MINUTE, np.nan),
            delay=minutes_since(np.maximum(fault_at, 0), ends_at, back),
            moved=nobody,
            exposed=nobody,
        )

    @staticmethod
    def _fails(data: Floats) -> Bools:
        n = data[GREEN_N]
        slow = data[GREEN_VERY_SLOW] > np.floor(NINETY_NINTH * n)
        return np.asarray((n == 0) | (data[GREEN_FAILED] > 0.01 * n) | slow)
