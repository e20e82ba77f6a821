"""Traffic: payments, second by second, through DNS and the edges to the lanes.

Each virtual second, a number of requests arrives (Poisson); resolvers decide the edge,
live weights the lane, the lane's targets and troubles the answer and its latency.  Each
minute the load balancers publish what they saw, as `AWS/ApplicationELB` does: a count
only when it is not zero, and nothing for a group that nobody asked.  Every ten seconds
the application does.  Of the hour before, only what the load balancers and the
application had counted is made up: blue served it, and nothing was wrong.

Rules: one seed, one run; a forward without weight or a group without healthy targets
answers 503 of the load balancer, which is no request of any target group.  AWS sends
to all targets when none is healthy ("fail open"); such requests fail here, too.
Stickiness is not modelled.  Source: user guide for Application Load Balancers,
"CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from random import Random

from shifter.core.lanes import Lane
from shifter_sandbox.account import Account
from shifter_sandbox.application_metrics import ApplicationMetrics
from shifter_sandbox.balancer_metrics import BalancerMetrics
from shifter_sandbox.chance import poisson
from shifter_sandbox.clock import minute_of
from shifter_sandbox.resolvers import Resolvers, draw
from shifter_sandbox.system import Entry, System
from shifter_sandbox.troubles import Trouble

PAYMENTS_PER_HOUR = 50_000
BASE_ERRORS = 0.0004
BASE_LATENCY = 0.045
LATENCY_SPREAD = 0.35
BUCKET = timedelta(seconds=10)
BEFORE = timedelta(hours=1)
"""So much of the past is made up."""
NOWHERE = "nowhere"
"""The lane of a request that the load balancer itself had to refuse."""
_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Bucket:
    """What was served in a short span."""

    start: datetime
    requests: Counter[str] = field(default_factory=Counter)
    """By lane."""
    errors: Counter[str] = field(default_factory=Counter)
    """By lane."""
    edges: Counter[str] = field(default_factory=Counter)
    """Requests by edge."""

    @property
    def total(self) -> int:
        return self.requests.total()

    def share(self, lane: str) -> float:
        """Part of the requests that the lane really got."""
        return self.requests[lane] / self.total if self.total else 0.0


class Traffic:
    """The clients of one system."""

    def __init__(
        self,
        aws: Account,
        system: System,
        *,
        seed: int = 1,
        per_hour: int = PAYMENTS_PER_HOUR,
    ) -> None:
        self._aws = aws
        self._entries = {entry.edge: entry for entry in system.entries}
        self._random = Random(seed)  # noqa: S311  a model, not a secret
        self._rate = per_hour / 3600
        self._second = aws.now().replace(microsecond=0)
        self._latencies = _latencies(self._random)
        self._resolvers = _resolvers(aws, system, self._random)
        self._troubles: list[Trouble] = []
        self._published = BalancerMetrics(
            aws.metrics, aws.load_balancing, system.entries
        )
        self._counted = ApplicationMetrics(
            aws.metrics, system.topology.environment, system.entries
        )
        self._watchers: list[Callable[[Bucket], object]] = []
        self._remember(Random(seed + 1))  # noqa: S311
        self.total = Bucket(self._second)
        self.buckets: list[Bucket] = []
        aws.clock.each_span(self._pass)

    def plant(self, *troubles: Trouble) -> None:
        """Let lanes do something wrong."""
        self._troubles.extend(troubles)

    def each_bucket(self, watcher: Callable[[Bucket], object]) -> None:
        """Show `watcher` every span of ten seconds when it is over."""
        self._watchers.append(watcher)

    def series(self, span: timedelta = timedelta(minutes=1)) -> list[Bucket]:
        """The whole run in spans that are multiples of ten seconds."""
        merged: list[Bucket] = []
        for bucket in self.buckets:
            if not merged or bucket.start >= merged[-1].start + span:
                merged.append(Bucket(_floor(bucket.start, span)))
            _add(merged[-1], bucket)
        return merged

    def _pass(self, _: datetime, end: datetime) -> None:
        while self._second + _SECOND <= end:
            self._serve_second(self._second)
            self._second += _SECOND
            if self._second.second % 10 == 0:
                self._counted.publish(self._second - BUCKET)
            if self._second.second == 0:
                self._published.publish(self._second - timedelta(minutes=1))
            if self.buckets and self._second >= self.buckets[-1].start + BUCKET:
                for watch in self._watchers:
                    watch(self.buckets[-1])

    def _remember(self, random: Random) -> None:
        """Let the hour before have been: blue served it at the first edge."""
        entry, began = (
            next(iter(self._entries.values())),
            minute_of(self._second) - BEFORE,
        )
        [blue] = [group for group, lane in entry.lanes.items() if lane == Lane.BLUE]
        for number in range(BEFORE // BUCKET):
            count = max(round(random.gauss(mean := self._rate * 10, mean**0.5)), 0)
            failed = sum(random.random() < BASE_ERRORS for _ in range(count))
            latencies = random.choices(self._latencies, k=count)
            self._published.answered(entry, blue, failed, latencies)
            self._counted.answered(entry.edge, Lane.BLUE, failed, latencies)
            over = began + (number + 1) * BUCKET
            self._counted.publish(over - BUCKET)
            if over.second == 0:
                self._published.publish(over - timedelta(minutes=1))

    def _serve_second(self, now: datetime) -> None:
        if not self.buckets or now >= self.buckets[-1].start + BUCKET:
            self.buckets.append(Bucket(_floor(now, BUCKET)))
        bucket = self.buckets[-1]
        for edge, share in self._resolvers(now).items():
            count = poisson(self._random, self._rate * share)
            entry = self._entries[edge]
            weights = self._aws.load_balancing.forward_weights(entry.forward_arn)
            self._notice(entry, weights, now)
            if count:
                bucket.edges[edge] += count
                self.total.edges[edge] += count
                self._serve(entry, weights, count, now, bucket)

    def _serve(
        self,
        entry: Entry,
        weights: Mapping[str, int],
        count: int,
        now: datetime,
        bucket: Bucket,
    ) -> None:
        groups = Counter(_choose(self._random, weights, count))
        for group, number in groups.items():
            lane = entry.lane_of(group)
            failed = 0
            if not group or not self._aws.load_balancing.health_counts(group)[0]:
                failed = number
                lane = lane if group else NOWHERE
                self._published.refused(entry, number)
            else:
                rate, extra = self._behaviour(lane, now)
                failed = sum(self._random.random() < rate for _ in range(number))
                latencies = [self._latency(extra) for _ in range(number)]
                self._published.answered(entry, group, failed, latencies)
                self._counted.answered(entry.edge, lane, failed, latencies)
            for told in (bucket, self.total):
                told.requests[lane] += number
                if failed:
                    told.errors[lane] += failed

    def _notice(self, entry: Entry, weights: Mapping[str, int], now: datetime) -> None:
        total = sum(weights.values())
        for trouble in self._troubles:
            part = sum(
                w for g, w in weights.items() if entry.lane_of(g) == trouble.lane
            )
            trouble.notice(now, part / total if total else 0.0)

    def _behaviour(self, lane: str, now: datetime) -> tuple[float, float]:
        active = [t for t in self._troubles if t.lane == lane and t.active(now)]
        rate = BASE_ERRORS + sum(trouble.error_rate(now) for trouble in active)
        return rate, sum(trouble.extra_latency(now) for trouble in active)

    def _latency(self, extra: float) -> float:
        drawn = self._latencies[int(self._random.random() * len(self._latencies))]
        return round(drawn + extra, 3)


def _resolvers(
    aws: Account, system: System, random: Random
) -> Callable[[datetime], Mapping[str, float]]:
    if system.dns is None:
        alone = {system.entries[0].edge: 1.0}
        return lambda _: alone
    dns = system.dns

    def served() -> Mapping[str, int]:
        kind = dns.types[0]
        weights = aws.name_service.served_weights(dns.zone_id, dns.name, kind)
        return {r.edge: weights.get(r.set_identifier, 0) for r in dns.records}

    return Resolvers(random, served, aws.now()).shares


def _latencies(random: Random) -> list[float]:
    """A stock of latencies to draw from, which is cheaper than the formula."""
    return [
        round(BASE_LATENCY * exp(random.gauss(0, LATENCY_SPREAD)), 3)
        for _ in range(2000)
    ]


def _choose(random: Random, weights: Mapping[str, int], count: int) -> Iterable[str]:
    """The target group of each request; empty when no group has any weight."""
    if not any(weights.values()):
        return [""] * count
    return (draw(random, weights) for _ in range(count))


def _floor(moment: datetime, span: timedelta) -> datetime:
    """The start of the span in which a moment lies, counted from midnight."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // span * span


def _add(target: Bucket, source: Bucket) -> None:
    target.requests.update(source.requests)
    target.errors.update(source.errors)
    target.edges.update(source.edges)
