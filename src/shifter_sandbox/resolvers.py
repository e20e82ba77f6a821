"""Resolvers: what the world's DNS caches answer, which is not what Route 53 says.

Rules: each of `COUNT` resolvers serves the same part of the clients and caches one
answer; most ask again after the record's TTL, some keep it for minutes; the answer is
drawn by the weights that Route 53's servers have at that moment.  All-zero weights mean
equal parts.  Sources: Amazon Route 53 developer guide, "Weighted routing" and "How
Amazon Route 53 uses TTL".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

COUNT = 40
TTL_SECONDS = 60
STUBBORN_PART = 0.15
STUBBORN_SECONDS = 300


@dataclass(slots=True)
class _Resolver:
    keeps: timedelta
    answer: str
    until: datetime


class Resolvers:
    """The caches between the clients and the edges."""

    def __init__(
        self, random: Random, served: Callable[[], Mapping[str, int]], now: datetime
    ) -> None:
        self._random = random
        self._served = served
        self._shares: dict[str, float] = {}
        weights = served()
        self._resolvers = []
        for _ in range(COUNT):
            stubborn = random.random() < STUBBORN_PART
            low = TTL_SECONDS if stubborn else 0
            keeps = random.uniform(low, STUBBORN_SECONDS) if stubborn else TTL_SECONDS
            age = timedelta(seconds=random.uniform(0, keeps))
            span = timedelta(seconds=keeps)
            answer = draw(random, weights)
            self._resolvers.append(_Resolver(span, answer, now + span - age))
        self._count()

    def shares(self, now: datetime) -> Mapping[str, float]:
        """Parts of the clients that each edge gets now, in a steady order."""
        due = [resolver for resolver in self._resolvers if resolver.until <= now]
        if due:
            weights = self._served()
            for resolver in due:
                resolver.answer = draw(self._random, weights)
                resolver.until = now + resolver.keeps
            self._count()
        return self._shares

    def _count(self) -> None:
        answers = [resolver.answer for resolver in self._resolvers]
        self._shares = {
            edge: answers.count(edge) / COUNT for edge in sorted(set(answers))
        }


def draw(random: Random, weights: Mapping[str, float]) -> str:
    """One of the names, by weight; equal parts when all weights are zero."""
    names = list(weights)
    if not any(weights.values()):
        return random.choice(names)
    return random.choices(names, list(weights.values()))[0]
