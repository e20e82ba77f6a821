"""Readers over other ports: as few calls as possible, and never an AwsError."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from shifter.adapters.memory.capacity import MemoryCapacity
from shifter.adapters.memory.dns import MemoryDns
from shifter.adapters.memory.edges import MemoryEdges
from shifter.adapters.memory.signals import MemoryTraffic
from shifter.adapters.memory.world import MemoryWorld
from shifter.adapters.readers import (
    CapacityReader,
    DnsSettledReader,
    SufficiencyReader,
    TargetsReader,
    WeightsReader,
)
from shifter.core.edges import DnsChange, DnsState, EdgeState
from shifter.core.errors import Denied, Throttled
from shifter.core.gates.capacity import CapacityGate, CapacitySeen
from shifter.core.gates.dns import DnsSeen, DnsSettledGate
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate, TargetsSeen
from shifter.core.gates.weights import WeightsGate
from shifter.core.intervals import Interval, TrafficSeen
from shifter.core.lanes import Lane
from shifter.ports import Reader
from tests.adapters.bench import ALL_BLUE_STATE, NOW, invented_topology

MINUTE = timedelta(minutes=1)
ONE_TO_ONE = DnsState({"edge-1": 1, "edge-2": 1}, 60)


class CountingWorld(MemoryWorld):
    """A world that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(invented_topology())
        self.asked: list[str] = []

    def ask(self, source: str) -> None:
        self.asked.append(source)
        super().ask(source)


class CountingTraffic(MemoryTraffic):
    """Traffic that notes for which time it is asked."""

    def __init__(self, world: MemoryWorld) -> None:
        super().__init__(world)
        self.asked: list[tuple[datetime, datetime]] = []

    def intervals(self, start: datetime, end: datetime) -> Sequence[Interval]:
        self.asked.append((start, end))
        return super().intervals(start, end)


class DeniedEdges(MemoryEdges):
    """Edges that nobody may read."""

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        raise Denied("DescribeRules", "edges", "AccessDenied")


@pytest.fixture
def world() -> CountingWorld:
    return CountingWorld()


def at(now: datetime, *gates: Gate[Any], **known: Any) -> dict[str, Situation]:
    return {gate.name: Situation(now=now, **known) for gate in gates}


def change(insync_at: datetime | None = None) -> DnsChange:
    return DnsChange(id="change-1", at=NOW, insync_at=insync_at)


def test_the_weights_gate_sees_every_edge(world: CountingWorld) -> None:
    gate = WeightsGate()

    seen = WeightsReader(MemoryEdges(world)).read([gate], at(NOW, gate))

    assert seen == {"weights": {"edge-1": ALL_BLUE_STATE, "edge-2": ALL_BLUE_STATE}}


def test_edges_that_raise_are_unreadable(world: CountingWorld) -> None:
    gate = WeightsGate()

    seen = WeightsReader(DeniedEdges(world)).read([gate], at(NOW, gate))

    assert seen == {"weights": Unreadable("DescribeRules on edges: AccessDenied")}


def test_without_a_change_nobody_asks_whether_it_is_in_sync(
    world: CountingWorld,
) -> None:
    gate = DnsSettledGate()

    seen = DnsSettledReader(MemoryDns(world)).read([gate], at(NOW, gate))

    assert seen == {"dns_settled": DnsSeen(DnsState({"edge-1": 1, "edge-2": 0}, 60))}
    assert world.asked == ["dns"]


@pytest.mark.parametrize(("delay", "insync"), [(0, True), (60, False)])
def test_a_change_is_followed_until_it_is_in_sync(
    world: CountingWorld, delay: int, insync: bool
) -> None:
    world.dns_delay = timedelta(seconds=delay)
    dns, gate = MemoryDns(world), DnsSettledGate()
    dns.write(500)

    seen = DnsSettledReader(dns).read([gate], at(NOW, gate, dns_change=change()))

    assert seen == {"dns_settled": DnsSeen(ONE_TO_ONE, insync=insync)}


def test_a_change_that_was_in_sync_once_is_not_asked_for_again(
    world: CountingWorld,
) -> None:
    dns, gate = MemoryDns(world), DnsSettledGate()
    dns.write(500)
    world.asked.clear()

    seen = DnsSettledReader(dns).read([gate], at(NOW, gate, dns_change=change(NOW)))

    assert seen == {"dns_settled": DnsSeen(ONE_TO_ONE, insync=True)}
    assert world.asked == ["dns"]


