"""A river with troubles, and the engine over it.

* `River` is the memory world, in which each effect and each look can be preceded or
  followed by something, refused, or done without an answer.
* `Bench` is the river's ports and the cutover `otters-1`.  `follow` does what the state
  machine would do with a directive; `reach` follows until a phase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shifter.adapters.memory.capacity import MemoryCapacity
from shifter.adapters.memory.dns import MemoryDns
from shifter.adapters.memory.edges import MemoryEdges
from shifter.adapters.memory.executions import MemoryExecutions
from shifter.adapters.memory.notices import MemoryNotifier
from shifter.adapters.memory.probe import MemoryProbe
from shifter.adapters.memory.rotations import MemoryRotations
from shifter.adapters.memory.signals import (
    MemoryAlarms,
    MemoryOutcomes,
    MemoryReplication,
    MemoryTraffic,
)
from shifter.adapters.memory.ssm_gates import MemoryCalendars, MemoryLine
from shifter.adapters.memory.store import MemoryStore
from shifter.adapters.memory.world import START, ManualClock, MemoryWorld
from shifter.adapters.outcomes import EvidenceReader
from shifter.adapters.readers import (
    CapacityReader,
    DnsSettledReader,
    SufficiencyReader,
    TargetsReader,
    WeightsReader,
)
from shifter.core.directive import Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import ShifterError, Throttled, Unavailable
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.replication import Lag, ReplicationSeen
from shifter.core.journal import Entry
from shifter.core.lanes import ALL_BLUE, Lane, Weights
from shifter.core.notice import Severity
from shifter.core.outcomes import Source
from shifter.core.phases import Phase
from shifter.core.plan import Plan
from shifter.core.record import Record
from shifter.core.topology import Topology
from shifter.engine.assess import assess
from shifter.engine.finish import finish
from shifter.engine.hand_over import hand_over
from shifter.engine.prepare import Start, prepare
from shifter.engine.roll_back import roll_back
from shifter.engine.shift import shift
from shifter.ports import Edges, Probe, Reader, Rotations
from tests.core.examples import plan

T = TypeVar("T")

NOW = START
OTTERS = "otters-1"
ENOUGH = 2000
"""So many verbs make any cutover of these tests end."""

ENDS = {Next.END_COMPLETED, Next.END_ROLLED_BACK, Next.END_STUCK}
EDGE_NAMES = ("edge-1", "edge-2")
STANDING = ("weights", "dns_settled", "capacity", "hold", "line", "watchdog")
BLUE_STATE = EdgeState(weights=ALL_BLUE.weights())

CROAKING = {
    "kind": "alarm",
    "name": "croaking",
    "alarm": "frogs-complain",
    "on_alarm": "roll_back",
}
BURROWS = {"kind": "targets", "name": "burrows", "lane": "green"}
SWIM = plan(
    steps=[
        {"share": "5 %", "bake": "10m"},
        {"share": "50 %", "dns_share": "50 %", "bake": "30m"},
        {"share": "100 %"},
    ],
    gates=[CROAKING, BURROWS],
    final_bake="1h",
)
"""A plan that nobody has to approve and that counts nothing."""


def topology_document(
    *edges: str, lanes: tuple[Lane, ...] = tuple(Lane), **changes: Any
) -> dict[str, Any]:
    """The topology of the riverbank; its ARNs lead nowhere."""
    balancing = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
    return {
        "environment": "riverbank",
        "edges": [
            {
                "name": edge,
                "rule_arn": f"{balancing}:listener-rule/app/{edge}/1/2/3",
                "load_balancer_arn": f"{balancing}:loadbalancer/app/{edge}/1",
                "target_groups": {
                    lane: f"{balancing}:targetgroup/{edge}-{lane}/1" for lane in lanes
                },
                "probe_url": f"https://{edge}.otters.example.com/lane",
            }
            for edge in edges or EDGE_NAMES
        ],
        "dns": {
            "zone_id": "Z1",
            "name": "otters.example.com",
            "records": [
                {"edge": "edge-1", "set_identifier": "left"},
                {"edge": "edge-2", "set_identifier": "right"},
            ],
        },
        "replication": {
            "valley": {
                "arn": "arn:aws:dms:eu-west-1:123456789012:task:VALLEY",
                "instance_identifier": "hill",
            }
        },
        "services": {"blue": {"cluster": "lodge", "service": "lodge-blue"}},
        "stop_parameter": "/riverbank/line",
    } | changes


RIVERBANK = Topology.model_validate(topology_document())


class River(MemoryWorld):
    """A system in which something can happen before and after whatever is done."""

    def __init__(self, topology: Topology = RIVERBANK) -> None:
        super().__init__(topology)
        self.effects: list[str] = []
        """Everything that was tried, in order: saves and notices, too."""
        self.refused: set[str] = set()
        self.lost: set[str] = set()
        """Effects that come true, and whose answer does not arrive."""
        self.watch: Callable[[str], object] = lambda name: None
        """Told the name of each effect as soon as it has come true."""
        self.lag_seconds: float | None = 1
        """Lag of the task `valley`, always fresh; None leaves `tasks` alone."""
        self.alarms["frogs-complain"] = AlarmSeen(AlarmState.OK)
        self._before: dict[str, list[Callable[[], object]]] = {}
        self._after: dict[str, list[Callable[[], object]]] = {}

    def before(self, name: str, act: Callable[[], object]) -> None:
        """Do something once, right before an effect or a look of this name."""
        self._before.setdefault(name, []).append(act)

    def after(self, name: str, act: Callable[[], object]) -> None:
        """Do something once, right after an effect or a look of this name."""
        self._after.setdefault(name, []).append(act)

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        _happen(self._before, name)
        self.effects.append(name)
        if name in self.refused:
            raise Throttled("Change", name, "Rate exceeded")
        done = apply()
        self.watch(name)
        _happen(self._after, name)
        if name in self.lost:
            raise Unavailable("Change", name, "no answer")
        return done

    def ask(self, source: str) -> None:
        _happen(self._before, source)
        if source == "replication" and self.lag_seconds is not None:
            lag = Lag(self.clock.now(), self.lag_seconds)
            self.tasks["valley"] = ReplicationSeen(status="running", lags=(lag,))
        super().ask(source)

    def looked(self, source: str) -> None:
        _happen(self._after, source)

    def served(self, start: datetime) -> Mapping[str, Mapping[Lane, int]]:
        """What was told, or a thousand requests an edge by its present weights."""
        if start in self.requests:
            return self.requests[start]
        return {
            edge: {
                lane: 1000 * state.weights.of(lane) // state.weights.total
                for lane in Lane
                if state.weights.of(lane)
            }
            for edge, state in self.edges.items()
            if isinstance(state, EdgeState)
        }

    def edit(self, edge: str, **weights: int) -> None:
        """Somebody sets an edge's weights by hand."""
        self.edges[edge] = EdgeState(weights=Weights(**weights))

    def shows(self) -> dict[str, str]:
        """Each edge's weights as people read them: blue/canary/green."""
        return {
            edge: str(state.weights) if isinstance(state, EdgeState) else state.detail
            for edge, state in self.edges.items()
        }

    def mend(self) -> None:
        """Let everything answer again, and forget what was still to happen."""
        for troubles in (self.refused, self.lost):
            troubles.clear()
        for planned in (self.broken, self._before, self._after):
            planned.clear()

    def breaks(self, *sources: str) -> None:
        """Let sources of reads refuse."""
        for source in sources:
            self.broken[source] = Throttled("Describe", source, "Rate exceeded")


