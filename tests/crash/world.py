"""The world of one run: everything in memory, watched, and open to a schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from shifter.adapters.memory.capacity import MemoryCapacity
from shifter.adapters.memory.dns import MemoryDns
from shifter.adapters.memory.edges import MemoryEdges
from shifter.adapters.memory.executions import MemoryExecutions
from shifter.adapters.memory.notices import MemoryNotifier
from shifter.adapters.memory.probe import MemoryProbe
from shifter.adapters.memory.signals import MemoryAlarms, MemoryTraffic
from shifter.adapters.memory.ssm_gates import MemoryLine
from shifter.adapters.memory.store import MemoryStore
from shifter.adapters.memory.world import START, MemoryWorld
from shifter.adapters.readers import (
    CapacityReader,
    DnsSettledReader,
    TargetsReader,
    WeightsReader,
)
from shifter.core.edges import EdgeState
from shifter.core.errors import (
    AwsError,
    Conflict,
    Denied,
    NotFound,
    Refused,
    Rejected,
    ShifterError,
)
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Unreadable
from shifter.core.intervals import INTERVAL
from shifter.core.lanes import Lane
from shifter.core.notice import Notice, Severity
from shifter.core.phases import Phase
from shifter.core.record import LATE_SECONDS, WRITE_SECONDS, Record
from shifter.core.topology import Topology
from shifter.engine import control
from shifter.engine.active import active
from shifter.engine.break_glass import break_glass
from shifter.engine.breaker import trip
from shifter.engine.resolve import resolve
from shifter.engine.watchdog import UNSEEN, watch
from shifter.ports import Edges, Environment, Ports, Reader, Rotations
from tests.crash.director import Director, Tell
from tests.crash.machine import Crash
from tests.crash.monitors import LATE_WORD, Monitor, served
from tests.crash.schedule import Racer, Schedule
from tests.crash.timeline import Timeline

T = TypeVar("T")

CUTOVER = "friday"
ABORTER = "grace"
DNS_TTL_SECONDS = 10
JUST = timedelta(seconds=1)
LOOKING_TAKES = timedelta(milliseconds=5)
LANDS_WITHIN = timedelta(seconds=WRITE_SECONDS + LATE_SECONDS)
"""How long a write of roll_back, which makes no claim, may be on its way."""


class CrashWorld(MemoryWorld):
    """An emulated system in which a schedule happens, and its ports."""

    clock: Timeline

    def __init__(
        self,
        topology: Topology,
        schedule: Schedule,
        *,
        history_limit: int,
        saved: Callable[[Record], None],
        rush: Rush,
        tell: Tell | None = None,
    ) -> None:
        super().__init__(topology, Timeline())
        self.alarms["errors"] = AlarmSeen(AlarmState.OK)
        if self.dns is not None:
            self.dns = replace(self.dns, ttl_seconds=DNS_TTL_SECONDS)
        self.must_go_back = False
        """Whether an order to go back was taken."""
        self.edit_undone = False
        """Whether a late write of our own replaced what somebody had set by hand."""
        self.outside: set[str] = set()
        """Edges that were moved when no cutover could know it any more: by hand after
        its completion, or without its record."""
        self._edited: set[str] = set()
        self.function = ""
        """The function that runs now."""
        self._saved = saved
        self._rush = rush
        self._tell = tell
        self._refused: frozenset[str] = frozenset()
        self.monitor = Monitor(self.edges)
        self.director = Director(
            schedule,
            self.clock,
            lands_by=self._lands_by,
            applied=self._applied,
            comes=self._comes,
            tell=tell,
        )
        self.store = MemoryStore(effect=self.director.effect)
        self.notifier = MemoryNotifier(effect=self.director.effect)
        self.executions = MemoryExecutions(effect=self.director.effect)
        self.ports = CrashPorts(self, history_limit)

    @property
    def record(self) -> Record | None:
        return self.store.load(CUTOVER)

    @property
    def paged(self) -> list[Notice]:
        """What people were paged about."""
        return [n for n in self.notifier.sent if n.severity is Severity.PAGE]

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        if name in self._refused:
            raise Rejected(name, "memory", "refused by the scenario")
        return self.director.effect(name, apply)

    def ask(self, source: str) -> None:
        self.passes()
        super().ask(source)

    def passes(self) -> None:
        """Looking takes a moment, in which something may happen."""
        if not self.director.quiet:
            self.clock.advance(LOOKING_TAKES)

    def served(self, start: datetime) -> Mapping[str, Mapping[Lane, int]]:
        return served(self.monitor.history, start, start + INTERVAL)

    @contextmanager
    def serving(self, function: str) -> Iterator[None]:
        """A function runs; another may have been interrupted by it."""
        record, monitor = self.record, self.monitor
        outer = self.function, monitor.abort_known
        self.function = function
        monitor.abort_known = record is not None and record.abort is not None
        try:
            yield
        finally:
            self.function, monitor.abort_known = outer

    def edit(self, edge: str, state: EdgeState) -> None:
        """Somebody changes an edge by hand."""
        self.tell(f"     somebody sets {edge} to {state.weights}")
        self.edges[edge] = state
        self._edited.add(edge)
        if self.record is not None and self.record.phase is Phase.COMPLETED:
            self.outside.add(edge)
        self.monitor.edited(edge, state, self.clock.now())

    def refuse(self, *effects: str) -> None:
        """From now on these effects are refused, and no others."""
        self._refused = frozenset(effects)

    def order(self, order: Callable[[Ports], object]) -> bool:
        """Take an operator's order, if it can be taken now."""
        try:
            with self.director.quietly():
                order(self.ports)
        except (Refused, NotFound, Conflict) as error:
            self.tell(f"     an order comes to nothing: {error}")
            return False
        return True

    def visit(self, racer: Racer) -> None:
        """Let somebody come whom faults may strike, too."""
        self.tell(f"     {racer} comes")
        try:
            with self.serving(racer):
                self._rush[racer](self.ports)
        except (Crash, ShifterError) as error:
            self.tell(f"     which ends with {type(error).__name__}: {error}")

    def look_once_more(self) -> None:
        """Let the watchdog see what was moved behind the back of a completion."""
        record = self.record
        if self.outside and record is not None and record.phase is Phase.COMPLETED:
            self.order(self._rush[Racer.WATCHDOG])

    def tell(self, line: str) -> None:
        if self._tell:
            self._tell(line)

    def _comes(self, racer: Racer) -> None:
        """Let somebody give an order; a refused one changes nothing."""
        before, edges = self.record, dict(self.edges)
        if racer is Racer.WATCHDOG:
            if before is None:
                return
            self.clock.advance_to(before.look_again_at + UNSEEN + JUST)
            before = self.record
        self.tell(f"     {racer} comes")
        taken = self.order(self._rush[racer])
        record = self.record
        if racer is Racer.STALE:
            if before is not record:
                self.monitor.violations.append("an event from before was believed")
            return
        if racer is Racer.GLASS:
            moved = {edge for edge in edges if edges[edge] is not self.edges[edge]}
            self.outside |= moved
            self.edit_undone |= bool(moved & self._edited)
            return
        ended = record is None or record.phase is Phase.COMPLETED
        self.must_go_back = taken and not ended

    def _applied(self, name: str) -> None:
        """Let the monitor look after each effect."""
        monitor, now = self.monitor, self.clock.now()
        if name.endswith(LATE_WORD):
            self.edit_undone |= any(edge in name for edge in self._edited)
        monitor.look_at_edges(name, self.edges, now)
        monitor.look_at_capacity(scale_in_suspended=self.scale_in_suspended)
        record = self.record
        if record is None or record is monitor.record:
            return
        entry = self.store.journals[CUTOVER][-1]
        monitor.look_at_record(
            record,
            entry,
            states=self.edges,
            holder=self.store.environment(record.environment).holder,
            scale_in_suspended=self.scale_in_suspended,
        )
        self.tell(
            f"     saved {record.version}: {record.phase} step {record.step}, "
            f"{entry.actor} {entry.action} ({entry.rule}): {entry.reason}"
        )
        self._saved(record)

    def _lands_by(self) -> datetime:
        """The last moment at which a write that is sent now can still land."""
        record = self.record
        if self.function == "shift" and record is not None and record.claim is not None:
            return record.claim.until + timedelta(seconds=LATE_SECONDS)
        return self.clock.now() + LANDS_WITHIN


