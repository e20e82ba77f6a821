"""One run: a scenario under a schedule, from its first execution to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from shifter.core.directive import Directive
from shifter.core.journal import broken_at
from shifter.core.lanes import ALL_BLUE, PER_MILLE, Split
from shifter.core.phases import Phase
from shifter.core.plan import parse_plan
from shifter.core.record import Record
from shifter.engine.active import named_or_active
from shifter.engine.assess import assess
from shifter.engine.finish import finish
from shifter.engine.hand_over import hand_over
from shifter.engine.prepare import Start, prepare
from shifter.engine.roll_back import go_back, roll_back
from shifter.engine.shift import shift
from shifter.handlers.events import (
    directive_in,
    failure_in,
    is_directive,
    parse,
)
from shifter.handlers.prepare import StartEvent
from shifter.handlers.roll_back import RollBackOrder
from shifter.ports import Ports
from tests.crash.machine import BrokenDefinition, Execution, Machine, Outcome
from tests.crash.scenarios import (
    SCENARIOS,
    STARTER,
    WENT_BACK,
    WENT_WELL,
    End,
    Happening,
)
from tests.crash.schedule import Schedule
from tests.crash.world import CUTOVER, RUSH, CrashWorld, Rush

DEFINITION = Path(__file__).parents[2] / "infra" / "cutover.asl.json"
CALLS_ALLOWED = 400
HOLDS_ENOUGH = 2
"""So many assessments that hold, after people were paged, are a hold."""
AFTER_END = "weights_after_end"
"""The rule of what the watchdog tells after an end."""
AFTERWARDS = timedelta(minutes=5)
"""How long the world goes on after the end: nothing late may undo it."""
SPLIT_AT_END = {
    End.GREEN: Split(green=PER_MILLE),
    End.BLUE: ALL_BLUE,
    End.NOT_STARTED: ALL_BLUE,
}

Engine = Mapping[str, Callable[[Any, Ports], Directive]]


def _prepare(event: Any, ports: Ports) -> Directive:
    order = parse(StartEvent, event)
    plan = parse_plan(order.input.plan)
    start = Start(
        cutover_id=order.cutover_id, plan=plan, started_by=order.input.started_by
    )
    return prepare(start, ports)


def _assess(event: Any, ports: Ports) -> Directive:
    return assess(directive_in(event), ports, failure_in(event))


def _roll_back(event: Any, ports: Ports) -> Directive:
    failure = failure_in(event)
    if is_directive(event):
        reason = failure or "the state machine asked"
        return roll_back(directive_in(event), ports, reason)
    order = parse(RollBackOrder, event)
    reason = f"{order.reason} ({failure})" if failure else order.reason
    record = named_or_active(order.cutover_id, ports)
    return go_back(record, ports, actor=order.by, reason=reason)


ENGINE: Engine = {
    "${PrepareFunction}": _prepare,
    "${AssessFunction}": _assess,
    "${ShiftFunction}": lambda event, ports: shift(directive_in(event), ports),
    "${RollBackFunction}": _roll_back,
    "${FinishFunction}": lambda event, ports: finish(directive_in(event), ports),
    "${HandOverFunction}": lambda event, ports: hand_over(directive_in(event), ports),
}
"""What each handler does with an event, without its wiring."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one run."""

    schedule: Schedule
    end: End
    violations: tuple[str, ...]
    effects: tuple[str, ...]
    reached: bool
    """Whether everything in the schedule came to happen."""
    journal_head: str
    landed: int | None = None
    """How many effects had begun when a late write landed."""
    trace: tuple[str, ...] = field(default=(), repr=False)

    @property
    def course(self) -> tuple[object, ...]:
        """Equal for runs in which the same was saved at the same moments."""
        return self.journal_head, self.effects, self.end

    @property
    def failed(self) -> bool:
        return bool(self.violations)


@cache
def definition() -> dict[str, Any]:
    """The state machine as it is deployed."""
    parsed: dict[str, Any] = json.loads(DEFINITION.read_text(encoding="utf-8"))
    return parsed


@cache
def _verb(function: str) -> str:
    """`${RollBackFunction}` is `roll_back`."""
    name = function.removeprefix("${").removesuffix("Function}")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def run(
    schedule: Schedule,
    engine: Engine = ENGINE,
    *,
    rush: Rush = RUSH,
    trace: bool = False,
) -> Result:
    """Run a schedule to its end."""
    return Run(schedule, engine, rush, trace=trace).result()


