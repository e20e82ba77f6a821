"""What a rendered tree costs a month, line by line.

Prices and volumes are data (prices.json); what is charged for is in `charges`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from template_checks.charges import CHARGES, FREE, FREE_SERVICES
from template_checks.tree import Resource, Tree

BUDGETS: Mapping[str, int] = {"dev": 380, "prod": 1700}


class Unpriced(Exception):
    """Something without a price."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{what} has no price")
        self.where = where


@dataclass(frozen=True)
class Line:
    """One line of the bill."""

    stack: str
    resource: str
    what: str
    quantity: float
    price: str
    usd: float
    verified: bool


@dataclass(frozen=True)
class Bill:
    """All lines of one profile."""

    profile: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def unverified(self) -> float:
        """The part of the total that rests on unverified prices."""
        return sum(line.usd for line in self.lines if not line.verified)


def bill(tree: Tree) -> Bill:
    """The bill.  Raises Unpriced."""
    return Bill(
        tree.profile, tuple(line for r in tree.resources() for line in _lines(tree, r))
    )


@cache
def table() -> dict[str, Any]:
    """The table of prices."""
    path = Path(__file__).with_name("prices.json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _lines(tree: Tree, resource: Resource) -> Iterator[Line]:
    if resource.type in FREE or resource.type.startswith(FREE_SERVICES):
        return
    charge = CHARGES.get(resource.type)
    if charge is None:
        raise Unpriced(resource.id, resource.type)
    volumes: Mapping[str, float] = table()["volumes"][tree.profile]
    for name, quantity, what in charge(tree, resource, volumes):
        price = table()["prices"].get(name)
        if price is None:
            raise Unpriced(resource.id, name)
        usd = quantity * price["usd"]
        yield Line(
            resource.stack, resource.name, what, quantity, name, usd, price["verified"]
        )
