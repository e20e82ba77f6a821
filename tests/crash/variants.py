"""Engines that are wrong in one way each: whoever watches must catch every one.

They work as long as nothing fails.  A harness that lets one of them pass is blind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from shifter.core.directive import Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, Refused
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.targets import TargetsSeen
from shifter.core.lanes import Lane
from shifter.core.phases import ENDS, GOING_BACK, Action, Phase, after
from shifter.engine.active import active
from shifter.engine.roll_back import go_back, settle
from shifter.engine.saving import deliver, direct, load, save, superseded
from shifter.engine.shift import shift
from shifter.engine.watchdog import watch
from shifter.handlers.events import directive_in
from shifter.ports import Edges, Ports
from tests.crash.explore import begins_pairs, followers, singles
from tests.crash.run import ENGINE, Engine, Result, run
from tests.crash.scenarios import OPERATOR
from tests.crash.schedule import Race, Racer, Schedule
from tests.crash.world import CUTOVER, RUSH, CrashPorts


@dataclass(frozen=True, slots=True)
class Variant:
    """A wrong engine, and the scenarios in which it is looked for."""

    name: str
    engine: Engine
    scenarios: tuple[str, ...] = ("completes", "breach-while-shifting")


def _shift_that_moves_the_pointer(event: Any, ports: Ports) -> Directive:
    """Take the step after the one that was settled; a retry takes one more."""
    directive = directive_in(event)
    record, now = load(ports, directive.cutover_id), ports.clock.now()
    if record.owner != directive.owner:
        return superseded(directive)
    step = record.step + (record.phase is Phase.BAKING)
    ended = record.phase in GOING_BACK | ENDS or record.abort is not None
    if ended or step > len(record.plan.steps):
        return direct(record, Next.ASSESS, now)
    split = record.plan.split(step)
    ports.edges.write(
        {
            edge: state.moved(split)
            for edge, state in ports.edges.read().items()
            if isinstance(state, EdgeState)
        },
        lambda: None,
    )
    ports.edges.read()
    changes = {
        "phase": Phase.BAKING,
        "step": step,
        "settled_at": now,
        "bake_from": None,
    }
    saved = save(
        ports,
        record.model_copy(update=changes),
        now=now,
        actor="shift",
        action="move",
        rule="variant",
        reason="moved",
        before=record.phase,
    )
    return direct(deliver(ports, saved), Next.ASSESS, now)


class _BelievingEdges:
    """Edges that show what was written, not what is."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self._believed: dict[str, EdgeState | Unreadable] = {}

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        return {**self._edges.read(), **self._believed}

    def write(
        self, states: Mapping[str, EdgeState], before_each: Callable[[], None]
    ) -> Mapping[str, AwsError]:
        self._edges.write(states, before_each)
        self._believed = dict(states)
        return {}

    def targets(self, lane: Lane) -> TargetsSeen:
        return self._edges.targets(lane)


def _shift_without_read_back(event: Any, ports: Ports) -> Directive:
    """Settle what was written, whatever the edges show."""
    assert isinstance(ports, CrashPorts)
    believing = copy(ports)
    believing.edges = _BelievingEdges(ports.edges)
    return ENGINE["${ShiftFunction}"](event, believing)


def _roll_back_that_looks_once(event: Any, ports: Ports) -> Directive:
    """Settle at the first read-back, while an older write can still land."""
    done = ENGINE["${RollBackFunction}"](event, ports)
    record = load(ports, CUTOVER)
    if record.phase not in GOING_BACK or record.way_back.verified_at is None:
        return done
    saved = save(
        ports,
        record.model_copy(update={"phase": after(record.phase, Action.SETTLE)}),
        now=ports.clock.now(),
        actor="roll_back",
        action=Action.SETTLE,
        rule="variant",
        reason="read once",
        before=record.phase,
    )
    return direct(deliver(ports, saved), Next.FINISH, ports.clock.now())