def _abort(ports: Ports) -> None:
    control.abort(CUTOVER, ports, by=ABORTER, reason="enough")


def break_now(ports: Ports) -> None:
    """An alarm fires between two polls, and is OK again right after it."""
    alarms = _alarms(ports)
    before = alarms["errors"]
    alarms["errors"] = AlarmSeen(AlarmState.ALARM)
    if active(ports) is None:
        raise NotFound("nothing is active")
    trip("errors", ports.clock.now(), ports)
    alarms["errors"] = before


def stale_event(ports: Ports) -> None:
    """The event is old, and what it told is true again."""
    alarms = _alarms(ports)
    before = alarms["errors"]
    alarms["errors"] = AlarmSeen(AlarmState.ALARM)
    trip("errors", START - JUST, ports)
    alarms["errors"] = before


def without_the_record(ports: Ports) -> None:
    """Somebody for whom the table is gone, while others can use it."""
    assert isinstance(ports, CrashPorts)
    cut_off = copy(ports)
    cut_off.store = NoTable()
    cut_off.edges = MemoryEdges(ports.world)  # what they read, nobody else has seen
    break_glass(ports.topology.environment, cut_off, by=ABORTER, reason="no key")


class NoTable(MemoryStore):
    """A store for somebody who cannot use it."""

    def environment(self, name: str) -> Environment:
        raise Denied("Query", f"environment {name}", "the key is disabled")


