"""Edges without AWS: the twin of `adapters.alb`.

It writes one edge after the other, in the order given, so that a crash test can stop
between two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.edges import LOST, EdgeState
from shifter.core.errors import AwsError, Rejected
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.targets import TargetsSeen
from shifter.core.lanes import ALB_WEIGHT_LIMIT, Lane, Weights


class MemoryEdges:
    """Fits `ports.Edges`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world
        self._missing = {
            edge.name: [lane for lane in Lane if lane not in edge.target_groups]
            for edge in world.topology.edges
        }
        """Lanes that an edge does not have."""

    def read(self) -> Mapping[str, EdgeState | Unreadable]:
        return dict(self._world.edges)

    def write(
        self, states: Mapping[str, EdgeState], before_each: Callable[[], None]
    ) -> Mapping[str, AwsError]:
        known = {n: state for n, state in states.items() if n in self._world.edges}
        failures: dict[str, AwsError] = {
            name: Rejected("ModifyRule", name, LOST)
            for name in states.keys() - known.keys()
        }
        for name, state in known.items():
            self._check(name, state.weights)
        for name, state in known.items():
            before_each()
            try:
                self._write(name, state)
            except AwsError as error:
                failures[name] = error
        return failures

    def targets(self, lane: Lane) -> TargetsSeen:
        world = self._world
        world.ask("targets")
        counts = world.targets.get(lane, {})
        return TargetsSeen(
            healthy={edge: healthy for edge, (healthy, _) in counts.items()},
            registered={edge: registered for edge, (_, registered) in counts.items()},
        )

    def _check(self, name: str, weights: Weights) -> None:
        nowhere = weights.other or any(weights.of(lane) for lane in self._missing[name])
        if weights.total == 0 or nowhere:
            raise ValueError(
                f"{name}: refusing to write the weights {weights}: every request "
                "needs a lane"
            )
        if max(weights.of(lane) for lane in Lane) > ALB_WEIGHT_LIMIT:
            raise ValueError(
                f"{name}: refusing to write the weights {weights}: "
                f"at most {ALB_WEIGHT_LIMIT} is allowed"
            )

    def _write(self, name: str, state: EdgeState) -> None:
        edges = self._world.edges

        def apply() -> None:
            edges[name] = state

        self._world.effect(f"write {name}", apply)
