"""Ports: what the engine needs from the world, in our own words.

Adapters fit these protocols without inheriting from them; each has a twin in
`adapters/memory/` that keeps the same promises, and one set of contract tests runs over
both.  Every method raises AwsError (Throttled, Unavailable, Denied, Rejected) when the
world cannot be reached or refuses; `ClientError` never crosses this line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import AwsError
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.targets import TargetsSeen
from shifter.core.intervals import Interval
from shifter.core.journal import Entry
from shifter.core.lanes import Lane
from shifter.core.notice import EVERY_WAY, Notice, Way
from shifter.core.outcomes import Objective, Outcome, Span
from shifter.core.record import Record, Scaling
from shifter.core.topology import Topology

if TYPE_CHECKING:
    from shifter.core.rotation import RotationAnswer, RotationLook


class Clock(Protocol):
    """The time, in UTC."""

    def now(self) -> datetime: ...


class Holder(Protocol):
    """Who is written in the environment's lock, and since when."""

    @property
    def holder(self) -> str: ...

    @property
    def since(self) -> datetime: ...

    @property
    def expires_at(self) -> datetime | None:
        """When a lease runs out; None for a cutover, which holds until it ends."""

    @property
    def cutover_id(self) -> str | None:
        """The cutover that holds; None when it is somebody else."""

    def holds(self, now: datetime) -> bool:
        """Tell whether the hold still counts: a lease may have run out."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What is written about an environment."""

    holder: Holder | None
    """Who is in its lock; a lease that has run out stays until somebody takes over."""
    latest: str | None
    """Id of the cutover that was begun last; None before the first."""


class Store(Protocol):
    """Records, journals and the environment's lock."""

    def load(self, cutover_id: str) -> Record | None:
        """The record, read consistently; None if there is none.

        Raises UnreadableRecord when this version of Shifter cannot read it.
        """

    def save(self, record: Record, entry: Entry) -> None:
        """Save record, journal entry and lock in one transaction.

        The record's version must be one more than the stored one (1: none is stored).
        The first save takes the environment's lock and makes the cutover the latest,
        the save that ends it frees the lock, and what is saved later leaves it alone.
        Going back never depends on the lock.  Raises Conflict when someone else saved
        first, and LockHeld when the lock is somebody else's.  The same save twice
        changes nothing the second time, and may be a Conflict.
        """

    def journal(self, cutover_id: str, after: int = 0) -> Sequence[Entry]:
        """The entries with numbers above `after`, oldest first."""

    def environment(self, name: str) -> Environment:
        """Who holds an environment, and its latest cutover, read consistently."""


class Edges(Protocol):
    """The weights at every edge of the topology."""

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        """Every edge's state, by edge name."""

    def write(
        self, states: Mapping[str, EdgeState], before_each: Callable[[], None]
    ) -> Mapping[str, AwsError]:
        """Write edges in parallel, once each, without retries; return what failed.

        An edge that the topology does not name has failed, and keeps no other back.
        `before_each` is called right before each write and may raise to forbid it;
        what it raises is raised here, after the writes under way have ended.
        """

    def targets(self, lane: Lane) -> TargetsSeen:
        """Healthy and registered targets of a lane, at every edge."""


class Dns(Protocol):
    """The weighted pair of the topology."""

    def read(self) -> DnsState | None:
        """The pair as Route 53 has it; None when the topology has none."""

    def write(self, share: int) -> str:
        """Send `share` per mille of the answers to edge-2, all types in one batch.

        Returns the id of the change.  Everything else of the records is preserved.
        """

    def insync(self, change_id: str) -> bool:
        """Tell whether a change has reached all of Route 53's servers."""


class Reader(Protocol):
    """Reads what gates of one kind need, with as few calls as possible."""

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, Any]:
        """What was seen, by gate name: the gate's own type, or Unreadable.

        Never raises AwsError: a source that cannot be asked is a reading, too.
        """


class Capacity(Protocol):
    """Blue's capacity, kept able to take everything back."""

    def counts(self) -> Mapping[str, int]:
        """Blue's `running` tasks, where a service is described, and healthy targets.

        The targets are counted by edge: `edge-1`, `edge-2`.
        """

    def suspended(self) -> tuple[Scaling, ...]:
        """What is suspended now, of all that `keep` suspends; nothing without it."""

    def keep(self) -> None:
        """Suspend all that can make blue smaller.  Twice is the same as once."""

    def release(self, stays: Collection[Scaling]) -> None:
        """Let blue become smaller again, except by what stays suspended.

        Twice is the same as once.
        """

    def raise_to(self, running: int) -> None:
        """Ask for at least so many running tasks of blue, without waiting."""


class Traffic(Protocol):
    """Requests that were really served."""

    def intervals(self, start: datetime, end: datetime) -> Sequence[Interval]:
        """The closed intervals from `start` to `end`, oldest first.

        One without any datapoint is included, with no counts.
        """


class Outcomes(Protocol):
    """How requests ended, as one source counts them."""

    def intervals(
        self, objective: Objective, span: Span, length: timedelta
    ) -> Sequence[Outcome]:
        """The intervals of this length that lie in the span, oldest first.

        The span is made of whole intervals.  One without any datapoint is included,
        with no counts; failed and slow requests never outnumber all.
        """


class Probe(Protocol):
    """A request through an edge, to see which lane answers."""

    def lane(self, edge: str) -> str | None:
        """Name of the lane that answered; None when the edge has no probe.

        Raises AwsError when nothing sensible came back.
        """


class Notifier(Protocol):
    """Tells people and systems."""

    def send(self, notice: Notice, ways: Sequence[Way] = EVERY_WAY) -> None:
        """Send it on each of these ways; raises when one of them failed."""


class Executions(Protocol):
    """Executions of the state machine."""

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        """Start one.  The same name twice is the same as once.

        False means that the name was used before, for an execution that has ended or
        has another payload.
        """


class Rotations(Protocol):
    """Whoever rotates the passwords of the databases."""

    def look(self, window: timedelta) -> RotationLook:
        """Tell what is in the way of a cutover that begins now and lasts so long.

        It changes nothing.  An answer that cannot be understood is an AwsError, too.
        """

    def prepare(self, cutover_id: str, window: timedelta) -> RotationAnswer:
        """The same; if nothing is in the way, nothing is rotated from now on.

        It ends with `release`, or within five minutes where no cutover holds the
        environment.
        """

    def release(self) -> None:
        """Say that a cutover has ended.  Nobody waits for what follows from it."""


class Ports(Protocol):
    """All ports of one environment; each is built when it is first asked for."""

    @property
    def clock(self) -> Clock: ...

    @property
    def topology(self) -> Topology: ...

    @property
    def store(self) -> Store: ...

    @property
    def edges(self) -> Edges: ...

    @property
    def dns(self) -> Dns: ...

    @property
    def readers(self) -> Mapping[str, Reader]:
        """By gate kind; kinds that look at the record only have none."""

    @property
    def capacity(self) -> Capacity: ...

    @property
    def traffic(self) -> Traffic: ...

    @property
    def probe(self) -> Probe: ...

    @property
    def notifier(self) -> Notifier: ...

    @property
    def rotations(self) -> Rotations | None:
        """None where the topology says that nobody rotates."""

    @property
    def executions(self) -> Executions: ...

    @property
    def history_limit(self) -> int: ...