def _resolve(ports: Ports) -> None:
    resolve(CUTOVER, ports, by=ABORTER, reason="it is over")


def _alarms(ports: Ports) -> dict[str, AlarmSeen]:
    assert isinstance(ports, CrashPorts)
    return ports.world.alarms


Rush = Mapping[Racer, Callable[[Ports], object]]
RUSH: Rush = {
    Racer.ABORT: _abort,
    Racer.BREAKER: break_now,
    Racer.STALE: stale_event,
    Racer.WATCHDOG: watch,
    Racer.GLASS: without_the_record,
    Racer.RESOLVE: _resolve,
}
"""What each racer does when it comes."""


class WatchedEdges(MemoryEdges):
    """Edges that tell the monitor what was read, and when it was written."""

    def __init__(self, world: CrashWorld) -> None:
        super().__init__(world)
        self._watched = world

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        self._watched.passes()
        states = super().read()
        self._watched.monitor.read(states)
        return states

    def write(
        self, states: Mapping[str, EdgeState], before_each: Callable[[], None]
    ) -> Mapping[str, AwsError]:
        for edge in states:
            self._watched.monitor.writing(edge)
        return super().write(states, before_each)


class CrashPorts:
    """The ports of one run; fits `ports.Ports`."""

    def __init__(self, world: CrashWorld, history_limit: int) -> None:
        self.world = world
        """No port: only wrong engines reach for it."""
        self.history_limit = history_limit
        self.clock = world.clock
        self.topology = world.topology
        self.store = world.store
        self.notifier = world.notifier
        self.executions = world.executions
        self.rotations: Rotations | None = None
        self.edges: Edges = WatchedEdges(world)
        self.dns = MemoryDns(world)
        self.capacity = MemoryCapacity(world)
        self.traffic = MemoryTraffic(world)
        self.probe = MemoryProbe(world)
        alarms = MemoryAlarms(world)
        self.readers: Mapping[str, Reader] = {
            "alarm": alarms,
            "watchdog": alarms,
            "line": MemoryLine(world),
            "targets": TargetsReader(self.edges),
            "weights": WeightsReader(self.edges),
            "dns_settled": DnsSettledReader(self.dns),
            "capacity": CapacityReader(self.capacity),
        }
