"""The stage: one system, Shifter deployed beside it, clients that pay, and hands.

A scenario plays here.  What happens on the stage is bound to what traffic does ("when a
tenth of it is on green, and a minute later"), because that is what a scenario is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import boto3

from shifter import wiring
from shifter.core.edges import EdgeState
from shifter.core.lanes import Weights
from shifter.core.record import Record
from shifter.core.topology import Topology
from shifter.ports import Ports
from shifter_sandbox.account import START, Account, account
from shifter_sandbox.build import build_system
from shifter_sandbox.deployment import NOWHERE, Deployment, deployed
from shifter_sandbox.front_door import front_door
from shifter_sandbox.system import System
from shifter_sandbox.traffic import Traffic

OPERATOR = "arn:aws:iam::123456789012:user/ada"
APPROVER = "arn:aws:iam::123456789012:user/grace"
CUTOVER = "demo"
REAL_SECONDS = 900.0
"""How long a run may really take: seconds, but on a busy machine minutes."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens to a run, once."""

    told: str
    """What happens, for people."""
    do: Callable[[Stage], object]
    at_share: int
    """As soon as so much per mille leaves blue at the first edge ..."""
    later: timedelta = timedelta()
    """... and then so much later."""


@dataclass
class Stage:
    """Everything that a scenario can touch."""

    aws: Account
    system: System
    traffic: Traffic
    shifter: Deployment
    happened: dict[str, datetime] = field(default_factory=dict)
    """When each happening happened."""
    by_hand: dict[str, Weights] = field(default_factory=dict)
    """The weights that somebody outside of Shifter set last, by edge."""

    @property
    def ports(self) -> Ports:
        """Shifter's own view of the world, for an operator's orders."""
        return wiring.ports_from_environment()

    def record(self) -> Record | None:
        """The cutover's record as it is now."""
        return self.ports.store.load(CUTOVER)

    def weights(self) -> dict[str, Weights]:
        """The live weights of every edge."""
        return {e.edge: self.system.live_weights(e.edge) for e in self.system.entries}

    def sticky(self) -> frozenset[str]:
        """The edges that pin clients to a lane."""
        return frozenset(
            edge
            for edge, state in self.ports.edges.read().items()
            if isinstance(state, EdgeState) and state.stickiness_seconds is not None
        )

    def expect(self, happening: Happening) -> None:
        """Let something happen when its moment comes."""
        first = self.system.entries[0].edge

        def act() -> None:
            self.happened[happening.told] = self.aws.now()
            happening.do(self)

        def look(_: datetime, __: datetime) -> None:
            if happening.told in waiting:
                share = self.system.live_weights(first).share
                if share * 1000 >= happening.at_share:
                    waiting.remove(happening.told)
                    self.aws.after(happening.later.total_seconds(), act)

        waiting = {happening.told}
        self.aws.clock.each_span(look)


@contextmanager
def stage(
    *,
    seed: int = 1,
    start: datetime = START,
    history_limit: int = 20_000,
    control_url: str = NOWHERE,
    **parts: Any,
) -> Iterator[Stage]:
    """A stage on which nothing has happened yet.

    `control_url` is where `control` is served; `parts` are those of `build_system`:
    edges, dns, canary, default_action, ...
    """
    with account(start, seed=seed, real_seconds=REAL_SECONDS) as aws:
        system = build_system(aws, **parts)
        with front_door(system.probe) as address:
            system = _with_probes(system, address)
            with deployed(
                aws, system, history_limit=history_limit, control_url=control_url
            ) as shifter:
                traffic = Traffic(aws, system, seed=seed)
                # Metrics arrive some minutes late, and alarms start without data.
                aws.advance(timedelta(minutes=6).total_seconds())
                yield Stage(aws, system, traffic, shifter)


def _with_probes(system: System, address: str) -> System:
    """The system with a topology that says where to probe its edges."""
    topology = Topology.model_validate(
        {
            **system.topology.model_dump(),
            "edges": [
                {**edge.model_dump(), "probe_url": f"{address}/{edge.name}"}
                for edge in system.topology.edges
            ],
        }
    )
    boto3.client("ssm").put_parameter(
        Name=system.topology_parameter,
        Type="String",
        Value=topology.model_dump_json(),
        Overwrite=True,
    )
    return replace(system, topology=topology)
