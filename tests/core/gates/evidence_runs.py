"""Cutovers as the evidence gate sees them: traffic, polls, and what is remembered.

The river has two banks: who crosses is on green, who stays is on blue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shifter.core.counts import Counts
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Judgement, Situation
from shifter.core.lanes import Lane
from shifter.core.outcomes import MINUTE, Outcome, OutcomesSeen, Span
from tests.core.examples import NOW

SHARES = (10, 50, 250, 950, 1000)
SECOND = timedelta(seconds=1)
PER_MINUTE = 1_000
"""Requests a minute, over all edges."""

World = Callable[[datetime, timedelta, int], Mapping[str, Mapping[Lane, Counts]]]
"""Counts of an interval, from its start, its length and the share in per mille."""


def gate(**changes: Any) -> EvidenceGate:
    document = {"name": "proof", "slow_above_ms": 500} | changes
    return EvidenceGate.model_validate(document)


def by_application(**changes: Any) -> EvidenceGate:
    return gate(source="application", slow_above_ms=None, **changes)


def calm(start: datetime, length: timedelta, share: int) -> dict[str, Any]:
    """Two requests of a thousand fail on either lane, and five are slow."""
    return traffic(start, length, share)


def traffic(
    start: datetime,
    length: timedelta,
    share: int,
    *,
    failing: int = 2,
    green_failing: int = 2,
) -> dict[str, dict[Lane, Counts]]:
    """Requests that split as they should; failing ones in per mille."""
    number = int(start.timestamp() / length.total_seconds())
    requests = PER_MINUTE * int(length.total_seconds()) // 60
    green = requests * share // 1000

    def of(count: int, per_mille: int) -> int:
        """So many of this interval that all intervals together have the right part."""
        part = count * per_mille
        return part * (number + 1) // 1000 - part * number // 1000

    lanes: dict[Lane, Counts] = {
        lane: (count, of(count, bad), of(count, 5))
        for lane, count, bad in (
            (Lane.BLUE, requests - green, failing),
            (Lane.GREEN, green, green_failing),
        )
        if count
    }
    return {"edge-1": lanes}


@dataclass
class Run:
    """One cutover, poll by poll."""

    judge: EvidenceGate = field(default_factory=gate)
    world: World = calm
    poll: timedelta = 20 * SECOND
    shares: tuple[int, ...] = SHARES
    now: datetime = NOW
    situation: Situation = field(init=False)
    judged: Judgement = field(init=False)
    moves: list[tuple[datetime, int]] = field(default_factory=list)
    """When each share began."""

    def __post_init__(self) -> None:
        self.situation = Situation(
            now=self.now, started_at=self.now, shares=self.shares
        )
        self.look()

    def look(self) -> Judgement:
        """One poll: what is wanted is read, and judged."""
        self.situation = replace(self.situation, now=self.now)
        self.judged = self.judge.judge(self.seen(), self.situation)
        self.situation = replace(self.situation, memory=self.judged.memory)
        return self.judged

    def seen(self) -> OutcomesSeen:
        wanted = self.judge.wants(self.situation)
        return OutcomesSeen(
            before=self.told(wanted.before, MINUTE),
            since=self.told(wanted.since, self.judge.source.length),
        )

    def told(self, span: Span | None, length: timedelta) -> tuple[Outcome, ...]:
        outcomes: list[Outcome] = []
        at = span.start if span else NOW
        while span is not None and at + length <= span.end:
            counts = self.world(at, length, self.share_at(at))
            outcomes.append(Outcome(at, length, counts))
            at += length
        return tuple(outcomes)

    def share_at(self, moment: datetime) -> int:
        return next((s for at, s in reversed(self.moves) if at <= moment), 0)

    def shift(self, step: int) -> None:
        """Weights move to a step, and are read back at once."""
        self.moves.append((self.now, self.shares[step - 1]))
        self.situation = replace(self.situation, step=step, settled_at=self.now)

    def wait(self, span: timedelta) -> Judgement:
        """Poll for so long."""
        until = self.now + span
        while self.now < until:
            self.now += self.poll
            self.look()
        return self.judged

    def at(self, step: int, span: timedelta = timedelta(minutes=15)) -> Judgement:
        """Go to a step by way of those before it, and stay there for a while."""
        for number in range(self.situation.step + 1, step + 1):
            self.shift(number)
            self.wait(span)
        return self.judged
