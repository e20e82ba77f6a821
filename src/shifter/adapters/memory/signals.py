"""Alarms, replication, traffic and its outcomes without AWS.

Twins of `adapters.cloudwatch`, `adapters.dms` and `adapters.outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.errors import AwsError
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.replication import ReplicationGate, ReplicationSeen
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from shifter.core.intervals import INTERVAL, Interval, first_interval
from shifter.core.outcomes import Objective, Outcome, Span

HEARTBEAT_ALARM = "watchdog-heartbeat"
_MISSING = AlarmSeen(AlarmState.MISSING)
_NO_TASK = ReplicationSeen(status=None)


class MemoryAlarms:
    """Fits `ports.Reader` for alarm gates and the watchdog gate."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, AlarmSeen | HeartbeatSeen | Unreadable]:
        del situations
        world = self._world
        try:
            world.ask("alarms")
        except AwsError as error:
            return dict.fromkeys((gate.name for gate in gates), Unreadable(str(error)))
        heartbeat = HeartbeatSeen(HEARTBEAT_ALARM, world.heartbeat)
        return {
            **{g.name: heartbeat for g in gates if isinstance(g, WatchdogGate)},
            **{
                gate.name: world.alarms.get(gate.alarm, _MISSING)
                for gate in gates
                if isinstance(gate, AlarmGate)
            },
        }


class MemoryReplication:
    """Fits `ports.Reader` for replication gates."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, ReplicationSeen | Unreadable]:
        del situations
        world = self._world
        try:
            world.ask("replication")
        except AwsError as error:
            return dict.fromkeys((gate.name for gate in gates), Unreadable(str(error)))
        return {
            gate.name: world.tasks.get(gate.task, _NO_TASK)
            for gate in gates
            if isinstance(gate, ReplicationGate)
        }


class MemoryTraffic:
    """Fits `ports.Traffic`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def intervals(self, start: datetime, end: datetime) -> Sequence[Interval]:
        world = self._world
        world.ask("traffic")
        intervals = []
        at = first_interval(start)
        while at + INTERVAL <= end:
            intervals.append(Interval(at, world.served(at)))
            at += INTERVAL
        return intervals


class MemoryOutcomes:
    """Fits `ports.Outcomes`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def intervals(
        self, objective: Objective, span: Span, length: timedelta
    ) -> Sequence[Outcome]:
        del objective
        world = self._world
        world.ask("outcomes")
        told, at = [], span.start
        while at + length <= span.end:
            told.append(Outcome(at, length, world.ended(at, length)))
            at += length
        return told