VARIANTS = tuple(
    Variant(name, {**ENGINE, function: wrong})
    for name, function, wrong in (
        (
            "the acting function moves the step",
            "${ShiftFunction}",
            _shift_that_moves_the_pointer,
        ),
        (
            "shift believes its writes",
            "${ShiftFunction}",
            _shift_without_read_back,
        ),
        (
            "roll_back looks only once",
            "${RollBackFunction}",
            _roll_back_that_looks_once,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class WrongRush:
    """Somebody who comes from outside, and does the wrong thing."""

    name: str
    racer: Racer
    comes: Callable[[Ports], object]
    scenarios: tuple[str, ...] = ("completes", "breach-while-shifting")


def _watchdog_that_finishes(ports: Ports) -> None:
    """Carry on a shift whose owner is dead, in the hope that all is well."""
    record = load(ports, CUTOVER)
    if record.phase is Phase.SHIFTING:
        shift(direct(record, Next.SHIFT, ports.clock.now()), ports)
    else:
        watch(ports)


def _watchdog_that_raises(ports: Ports) -> None:
    """Make a completed cutover green again, in the hope that nobody meant it."""
    record = load(ports, CUTOVER)
    if record.phase is not Phase.COMPLETED:
        watch(ports)
        return
    states = ports.edges.read().items()
    ports.edges.write(
        {e: s.moved(record.split) for e, s in states if isinstance(s, EdgeState)},
        lambda: None,
    )


def _watchdog_that_rests(ports: Ports) -> None:
    """Leave what has ended alone."""
    if active(ports) is not None:
        watch(ports)


def _resolve_that_trusts(ports: Ports) -> None:
    """Believe an operator who says that it is over."""
    record = load(ports, CUTOVER)
    if record.phase is not Phase.ROLLBACK_STUCK:
        raise Refused(f"it is {record.phase}")
    saved = settle(
        record, ports, actor=OPERATOR, action="resolve", rule="variant", reason="over"
    )
    deliver(ports, saved)


def _breaker_that_trusts(ports: Ports) -> None:
    """Go back for every event, however old it is."""
    record = load(ports, CUTOVER)
    go_back(record, ports, actor="breaker", reason="an event said so")


RUSHES = (
    WrongRush(
        "the watchdog finishes the shift", Racer.WATCHDOG, _watchdog_that_finishes
    ),
    WrongRush("the breaker trusts a stale event", Racer.STALE, _breaker_that_trusts),
    WrongRush(
        "the watchdog writes green after a completion",
        Racer.WATCHDOG,
        _watchdog_that_raises,
        ("lowered-after-the-end",),
    ),
    WrongRush(
        "the watchdog rests after the end",
        Racer.WATCHDOG,
        _watchdog_that_rests,
        ("raised-after-the-end",),
    ),
    WrongRush(
        "resolve frees without looking",
        Racer.RESOLVE,
        _resolve_that_trusts,
        ("edge-refuses-way-back",),
    ),
)


def first_wrong_rush(wrong: WrongRush) -> Result | None:
    """The first moment at which coming and doing the wrong thing is caught."""
    rush = {**RUSH, wrong.racer: wrong.comes}
    for scenario in wrong.scenarios:
        for number in range(1, len(run(Schedule(scenario)).effects) + 1):
            result = run(Schedule(scenario, race=Race(wrong.racer, number)), rush=rush)
            if result.failed:
                return result
    return None


def first_failure(variant: Variant) -> Result | None:
    """The first schedule that catches a variant: single faults first, then pairs."""
    return next((result for result in _results(variant) if result.failed), None)


def _results(variant: Variant) -> Iterator[Result]:
    firsts = []
    for scenario in variant.scenarios:
        for schedule in singles(scenario, variant.engine):
            result = run(schedule, variant.engine)
            yield result
            firsts.append(result)
    for first in filter(begins_pairs, firsts):
        for schedule in followers(first):
            yield run(schedule, variant.engine)