def test_lanes_that_several_gates_watch_are_counted_once(world: CountingWorld) -> None:
    gates = [
        TargetsGate(name="green", lane=Lane.GREEN),
        TargetsGate(name="more-green", lane=Lane.GREEN, minimum_healthy=2),
        TargetsGate(name="blue", lane=Lane.BLUE),
    ]
    world.set_targets(Lane.GREEN, "edge-1", healthy=1, registered=3)

    seen = TargetsReader(MemoryEdges(world)).read(gates, at(NOW, *gates))

    green = TargetsSeen({"edge-1": 1, "edge-2": 2}, {"edge-1": 3, "edge-2": 2})
    blue = TargetsSeen({"edge-1": 2, "edge-2": 2}, {"edge-1": 2, "edge-2": 2})
    assert seen == {"green": green, "more-green": green, "blue": blue}
    assert world.asked == ["targets", "targets"]


def test_the_capacity_gate_sees_the_counts(world: CountingWorld) -> None:
    gate = CapacityGate()

    seen = CapacityReader(MemoryCapacity(world)).read([gate], at(NOW, gate))

    assert seen == {"capacity": CapacitySeen({"running": 2, "edge-1": 2, "edge-2": 2})}


@pytest.mark.parametrize(
    ("source", "gate", "make"),
    [
        (
            "dns",
            DnsSettledGate(),
            lambda world: DnsSettledReader(MemoryDns(world)),
        ),
        (
            "targets",
            TargetsGate(name="green", lane=Lane.GREEN),
            lambda world: TargetsReader(MemoryEdges(world)),
        ),
        (
            "capacity",
            CapacityGate(),
            lambda world: CapacityReader(MemoryCapacity(world)),
        ),
        (
            "traffic",
            SufficiencyGate(name="enough", minimum_requests=1),
            lambda world: SufficiencyReader(MemoryTraffic(world)),
        ),
    ],
)
def test_a_source_that_cannot_be_asked_is_unreadable(
    world: CountingWorld,
    source: str,
    gate: Gate[Any],
    make: Callable[[MemoryWorld], Reader],
) -> None:
    world.broken[source] = Throttled("Describe", source, "Rate exceeded")

    seen = make(world).read([gate], at(NOW + timedelta(hours=1), gate, settled_at=NOW))

    assert seen == {gate.name: Unreadable(f"Describe on {source}: Rate exceeded")}


def test_traffic_is_asked_for_from_where_a_gate_has_counted(
    world: CountingWorld,
) -> None:
    """Settled at 9:00:30, so from 9:01; at 9:05 the minute that ended at 9:03 is in."""
    gate = SufficiencyGate(name="enough", minimum_requests=10)
    world.requests[NOW + MINUTE] = {"edge-1": {Lane.GREEN: 4}}
    traffic = CountingTraffic(world)

    seen = SufficiencyReader(traffic).read(
        [gate],
        at(NOW + 5 * MINUTE, gate, settled_at=NOW + timedelta(seconds=30)),
    )

    assert traffic.asked == [(NOW + MINUTE, NOW + 3 * MINUTE)]
    assert seen == {
        "enough": TrafficSeen(
            (
                Interval(NOW + MINUTE, {"edge-1": {Lane.GREEN: 4}}),
                Interval(NOW + 2 * MINUTE, {}),
            )
        )
    }


def test_gates_that_have_counted_differently_far_share_one_call(
    world: CountingWorld,
) -> None:
    gates = [
        SufficiencyGate(name="early", minimum_requests=10),
        SufficiencyGate(name="late", minimum_requests=10),
    ]
    situations = {
        "early": Situation(now=NOW + 5 * MINUTE, settled_at=NOW),
        "late": Situation(now=NOW + 5 * MINUTE, settled_at=NOW + 2 * MINUTE),
    }
    traffic = CountingTraffic(world)

    seen = SufficiencyReader(traffic).read(gates, situations)

    assert traffic.asked == [(NOW, NOW + 3 * MINUTE)]
    assert [i.start for i in _intervals(seen["early"])] == [
        NOW,
        NOW + MINUTE,
        NOW + 2 * MINUTE,
    ]
    assert [i.start for i in _intervals(seen["late"])] == [NOW + 2 * MINUTE]


@pytest.mark.parametrize(
    "situation",
    [
        Situation(now=NOW + 5 * MINUTE),
        Situation(now=NOW + 2 * MINUTE, settled_at=NOW),
    ],
    ids=["weights move", "nothing has closed"],
)
def test_no_call_is_made_when_there_is_nothing_new(
    world: CountingWorld, situation: Situation
) -> None:
    gate = SufficiencyGate(name="enough", minimum_requests=10)
    traffic = CountingTraffic(world)

    seen = SufficiencyReader(traffic).read([gate], {"enough": situation})

    assert seen == {"enough": TrafficSeen(())}
    assert traffic.asked == []


def _intervals(seen: TrafficSeen | Unreadable) -> tuple[Interval, ...]:
    assert isinstance(seen, TrafficSeen)
    return seen.intervals