class Run:
    """One run; `result` carries it out."""

    def __init__(
        self, schedule: Schedule, engine: Engine, rush: Rush, *, trace: bool
    ) -> None:
        self._traced = trace
        self.scenario = SCENARIOS[schedule.scenario]
        self.schedule = schedule
        self.world = CrashWorld(
            self.scenario.topology,
            schedule,
            history_limit=self.scenario.history_limit,
            saved=self._arm,
            rush=rush,
            tell=self._tell if trace else None,
        )
        self.outcomes: dict[str, Outcome] = {}
        self.violations: list[str] = []
        self._engine = engine
        self._calls = 0
        self._waiting: list[tuple[Any, int, str, Execution]] = []
        self._started: set[str] = set()
        self._armed: list[Happening] = list(self.scenario.happenings)
        self._trace: list[str] = []
        self._began = self.world.clock.now()
        self._machine = Machine(
            definition(), self._invoke, self.world.clock, self._entered
        )

    def result(self) -> Result:
        """Drive all executions to the end, let time pass, and look at what is left."""
        self._start(CUTOVER, {"plan": self.scenario.plan, "started_by": STARTER})
        held = False
        try:
            self._drive()
            held = bool(self._waiting)
            self.world.clock.advance(AFTERWARDS)
            self.world.look_once_more()
        except BrokenDefinition as error:
            self.violations.append(f"the state machine broke: {error}")
        except Exception as error:  # noqa: BLE001 - a mistake is a finding, not our end
            self.violations.append(f"a mistake: {type(error).__name__}: {error}")
        end = self._end(held=held)
        return Result(
            self.schedule,
            end,
            (*self.world.monitor.violations, *self.violations),
            tuple(self.world.director.effects),
            self.world.director.reached(self.schedule),
            self.world.record.journal_head if self.world.record else "",
            self.world.director.landed,
            tuple(self._trace),
        )

    def _start(self, name: str, data: Any) -> None:
        self._started.add(name)
        execution = self._machine.execute(name, data)
        moment = self.world.clock.now()
        heappush(self._waiting, (moment, len(self._started), name, execution))

    def _drive(self) -> None:
        clock = self.world.clock
        while self._waiting and not self._holds():
            moment, number, name, execution = heappop(self._waiting)
            clock.advance_to(moment)
            try:
                moment = next(execution)
            except StopIteration as stopped:
                self.outcomes[name] = stopped.value
                self._tell(f"     execution {name} ends in {stopped.value.state}")
            else:
                heappush(self._waiting, (moment, number, name, execution))
            for other, payload in self.world.executions.started.items():
                if other not in self._started:
                    self._start(other, payload)

    def _holds(self) -> bool:
        """Whether it waits for people, who know, and nothing else will come."""
        return self.world.monitor.holds >= HOLDS_ENOUGH and self.world.clock.idle

    def _invoke(self, function: str, event: Any) -> Any:
        self._calls += 1
        if self._calls > CALLS_ALLOWED:
            raise BrokenDefinition(f"no end after {CALLS_ALLOWED} calls")
        verb = _verb(function)

        def serve() -> Any:
            with self.world.serving(verb):
                directive = self._engine[function](event, self.world.ports)
            return directive.model_dump(mode="json")

        return self.world.director.call(verb, serve)

    def _arm(self, record: Record) -> None:
        for happening in [h for h in self._armed if h.armed_by(record)]:
            self._armed.remove(happening)
            self.world.clock.appoint(
                self.world.clock.now() + happening.after,
                partial(happening.happens, self.world),
            )

    def _end(self, *, held: bool) -> End:
        """The kind of end; whatever is not as it should be is a violation."""
        record, world = self.world.record, self.world
        end = self._kind(record, held=held)
        # What nobody could see any more, nobody has to answer.
        allowed = WENT_WELL if world.edit_undone else self.scenario.ends
        if world.outside:
            # What was to happen on green does not: people have to say how it goes on.
            allowed |= {End.HELD}
        if world.must_go_back:
            allowed &= WENT_BACK
        if end not in allowed:
            self.violations.append(
                f"ends {end}: "
                + (f"{record.phase}, {record.reason}" if record else "no record")
            )
            return End.WRONG
        wanted = SPLIT_AT_END.get(end)
        told = end is End.GREEN and any(n.rule == AFTER_END for n in world.paged)
        for edge, state in world.edges.items():
            shown = getattr(state, "weights", None)
            if edge in world.outside and told:
                continue
            if wanted is not None and (shown is None or not shown.matches(wanted)):
                self.violations.append(f"ends {end}, and {edge} shows {shown}")
        holder = world.store.environment(self.scenario.topology.environment).holder
        if wanted is not None and holder is not None:
            self.violations.append(f"ends {end}, and {holder.holder} holds the lock")
        broken = broken_at(world.store.journal(CUTOVER))
        if broken is not None:
            self.violations.append(f"the journal is broken at entry {broken}")
        return end

    def _kind(self, record: Record | None, *, held: bool) -> End:
        if record is None:
            started = self.outcomes.get(CUTOVER)
            fine = started is not None and started.state == "NotStarted"
            return End.NOT_STARTED if fine else End.WRONG
        paged = any(notice.phase == record.phase for notice in self.world.paged)
        owner = CUTOVER if record.owner == 1 else f"{CUTOVER}.{record.owner}"
        outcome = self.outcomes.get(owner)
        state = outcome.state if outcome else ""
        match record.phase:
            case Phase.COMPLETED if state == "Completed":
                return End.GREEN
            case Phase.ROLLED_BACK if state == "RolledBack":
                return End.BLUE
            case Phase.ROLLBACK_STUCK if paged:
                return End.STUCK
            case Phase.PREPARED | Phase.SHIFTING | Phase.BAKING if held and paged:
                return End.HELD
            case _:
                return End.WRONG

    def _entered(self, name: str, state: str) -> None:
        self._tell(f"     {name}: {state}")

    def _tell(self, line: str) -> None:
        if self._traced:
            passed = (self.world.clock.now() - self._began).total_seconds()
            self._trace.append(f"{passed:8.3f} s {line}")
