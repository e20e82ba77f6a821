"""Lanes, splits and weights: the arithmetic of moving traffic.

A *split* is what Shifter wants: whole per mille over the lanes, summing to 1000,
absolute.  *Weights* are what AWS holds: whole numbers of any sum.  A split is written
divided by its greatest common divisor, because an ALB weight is at most 999 and a
Route 53 weight at most 255; the two are compared as ratios, never as numbers.

Limits: Elastic Load Balancing API, `TargetGroupTuple.Weight` (0 to 999);
Route 53 API, `ResourceRecordSet.Weight` (0 to 255, and a group of zeros means
*equal shares*, so all-zero weights are never written).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from math import gcd
from typing import Self

from pydantic import Field, model_validator

from shifter.core.model import Model

PER_MILLE = 1000
ALB_WEIGHT_LIMIT = 999
DNS_WEIGHT_LIMIT = 255


class Lane(StrEnum):
    """Where a target group leads."""

    BLUE = "blue"
    """Blue application on the blue database: what serves today."""
    CANARY = "canary"
    """Green application on the *blue* database."""
    GREEN = "green"
    """Green application on the green database."""


class Weights(Model):
    """The weights that an edge really has: whole numbers, compared as ratios.

    `other` is weight on target groups that the topology does not name: it is never
    written, and finding any means that somebody else changed the edge.
    """

    blue: int = Field(default=0, ge=0)
    canary: int = Field(default=0, ge=0)
    green: int = Field(default=0, ge=0)
    other: int = Field(default=0, ge=0)

    @property
    def total(self) -> int:
        return self.blue + self.canary + self.green + self.other

    @property
    def share(self) -> Fraction:
        """The part of the requests that leaves blue.

        All-zero weights serve nobody, so all of the traffic counts as gone from blue.
        """
        if self.total == 0:
            return Fraction(1)
        return Fraction(self.total - self.blue, self.total)

    def of(self, lane: Lane) -> int:
        return int(getattr(self, lane.value))

    def same_ratio(self, other: Weights) -> bool:
        """Tell whether both send requests to the same lanes in the same parts."""
        return all(
            mine * other.total == theirs * self.total
            for (_, mine), (_, theirs) in zip(self, other, strict=True)
        )

    def matches(self, split: Split) -> bool:
        """Tell whether these weights send requests exactly where `split` says."""
        return self.total > 0 and all(
            have * PER_MILLE == want * self.total
            for have, want in (
                (self.blue, split.blue),
                (self.canary, split.canary),
                (self.green, split.green),
                (self.other, 0),
            )
        )

    @property
    def told(self) -> str:
        """Where requests go, as people read it: `blue 90 %, green 10 %`."""
        if self.total == 0:
            return "all weights are 0"
        parts = [(lane.value, self.of(lane)) for lane in Lane]
        parts.append(("unknown target groups", self.other))
        return ", ".join(
            f"{name} {100 * part / self.total:.3g} %" for name, part in parts if part
        )

    def __str__(self) -> str:
        known = f"{self.blue}/{self.canary}/{self.green}"
        return f"{known} and {self.other} elsewhere" if self.other else known


class Split(Model):
    """Per mille of an edge's requests for each lane; they sum to 1000."""

    blue: int = Field(default=0, ge=0, le=PER_MILLE)
    canary: int = Field(default=0, ge=0, le=PER_MILLE)
    green: int = Field(default=0, ge=0, le=PER_MILLE)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.blue + self.canary + self.green
        if total != PER_MILLE:
            raise ValueError(f"a split sums to {PER_MILLE} per mille, not to {total}")
        return self

    @classmethod
    def leaving_blue(cls, share: int, towards: Lane = Lane.GREEN) -> Split:
        """The split that sends `share` per mille to one lane and the rest to blue."""
        return cls.model_validate({"blue": PER_MILLE - share, towards.value: share})

    @property
    def share(self) -> int:
        """Per mille of the requests that leave blue."""
        return PER_MILLE - self.blue

    def of(self, lane: Lane) -> int:
        return int(getattr(self, lane.value))

    def weights(self) -> Weights:
        """The smallest ALB weights with exactly this ratio."""
        reduced = _reduce(
            {lane.value: self.of(lane) for lane in Lane}, ALB_WEIGHT_LIMIT
        )
        return Weights.model_validate(reduced)

    def __str__(self) -> str:
        parts = (
            f"{lane.value} {percent(self.of(lane))}" for lane in Lane if self.of(lane)
        )
        return ", ".join(parts)


ALL_BLUE = Split(blue=PER_MILLE)


class InexactShare(ValueError):
    """No weights that AWS allows give this share exactly."""


def dns_weights(share: int) -> tuple[int, int]:
    """The Route 53 weights of edge-1 and edge-2 that send `share` per mille to edge-2.

    Raises InexactShare when the smallest whole weights exceed 255: for example 0.1 %
    would need 999 to 1.
    """
    pair = _reduce({"edge-1": PER_MILLE - share, "edge-2": share}, DNS_WEIGHT_LIMIT)
    return pair["edge-1"], pair["edge-2"]


def _reduce(parts: Mapping[str, int], limit: int) -> dict[str, int]:
    divisor = gcd(*parts.values())
    reduced = {name: part // divisor for name, part in parts.items()}
    if max(reduced.values()) > limit:
        raise InexactShare(
            f"{parts} needs the weights {tuple(reduced.values())}; "
            f"at most {limit} is allowed"
        )
    return reduced


def percent(per_mille: int) -> str:
    """Per mille as people read it: `10 %`, `0.5 %`."""
    whole, tenth = divmod(per_mille, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"
