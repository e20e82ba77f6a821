"""What edges and DNS show, and how that compares with the record.

An edge's state is absolute: writing it decides everything that Shifter may touch on the
edge (weights and group stickiness) and repeats what it must preserve (other actions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from shifter.core.lanes import Lane, Split, Weights
from shifter.core.model import Model


class EdgeState(Model):
    """The forward action of one edge."""

    weights: Weights
    stickiness_seconds: int | None = None
    """Target-group stickiness; None means off."""
    other_actions: str = "[]"
    """Actions beside the forward, such as authentication: JSON, kept as they are."""

    def moved(self, split: Split) -> EdgeState:
        """The same edge with the split's weights; stickiness stays as it is."""
        return self.model_copy(update={"weights": split.weights()})

    def released(self, split: Split) -> EdgeState:
        """The same edge with the split's weights and stickiness off, so that no client
        stays pinned to the lane that is being left."""
        return self.model_copy(
            update={"weights": split.weights(), "stickiness_seconds": None}
        )


LOST = "is not in the topology any more: put it back"
"""What is said of an edge that the record knows and nobody can find."""


class DnsChange(Model):
    """A change of the DNS weights that was asked of Route 53."""

    id: str
    at: datetime
    insync_at: datetime | None = None
    """When a poll first saw it INSYNC on all of Route 53's servers."""


@dataclass(frozen=True, slots=True)
class DnsState:
    """The weighted pair as it is."""

    weights: Mapping[str, int]
    """By edge name."""
    ttl_seconds: int

    def share(self) -> int | None:
        """Per mille that resolve to edge-2; None when it is not a whole per mille, or
        when all weights are zero (Route 53 then gives equal shares)."""
        total = sum(self.weights.values())
        if total == 0 or self.weights.get("edge-2", 0) * 1000 % total:
            return None
        return self.weights.get("edge-2", 0) * 1000 // total


class Found(IntEnum):
    """How what an edge shows differs from the record; the highest speaks for all."""

    SAME = 0
    DIFFERENT = 1
    """The same or a smaller share, with numbers that nobody recorded."""
    BELOW = 2
    """Less traffic leaves blue than the step says: somebody moved to safety by hand."""
    UNREADABLE = 3
    ABOVE = 4
    """More traffic leaves blue than the step allows."""
    FOREIGN = 5
    """Requests reach a lane that the record gives none, or none at all."""


def compare(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """Compare one edge's weights with what the record allows it to show."""
    if any(found.matches(split) for split in expected):
        return Found.SAME
    given = {lane for lane in Lane for split in expected if split.of(lane)}
    if found.total == 0 or found.other:
        return Found.FOREIGN
    if any(found.of(lane) for lane in Lane if lane not in given and lane != Lane.BLUE):
        return Found.FOREIGN
    if found.share * 1000 > max(split.share for split in expected):
        return Found.ABOVE
    if adopted is not None and found.same_ratio(adopted):
        return Found.SAME
    floor = min(split.share for split in expected)
    if adopted is not None and found.share >= adopted.share:
        return Found.DIFFERENT
    return Found.BELOW if found.share * 1000 < floor else Found.DIFFERENT
