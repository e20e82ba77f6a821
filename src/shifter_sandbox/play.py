"""Playing: a scenario from its start to its end, watched or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shifter.core.gates.gate import Judgement
from shifter.core.journal import Entry
from shifter.core.lanes import Weights
from shifter.core.record import Record
from shifter_sandbox.faults import Fault
from shifter_sandbox.functions import Invocation
from shifter_sandbox.scenario import Scenario, shipped_plan
from shifter_sandbox.stage import CUTOVER, OPERATOR, Stage, stage
from shifter_sandbox.stepfunctions import ExecutionResult
from shifter_sandbox.timeline import Shown, follow
from shifter_sandbox.traffic import Bucket


@dataclass(frozen=True, slots=True)
class Moment:
    """What can be seen at one moment of a run."""

    scenario: Scenario
    now: datetime
    since: datetime
    record: Record | None
    judgements: tuple[Judgement, ...]
    weights: Mapping[str, Weights]
    dns: Mapping[str, int]
    total: Bucket
    lately: Bucket | None
    happened: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Played:
    """A run that has ended, and everything that it left behind."""

    scenario: Scenario
    record: Record
    journal: tuple[Entry, ...]
    executions: tuple[ExecutionResult, ...]
    """Of this cutover, in the order of their start."""
    others: tuple[ExecutionResult, ...]
    """Started by somebody beside them."""
    invocations: tuple[Invocation, ...]
    weights: Mapping[str, Weights]
    sticky: frozenset[str]
    """Edges that pin clients to a lane."""
    timeline: tuple[Shown, ...]
    dns: Mapping[str, int]
    messages: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    total: Bucket
    series: tuple[Bucket, ...]
    happened: Mapping[str, datetime]
    faults: tuple[Fault, ...]
    """The planted ones; each knows when it struck."""
    calls: Mapping[str, int]
    metrics_asked: int
    """By all GetMetricData together."""
    started: datetime
    ended: datetime
    real_seconds: float
    locked: bool
    """Whether somebody still holds the environment."""
    scale_in_suspended: bool
    """Whether blue is still kept from becoming smaller."""

    @property
    def duration(self) -> timedelta:
        return self.ended - self.started


Watcher = Callable[[Moment], object]


def play(
    scenario: Scenario,
    *,
    seed: int = 1,
    history_limit: int | None = None,
    watch: Watcher | None = None,
) -> Played:
    """Play a scenario.  Equal seeds give equal runs, watched or not."""
    began = time.perf_counter()
    parts = {"edges": 2, **scenario.parts}
    limit = history_limit or scenario.history_limit
    with stage(seed=seed, history_limit=limit, **parts) as on:
        timeline = follow(on)
        for happening in scenario.happenings:
            on.expect(happening)
        if watch is not None:
            _show(on, scenario, watch)
        if scenario.before is not None:
            scenario.before(on)
        started = on.aws.now()
        on.shifter.run(shipped_plan(**scenario.plan), CUTOVER, OPERATOR)
        ended = on.aws.now()
        on.aws.advance(scenario.lingers.total_seconds())
        faults = tuple(on.aws.faults.planted)
        on.aws.faults.clear()  # who looks now is no part of the story
        record = on.record()
        ours, others = _executions(on)
        assert record is not None, ours[0].cause  # noqa: S101  every story starts
        return Played(
            scenario=scenario,
            record=record,
            journal=tuple(on.ports.store.journal(CUTOVER)),
            executions=ours,
            others=others,
            invocations=tuple(on.aws.functions.invocations),
            weights=on.weights(),
            sticky=on.sticky(),
            timeline=tuple(timeline),
            dns=on.system.dns_weights() if on.system.dns else {},
            messages=tuple(on.system.messages()),
            events=tuple(on.system.events()),
            total=on.traffic.total,
            series=tuple(on.traffic.series()),
            happened=dict(on.happened),
            faults=faults,
            calls=dict(on.aws.gateway.calls),
            metrics_asked=on.aws.monitoring.metrics_asked,
            started=started,
            ended=ended,
            real_seconds=time.perf_counter() - began,
            locked=on.ports.store.environment(record.environment).holder is not None,
            scale_in_suspended=on.system.scale_in_suspended(),
        )


def _executions(
    on: Stage,
) -> tuple[tuple[ExecutionResult, ...], tuple[ExecutionResult, ...]]:
    """The executions of the cutover, and all others."""
    found = [on.aws.result(name) for name in on.aws.state_machines.names()]
    ours = tuple(e for e in found if e.name.partition(".")[0] == CUTOVER)
    return ours, tuple(e for e in found if e not in ours)


def _show(on: Stage, scenario: Scenario, watch: Watcher) -> None:
    """Show the watcher what can be seen after every call of a function.

    The calls made here are the emulation's own, so watching takes no virtual time.
    """
    since, seen = on.aws.now(), 0
    known = 0
    judged: tuple[Judgement, ...] = ()

    def look(_: datetime, now: datetime) -> None:
        nonlocal seen, known, judged
        done = len(on.aws.functions.invocations)
        if done == seen:
            return
        seen = done
        record = on.record()
        for entry in on.ports.store.journal(CUTOVER, known) if record else ():
            known, judged = entry.number, entry.judgements or judged
        watch(
            Moment(
                scenario=scenario,
                now=now,
                since=since,
                record=record,
                judgements=judged,
                weights=on.weights(),
                dns=on.system.dns_weights() if on.system.dns else {},
                total=on.traffic.total,
                lately=on.traffic.buckets[-2] if len(on.traffic.buckets) > 1 else None,
                happened=dict(on.happened),
            )
        )

    on.aws.clock.each_span(look)
