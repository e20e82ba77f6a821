"""The state of an emulated system, its clock, and the one hook for every effect.

Rules of this file
* Whatever changes the emulated system goes through `MemoryWorld.effect`: a subclass may
  crash before or after it, lose its answer, delay it or do it twice.  Each effect is
  absolute, so any of these leaves a state that the real system could have, too.
* Plain attributes are the state; tests and scenarios set them as they like.
* A source that is named in `broken` raises that error whenever it is asked.
* Cheap: no copies and no checks, because crash tests run it hundreds of thousands of
  times.  Values are immutable, so sharing them is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from shifter.core.counts import Counts
from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import AwsError
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.calendar import CalendarSeen
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.replication import ReplicationSeen
from shifter.core.lanes import ALL_BLUE, Lane
from shifter.core.rotation import RotationLook
from shifter.core.topology import Topology

T = TypeVar("T")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ALL_BLUE = EdgeState(weights=ALL_BLUE.weights())
_NO_REQUESTS: Mapping[str, Mapping[Lane, int]] = {}
_NO_OUTCOMES: Mapping[str, Mapping[Lane, Counts]] = {}


class ManualClock:
    """Fits `ports.Clock`; stands still until somebody moves it."""

    __slots__ = ("at",)

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class MemoryWorld:
    """An emulated system: all blue and healthy until somebody says otherwise."""

    def __init__(self, topology: Topology, clock: ManualClock | None = None) -> None:
        self.topology = topology
        self.clock = clock or ManualClock()
        names = [edge.name for edge in topology.edges]
        self.edges: dict[str, EdgeState | Unreadable] = dict.fromkeys(names, _ALL_BLUE)
        self.targets: dict[Lane, dict[str, tuple[int, int]]] = {
            lane: dict.fromkeys(names, (2, 2)) for lane in topology.lanes
        }
        """Healthy and registered targets, by lane and edge."""
        self.dns: DnsState | None = None
        if topology.dns is not None:
            self.dns = DnsState(weights={"edge-1": 1, "edge-2": 0}, ttl_seconds=60)
        self.dns_delay = timedelta()
        """How long a change takes to reach all servers."""
        self.dns_changes: dict[str, datetime] = {}
        """When each change was made."""
        self.alarms: dict[str, AlarmSeen] = {}
        self.heartbeat = AlarmSeen(AlarmState.OK)
        """The alarm on the watchdog's heartbeat."""
        self.calendars: dict[str, CalendarSeen] = {}
        self.line: str | None = "go"
        """Value of the parameter that stops the line, where the topology has one."""
        self.tasks: dict[str, ReplicationSeen] = {}
        self.running: int | None = 2 if Lane.BLUE in topology.services else None
        """Running tasks of blue; None where no service is described."""
        self.scale_in_suspended = False
        self.scheduled_suspended = False
        self.requests: dict[datetime, Mapping[str, Mapping[Lane, int]]] = {}
        """Counts by edge and lane, by the start of their interval."""
        self.outcomes: dict[datetime, Mapping[str, Mapping[Lane, Counts]]] = {}
        """How requests ended, by edge and lane, by the start of their interval."""
        self.rotations = RotationLook(ok=True, reasons=(), secrets=())
        """What the guard of rotations answers, where the topology names one."""
        self.rotations_kept_out = False
        self.broken: dict[str, AwsError] = {}
        """Sources that cannot be asked: targets, dns, alarms, calendars, line,
        replication, capacity, traffic, outcomes, rotations."""

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        """Do something to the system.

        Names: `write edge-1`, `write edge-2`, `write dns`, `keep capacity`,
        `release capacity`, `raise capacity`, `keep rotations out`, `let rotations in`.
        """
        del name
        return apply()

    def ask(self, source: str) -> None:
        """Raise what is wrong with a source, if something is."""
        if source in self.broken:
            raise self.broken[source]

    def served(self, start: datetime) -> Mapping[str, Mapping[Lane, int]]:
        """Requests of the interval that starts then; a traffic model overrides it."""
        return self.requests.get(start, _NO_REQUESTS)

    def ended(
        self, start: datetime, length: timedelta
    ) -> Mapping[str, Mapping[Lane, Counts]]:
        """How the requests of an interval ended; a traffic model overrides it."""
        del length
        return self.outcomes.get(start, _NO_OUTCOMES)

    def set_targets(
        self, lane: Lane, edge: str, *, healthy: int, registered: int | None = None
    ) -> None:
        """Set the targets of a lane at one edge; all are healthy unless told."""
        count = healthy if registered is None else registered
        self.targets[lane][edge] = (healthy, count)
