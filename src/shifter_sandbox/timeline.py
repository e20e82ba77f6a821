"""The timeline: what every edge showed, from its first weights to its last.

Edges are looked at whenever the clock moves, and nothing happens between two such
moments: so no weights that ever served a request are missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shifter.core.lanes import Weights
from shifter_sandbox.stage import Stage


@dataclass(frozen=True, slots=True)
class Shown:
    """The weights that an edge had from a moment on."""

    at: datetime
    """Start of the span of time in which they were first there."""
    edge: str
    weights: Weights
    by_hand: bool
    """Whether somebody set them outside of Shifter."""


def follow(on: Stage) -> list[Shown]:
    """Begin a timeline, which grows for as long as the stage is there."""
    timeline: list[Shown] = []
    last: dict[str, Mapping[str, int]] = {}

    def look(since: datetime, _: datetime) -> None:
        for entry in on.system.entries:
            found = on.aws.load_balancing.forward_weights(entry.forward_arn)
            if last.get(entry.edge) == found:
                continue
            last[entry.edge] = found
            weights = on.system.live_weights(entry.edge)
            by_hand = on.by_hand.get(entry.edge)
            timeline.append(
                Shown(
                    since,
                    entry.edge,
                    weights,
                    by_hand is not None and weights.same_ratio(by_hand),
                )
            )

    on.aws.clock.each_span(look)
    return timeline
