"""What a plan will do, computed without AWS: shares, times and requests.

Times are lower bounds: shifting itself, waiting for DNS and waiting for gates come on
top.  The time to safe is an upper bound for a world that answers; it begins when an
alarm is in ALARM (or another source shows a breach), because how fast an alarm
evaluates its metric is the alarm's own matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from shifter.cli.running_cost import RunningCost, running_cost
from shifter.core.directive import SOONEST
from shifter.core.evidence_parameters import Parameters
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.intervals import INTERVAL, SETTLE
from shifter.core.lanes import PER_MILLE, Lane, Split, Weights, dns_weights
from shifter.core.permission import Permission
from shifter.core.plan import Plan
from shifter.core.record import WRITE_SECONDS

CALL = timedelta(seconds=5)
"""After this time a call to AWS has been answered or has failed."""
HOUR = timedelta(hours=1)
BLUE = (0.001, 0.005)
"""Parts of blue's requests that are assumed to fail and to be slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeToSafe:
    """The way from a breach to all blue, part by part."""

    unseen: timedelta
    """Until the gates are looked at again; at most one poll, or one shift."""
    look: timedelta
    write: timedelta
    read_back: timedelta

    @property
    def total(self) -> timedelta:
        return self.unseen + self.look + self.write + self.read_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """A step whose bake is too short for what a gate wants to count."""

    gate: str
    minimum_requests: int
    expected: timedelta
    """When the gate will have counted enough, at the expected traffic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForecast:
    """What one step does."""

    number: int
    split: Split
    weights: Weights
    dns_share: int | None
    """Per mille of the answers that lead to edge-2; None leaves DNS as it is."""
    bake: timedelta
    starts_at: timedelta
    """The earliest start, counted from the start of the first step."""
    requests: int
    """Expected on green during the bake."""
    exposed: int
    """Requests that may reach green between a breach and all blue."""
    slow: tuple[Slow, ...]

    @property
    def dns_weights(self) -> tuple[int, int] | None:
        """Route 53 weights of edge-1 and edge-2."""
        return None if self.dns_share is None else dns_weights(self.dns_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a whole plan does."""

    requests_per_hour: int
    steps: tuple[StepForecast, ...]
    time_to_safe: TimeToSafe
    cost: RunningCost

    @property
    def all_on_green_at(self) -> timedelta:
        return self.steps[-1].starts_at

    @property
    def ends_at(self) -> timedelta:
        return self.steps[-1].starts_at + self.steps[-1].bake

    @property
    def requests_before_the_last_step(self) -> int:
        return sum(step.requests for step in self.steps[:-1])


def forecast(plan: Plan, requests_per_hour: int) -> Forecast:
    """Forecast a plan at a steady rate of requests, counted over all edges."""
    time_to_safe = _time_to_safe(plan)
    return Forecast(
        requests_per_hour=requests_per_hour,
        steps=tuple(_steps(plan, requests_per_hour, time_to_safe)),
        time_to_safe=time_to_safe,
        cost=running_cost(plan),
    )


def _time_to_safe(plan: Plan) -> TimeToSafe:
    """The worst case is a breach right after a look that decided to shift."""
    shifting = timedelta(seconds=WRITE_SECONDS) + SOONEST
    return TimeToSafe(
        unseen=max(plan.poll, shifting), look=CALL, write=CALL, read_back=CALL
    )


def _steps(
    plan: Plan, requests_per_hour: int, time_to_safe: TimeToSafe
) -> Iterator[StepForecast]:
    starts_at = timedelta()
    for number in range(1, len(plan.steps) + 1):
        split, bake = plan.split(number), plan.bake(number)
        per_hour = requests_per_hour * split.of(Lane.GREEN) / 1000
        yield StepForecast(
            number=number,
            split=split,
            weights=split.weights(),
            dns_share=plan.dns_share(number),
            bake=bake,
            starts_at=starts_at,
            requests=round(per_hour * (bake / HOUR)),
            exposed=math.ceil(per_hour * (time_to_safe.total / HOUR)),
            slow=(
                *_slow(plan, requests_per_hour, split, bake),
                *_slow_evidence(plan, requests_per_hour, split, bake),
            ),
        )
        starts_at += bake


def _slow(
    plan: Plan, requests_per_hour: int, split: Split, bake: timedelta
) -> Iterator[Slow]:
    """Gates that will still be counting when the bake is over."""
    for gate in plan.gates:
        if not isinstance(gate, SufficiencyGate):
            continue
        per_interval = (
            requests_per_hour * split.of(gate.lane) / 1000 * (INTERVAL / HOUR)
        )
        if per_interval == 0:
            continue
        intervals = math.ceil(gate.minimum_requests / per_interval)
        expected = intervals * INTERVAL + SETTLE
        if expected > bake:
            yield Slow(
                gate=gate.name,
                minimum_requests=gate.minimum_requests,
                expected=expected,
            )


def _slow_evidence(
    plan: Plan, requests_per_hour: int, split: Split, bake: timedelta
) -> Iterator[Slow]:
    """Evidence gates that will still be waiting, if green is as good as blue."""
    ladder = sorted({step.share for step in plan.steps if step.share < PER_MILLE})
    if split.share not in ladder or requests_per_hour == 0:
        return
    for gate in plan.gates:
        if not isinstance(gate, EvidenceGate):
            continue
        chosen = Parameters(
            ladder=tuple(share / PER_MILLE for share in ladder), **gate.parameters()
        )
        permission = Permission(chosen, requests_per_hour / 60, BLUE)
        permission.enter(ladder.index(split.share))
        wanted = max(permission.still_needed(), gate.minimum_requests)
        length = gate.source.length
        per_interval = requests_per_hour * split.share / PER_MILLE * (length / HOUR)
        # The interval in which the weights settle is not whole.
        intervals = math.ceil(wanted / per_interval) + 1
        expected = intervals * length + gate.source.settle
        if split.share == ladder[-1]:
            expected = max(expected, timedelta(seconds=chosen.final_s))
        if expected > bake:
            yield Slow(gate=gate.name, minimum_requests=wanted, expected=expected)
