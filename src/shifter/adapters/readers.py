"""Readers over other ports: what gates need that a port answers already.

Rules of this file
* A reader never raises AwsError: a source that cannot be asked is Unreadable, a reading
  like any other.
* As few calls as possible: what several gates need is asked once, and what cannot have
  changed is not asked at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError
from shifter.core.gates.capacity import CapacitySeen
from shifter.core.gates.dns import DnsSeen
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.targets import TargetsGate, TargetsSeen
from shifter.core.gates.weights import EdgesSeen
from shifter.core.intervals import CountingGate, TrafficSeen, closed_before
from shifter.core.lanes import Lane
from shifter.ports import Capacity, Dns, Edges, Traffic

Gates = Sequence[Gate[Any]]
Situations = Mapping[str, Situation]
_NOTHING_NEW = TrafficSeen(())


class WeightsReader:
    """Fits `ports.Reader` for the weights gate."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges

    def read(
        self, gates: Gates, situations: Situations
    ) -> Mapping[str, EdgesSeen | Unreadable]:
        del situations
        seen: Mapping[str, EdgeState | Unreadable] | Unreadable
        try:
            seen = self._edges.read()
        except AwsError as error:
            seen = Unreadable(str(error))
        return {gate.name: seen for gate in gates}


class DnsSettledReader:
    """Fits `ports.Reader` for the gate that waits for DNS."""

    def __init__(self, dns: Dns) -> None:
        self._dns = dns

    def read(
        self, gates: Gates, situations: Situations
    ) -> Mapping[str, DnsSeen | Unreadable]:
        return {gate.name: self._look(situations[gate.name]) for gate in gates}

    def _look(self, situation: Situation) -> DnsSeen | Unreadable:
        change = situation.dns_change
        try:
            state = self._dns.read()
            if state is None or change is None or change.insync_at is not None:
                return DnsSeen(state)
            return DnsSeen(state, insync=self._dns.insync(change.id))
        except AwsError as error:
            return Unreadable(str(error))


class CapacityReader:
    """Fits `ports.Reader` for the capacity gate."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity

    def read(
        self, gates: Gates, situations: Situations
    ) -> Mapping[str, CapacitySeen | Unreadable]:
        del situations
        seen: CapacitySeen | Unreadable
        try:
            seen = CapacitySeen(self._capacity.counts())
        except AwsError as error:
            seen = Unreadable(str(error))
        return {gate.name: seen for gate in gates}


class TargetsReader:
    """Fits `ports.Reader` for targets gates."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges

    def read(
        self, gates: Gates, situations: Situations
    ) -> Mapping[str, TargetsSeen | Unreadable]:
        del situations
        lanes = {
            gate.name: gate.lane for gate in gates if isinstance(gate, TargetsGate)
        }
        seen = {lane: self._look(lane) for lane in dict.fromkeys(lanes.values())}
        return {gate: seen[lane] for gate, lane in lanes.items()}

    def _look(self, lane: Lane) -> TargetsSeen | Unreadable:
        try:
            return self._edges.targets(lane)
        except AwsError as error:
            return Unreadable(str(error))


class SufficiencyReader:
    """Fits `ports.Reader` for gates that count requests."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def read(
        self, gates: Gates, situations: Situations
    ) -> Mapping[str, TrafficSeen | Unreadable]:
        wanted: dict[str, tuple[datetime, datetime]] = {}
        for gate in gates:
            situation = situations[gate.name]
            start = cast(CountingGate, gate).wanted_from(situation)
            closed = closed_before(situation.now)
            if start is not None and start < closed:
                wanted[gate.name] = (start, closed)
        seen = dict.fromkeys((gate.name for gate in gates), _NOTHING_NEW)
        return {**seen, **self._fetch(wanted)}

    def _fetch(
        self, wanted: Mapping[str, tuple[datetime, datetime]]
    ) -> dict[str, TrafficSeen | Unreadable]:
        """Ask once for everything, and give each gate what it wanted."""
        if not wanted:
            return {}
        try:
            intervals = self._traffic.intervals(
                min(start for start, _ in wanted.values()),
                max(end for _, end in wanted.values()),
            )
        except AwsError as error:
            return dict.fromkeys(wanted, Unreadable(str(error)))
        return {
            gate: TrafficSeen(tuple(i for i in intervals if start <= i.start < end))
            for gate, (start, end) in wanted.items()
        }
