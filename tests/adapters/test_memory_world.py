"""The emulated system: every effect goes through one hook, and each is absolute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from shifter.adapters.memory.capacity import MemoryCapacity
from shifter.adapters.memory.dns import MemoryDns
from shifter.adapters.memory.edges import MemoryEdges
from shifter.adapters.memory.world import START, ManualClock, MemoryWorld
from shifter.core.edges import EdgeState
from shifter.core.errors import Rejected, Unavailable
from shifter.core.lanes import Split
from tests.adapters.bench import ALL_BLUE_STATE, FaultyWorld, invented_topology

T = TypeVar("T")

TEN = EdgeState(weights=Split.leaving_blue(100).weights())


def nothing() -> None:
    """Forbid no write."""


class LateWorld(MemoryWorld):
    """A world in which nothing happens until it is let happen."""

    def __init__(self) -> None:
        super().__init__(invented_topology())
        self.under_way: list[Callable[[], object]] = []

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        self.under_way.append(apply)
        raise Unavailable("ModifyRule", name, "no answer")


class DoubleWorld(MemoryWorld):
    """A world in which everything happens twice."""

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        apply()
        return super().effect(name, apply)


class CrashingWorld(MemoryWorld):
    """A world whose user dies before the second effect."""

    def __init__(self) -> None:
        super().__init__(invented_topology())
        self.effects = 0

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        self.effects += 1
        if self.effects == 2:
            raise InterruptedError(name)
        return apply()


def test_every_effect_has_a_name() -> None:
    world = FaultyWorld(invented_topology())

    MemoryEdges(world).write({"edge-1": TEN, "edge-2": TEN}, nothing)
    MemoryDns(world).write(500)
    capacity = MemoryCapacity(world)
    capacity.keep()
    capacity.raise_to(3)
    capacity.release(())

    assert world.effects == [
        "write edge-1",
        "write edge-2",
        "write dns",
        "keep capacity",
        "raise capacity",
        "release capacity",
    ]


def test_a_write_can_land_after_a_later_one() -> None:
    """This is what the time limit of a claim is about."""
    world = LateWorld()
    edges = MemoryEdges(world)

    failures = edges.write({"edge-1": TEN}, nothing)
    assert isinstance(failures["edge-1"], Unavailable)
    assert edges.read()["edge-1"] == ALL_BLUE_STATE

    [late] = world.under_way
    late()
    assert edges.read()["edge-1"] == TEN


def test_a_raise_of_capacity_that_lands_late_lowers_nothing() -> None:
    world = LateWorld()
    with pytest.raises(Unavailable):
        MemoryCapacity(world).raise_to(3)
    world.running = 5

    [late] = world.under_way
    late()

    assert world.running == 5


def test_everything_twice_is_the_same_as_once() -> None:
    world = DoubleWorld(invented_topology())
    edges, dns, capacity = MemoryEdges(world), MemoryDns(world), MemoryCapacity(world)

    edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)
    change = dns.write(500)
    capacity.keep()
    capacity.raise_to(5)

    state = dns.read()
    assert state is not None
    assert edges.read() == {"edge-1": TEN, "edge-2": TEN}
    assert (state.share(), dns.insync(change)) == (500, True)
    assert (world.running, world.scale_in_suspended) == (5, True)


def test_a_crash_between_two_writes_leaves_the_first_one() -> None:
    edges = MemoryEdges(CrashingWorld())

    with pytest.raises(InterruptedError, match="write edge-2"):
        edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)

    assert edges.read() == {"edge-1": TEN, "edge-2": ALL_BLUE_STATE}


def test_the_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock()

    assert clock.now() == clock.now() == START
    clock.advance(timedelta(seconds=10))
    assert clock.now() == START + timedelta(seconds=10)


def test_a_dns_change_takes_the_time_that_it_is_given() -> None:
    world = MemoryWorld(invented_topology())
    world.dns_delay = timedelta(seconds=40)
    dns = MemoryDns(world)
    change = dns.write(500)

    assert not dns.insync(change)
    world.clock.advance(timedelta(seconds=40))
    assert dns.insync(change)


def test_a_change_that_nobody_made_is_rejected() -> None:
    with pytest.raises(Rejected):
        MemoryDns(MemoryWorld(invented_topology())).insync("change-7")
