"""A rule: an identifier, what goes wrong in AWS without it, and who looks.

    @rule("NET01", "Each NAT gateway costs 33 dollars a month, used or not.")
    def nat_by_profile(tree: Tree) -> Found: ...

Rules look at one rendered tree and yield what is wrong: where, and what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from template_checks.tree import Tree

Found = Iterator[tuple[str, str]]
Look = Callable[[Tree], Found]


@dataclass(frozen=True, order=True)
class Finding:
    """What one rule found at one place."""

    rule: str
    where: str
    message: str


@dataclass(frozen=True)
class Rule:
    """One rule."""

    id: str
    why: str
    look: Look

    def findings(self, tree: Tree) -> Iterator[Finding]:
        for where, message in self.look(tree):
            yield Finding(self.id, where, message)


_ALL: dict[str, Rule] = {}


def rule(identifier: str, why: str) -> Callable[[Look], Look]:
    """Make a rule of a function.  Raises ValueError for an identifier that is taken."""

    def register(look: Look) -> Look:
        if identifier in _ALL:
            raise ValueError(f"two rules are called {identifier}")
        _ALL[identifier] = Rule(identifier, why, look)
        return look

    return register


def registered() -> dict[str, Rule]:
    """All rules, by identifier."""
    return dict(sorted(_ALL.items()))