def _happen(what: dict[str, list[Callable[[], object]]], name: str) -> None:
    for act in what.pop(name, []):
        act()


class RiverEdges(MemoryEdges):
    """Edges whose reading can be preceded and followed by something."""

    def __init__(self, river: River) -> None:
        super().__init__(river)
        self._river = river

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        self._river.ask("edges")
        states = super().read()
        self._river.looked("edges")
        return states


class RiverPorts:
    """The ports of the river; fits `ports.Ports`."""

    def __init__(self, river: River, history_limit: int) -> None:
        self.history_limit = history_limit
        self.clock: ManualClock = river.clock
        self.topology = river.topology
        self.store = MemoryStore(effect=river.effect)
        self.notifier = MemoryNotifier(effect=river.effect)
        self.executions = MemoryExecutions(effect=river.effect)
        self.edges: Edges = RiverEdges(river)
        self.dns = MemoryDns(river)
        self.capacity = MemoryCapacity(river)
        self.traffic = MemoryTraffic(river)
        self.probe: Probe = MemoryProbe(river)
        self.rotations: Rotations | None = None
        if river.topology.rotation != "none":
            self.rotations = MemoryRotations(river)
        alarms = MemoryAlarms(river)
        self.readers: Mapping[str, Reader] = {
            "alarm": alarms,
            "watchdog": alarms,
            "calendar": MemoryCalendars(river),
            "line": MemoryLine(river),
            "replication": MemoryReplication(river),
            "targets": TargetsReader(self.edges),
            "sufficiency": SufficiencyReader(self.traffic),
            "evidence": EvidenceReader(dict.fromkeys(Source, MemoryOutcomes(river))),
            "weights": WeightsReader(self.edges),
            "dns_settled": DnsSettledReader(self.dns),
            "capacity": CapacityReader(self.capacity),
        }


