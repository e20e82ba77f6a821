"""Blue's capacity without AWS: the twin of `adapters.ecs`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.lanes import Lane
from shifter.core.record import Scaling


class MemoryCapacity:
    """Fits `ports.Capacity`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def counts(self) -> Mapping[str, int]:
        world = self._world
        world.ask("capacity")
        counts = {
            edge: healthy for edge, (healthy, _) in world.targets[Lane.BLUE].items()
        }
        if world.running is not None:
            counts["running"] = world.running
        return counts

    def suspended(self) -> tuple[Scaling, ...]:
        world = self._world
        world.ask("capacity")
        shown: dict[Scaling, bool] = {
            "scale_in": world.scale_in_suspended,
            "scheduled": world.scheduled_suspended,
        }
        if world.running is None:
            return ()
        return tuple(what for what, suspended in shown.items() if suspended)

    def keep(self) -> None:
        self._suspend("keep capacity", ("scale_in", "scheduled"))

    def release(self, stays: Collection[Scaling]) -> None:
        self._suspend("release capacity", stays)

    def raise_to(self, running: int) -> None:
        world = self._world
        world.ask("capacity")
        if world.running is None or world.running >= running:
            return

        def apply() -> None:
            world.running = max(world.running or 0, running)

        world.effect("raise capacity", apply)

    def _suspend(self, name: str, these: Collection[Scaling]) -> None:
        world = self._world
        world.ask("capacity")
        wanted = ("scale_in" in these, "scheduled" in these)
        shown = (world.scale_in_suspended, world.scheduled_suspended)
        if world.running is None or shown == wanted:
            return

        def apply() -> None:
            world.scale_in_suspended, world.scheduled_suspended = wanted

        world.effect(name, apply)
