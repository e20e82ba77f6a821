"""A probe without HTTP: whoever has most of an edge's weight answers."""

from __future__ import annotations

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.edges import EdgeState
from shifter.core.errors import Unavailable
from shifter.core.lanes import Lane


class MemoryProbe:
    """Fits `ports.Probe`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world
        self._probed = {edge.name for edge in world.topology.edges if edge.probe_url}

    def lane(self, edge: str) -> str | None:
        if edge not in self._probed:
            return None
        state = self._world.edges[edge]
        if not isinstance(state, EdgeState):
            raise Unavailable("probe", edge, "no answer")
        return max(Lane, key=state.weights.of)
