"""The guard of rotations without AWS: the twin of `adapters.rotations`."""

from __future__ import annotations

from datetime import timedelta

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.rotation import RotationAnswer, RotationLook


class MemoryRotations:
    """Fits `ports.Rotations`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def look(self, window: timedelta) -> RotationLook:
        del window
        self._world.ask("rotations")
        return self._world.rotations

    def prepare(self, cutover_id: str, window: timedelta) -> RotationAnswer:
        del cutover_id
        answer = self.look(window)
        if answer.ok:
            self._keep_out(yes=True)
        return answer

    def release(self) -> None:
        self._world.ask("rotations")
        self._keep_out(yes=False)

    def _keep_out(self, *, yes: bool) -> None:
        def apply() -> None:
            self._world.rotations_kept_out = yes

        self._world.effect("keep rotations out" if yes else "let rotations in", apply)
