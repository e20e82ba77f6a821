"""Starting replication: what is to be done next, as a value.

    forward   blue to green: everything that is there, then every change
    reverse   green to blue: changes alone, from a position before green's first write

Rules of this file
* The reverse task reads from the moment at which all of blue was seen on green.  Noted
  after green's first write it would lose payments, so it is begun only while no edge
  sends requests to green.
* What has run before goes on where it stopped: from its beginning it would load over
  what is there.
* What failed waits for a person.

AWS documentation: AWS DMS user guide, "Task status" and "Creating tasks for ongoing
replication using AWS DMS" (a start position may be a time); DMS API reference,
`StartReplicationTask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FORWARD, REVERSE = "forward", "reverse"
WHOLE = 100
_UNDER_WAY = frozenset(
    {"creating", "starting", "stopping", "modifying", "moving", "testing"}
)


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """A task as DMS tells it."""

    status: str | None
    """In DMS's words; None when it knows no such task."""
    loaded_percent: int = 0
    tables_errored: int = 0
    position: str = ""
    """From where it reads, where that was said."""
    trouble: str = ""
    """Why it stopped or failed."""


class Act(StrEnum):
    """What to do now."""

    START = "start"
    RESUME = "resume"
    WAIT = "wait"
    REFUSE = "refuse"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Order:
    """What to do now, and why."""

    act: Act
    task: str
    reason: str
    position: datetime | None = None
    """From where the reverse task is to read."""


def next_order(
    tasks: Mapping[str, TaskSeen], serves: Mapping[str, str], now: datetime
) -> Order:
    """The next thing to do.

    `serves` names the edges at which green has requests, or of which nobody knows, each
    with what was seen.
    """
    for name in (FORWARD, REVERSE):
        if name in tasks:
            order = _of(name, tasks[name], serves, now)
            if order is not None:
                return order
    told = " and ".join(name for name in (FORWARD, REVERSE) if name in tasks)
    return Order(Act.DONE, told, f"{told} replicate")


def _of(
    name: str, seen: TaskSeen, serves: Mapping[str, str], now: datetime
) -> Order | None:
    """What this task needs; None when it replicates."""
    match seen.status:
        case None:
            return _refused(name, "DMS knows no such task: correct the topology")
        case "ready":
            return _begun(name, serves, now)
        case "stopped":
            told = f"{name} goes on where it stopped ({seen.trouble or 'no reason'})"
            return Order(Act.RESUME, name, told)
        case "running":
            return _running(name, seen)
        case status if status in _UNDER_WAY:
            return Order(Act.WAIT, name, f"{name} is {status}")
        case status:
            told = f"it is {status} ({seen.trouble or 'DMS gives no reason'})"
            return _refused(name, f"{told}: mend that, and resume it in DMS")


def _begun(name: str, serves: Mapping[str, str], now: datetime) -> Order:
    if name == FORWARD:
        return Order(Act.START, name, "forward loads all of blue into green")
    if serves:
        told = "; ".join(f"{edge}: {seen}" for edge, seen in sorted(serves.items()))
        return _refused(
            name,
            "its position has to be before green's first write, and green may serve "
            f"already ({told}): bring every edge to blue, and load green anew",
        )
    told = f"reverse reads from {now:%Y-%m-%dT%H:%M:%S}, before green's first write"
    return Order(Act.START, name, told, position=now)


def _running(name: str, seen: TaskSeen) -> Order | None:
    if seen.tables_errored:
        told = f"{seen.tables_errored} tables are in error: see its table statistics"
        return _refused(name, told)
    if name == FORWARD and seen.loaded_percent < WHOLE:
        return Order(Act.WAIT, name, f"forward has loaded {seen.loaded_percent} %")
    return None


def _refused(name: str, why: str) -> Order:
    return Order(Act.REFUSE, name, f"{name}: {why}")
