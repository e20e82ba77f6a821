"""Blue's capacity without AWS: the twin of `adapters.ecs`."""

from __future__ import annotations

from collections.abc import Mapping

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.lanes import Lane


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

    def keep(self) -> None:
        self._suspend("keep capacity", suspended=True)

    def release(self) -> None:
        self._suspend("release capacity", suspended=False)

    def raise_to(self, running: int) -> None:
        world = self._world
        world.ask("capacity")
        if world.running is None or world.running >= running:
            return

        def apply() -> None:
            world.running = max(world.running or 0, running)

        world.effect("raise capacity", apply)

    def _suspend(self, name: str, *, suspended: bool) -> None:
        world = self._world
        world.ask("capacity")
        if world.running is None or world.scale_in_suspended is suspended:
            return

        def apply() -> None:
            world.scale_in_suspended = suspended

        world.effect(name, apply)