class Bench:
    """The river, its ports, and one cutover on them."""

    def __init__(
        self,
        topology: Topology = RIVERBANK,
        *,
        history_limit: int = 20_000,
        river: River | None = None,
    ) -> None:
        self.river = river or River(topology)
        self.ports = RiverPorts(self.river, history_limit)
        self.clock = self.ports.clock
        self.store = self.ports.store
        self.notifier = self.ports.notifier
        self.notices = self.notifier.sent
        self.started = self.ports.executions.started

    @property
    def record(self) -> Record:
        """The record as it is stored."""
        return self.store.records[OTTERS]

    @property
    def journal(self) -> tuple[Entry, ...]:
        return tuple(self.store.journal(OTTERS))

    @property
    def holder(self) -> str | None:
        """Who holds the riverbank."""
        held = self.store.environment("riverbank").holder
        return held.holder if held else None

    @property
    def pages(self) -> list[str]:
        """Why people were paged, so far."""
        return [n.reason for n in self.notices if n.severity is Severity.PAGE]

    def told(self, since: int = 0) -> list[tuple[str, str, str]]:
        """Actor, action and rule of each journal entry after the first `since`."""
        return [(e.actor, e.action, e.rule) for e in self.journal[since:]]

    def start(self, plan: Plan = SWIM, by: str = "Hazel") -> Directive:
        return prepare(Start(cutover_id=OTTERS, plan=plan, started_by=by), self.ports)

    def follow(self, directive: Directive) -> Directive:
        """Do what the state machine does with a directive that does not end it."""
        match directive.action:
            case Next.ASSESS:
                return assess(directive, self.ports)
            case Next.HOLD:
                self.wait_until(directive.until)
                return assess(directive, self.ports)
            case Next.SHIFT:
                try:
                    return shift(directive, self.ports)
                except ShifterError as error:
                    told = f"{type(error).__name__}: {error}"
                    return assess(directive, self.ports, told)
            case Next.ROLL_BACK:
                return roll_back(directive, self.ports, "the state machine asked")
            case Next.ROLL_BACK_LATER:
                self.wait_until(directive.until)
                return roll_back(directive, self.ports, "the state machine asked")
            case Next.FINISH:
                return finish(directive, self.ports)
            case Next.FINISH_LATER:
                self.wait_until(directive.until)
                return finish(directive, self.ports)
            case Next.HAND_OVER:
                return hand_over(directive, self.ports)
            case Next.END_SUPERSEDED:
                return self.follower()
            case _:
                raise AssertionError(f"{directive.action} ends the execution")

    def reach(
        self, phase: Phase, step: int | None = None, *, plan: Plan = SWIM
    ) -> Directive:
        """Start if nothing was started, and follow until the record is in a phase."""
        last = self.start(plan) if OTTERS not in self.store.records else self.now()
        return self.go_on(
            last,
            lambda record: (
                record.phase is phase and (step is None or record.step == step)
            ),
        )

    def go_on(
        self, directive: Directive, enough: Callable[[Record], bool]
    ) -> Directive:
        """Follow directives until the record is as wished."""
        for _ in range(ENOUGH):
            if enough(self.record):
                return directive
            directive = self.follow(directive)
        raise AssertionError(f"never reached; it is {self.record.phase}")

    def finish_all(self, directive: Directive) -> Directive:
        """Follow directives until one ends the cutover's last execution."""
        for _ in range(ENOUGH):
            if directive.action in ENDS:
                return directive
            directive = self.follow(directive)
        raise AssertionError(f"it never ends; it is {self.record.phase}")

    def now(self, action: Next = Next.ASSESS) -> Directive:
        """A directive for the record as it is, that asks for something at once."""
        return Directive(
            cutover_id=OTTERS,
            owner=self.record.owner,
            version=max(self.record.decided, 1),
            action=action,
            until=self.clock.now(),
        )

    def follower(self) -> Directive:
        """What the present owner, a fresh execution, was started with."""
        name = f"{OTTERS}.{self.record.owner}"
        return Directive.model_validate(self.started[name])

    def wait(self, **span: float) -> None:
        self.clock.advance(timedelta(**span))

    def wait_until(self, moment: datetime) -> None:
        self.clock.at = max(self.clock.at, moment)

    def untouched(self) -> tuple[dict[str, Record], list[str], str | None]:
        """Records, effects and holder: empty, empty and None if nothing was done."""
        return self.store.records, self.river.effects, self.holder


UNTOUCHED: tuple[dict[str, Record], list[str], None] = ({}, [], None)
