"""Sufficiency: enough requests were served at this step to say anything at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import ConfigDict, Field

from shifter.core.errors import Problem
from shifter.core.gates.gate import (
    Gate,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.intervals import SETTLE, TrafficSeen, first_interval
from shifter.core.lanes import Lane
from shifter.core.model import Model
from shifter.core.quantities import Duration, span


class _Memory(Model):
    # A newer version may have remembered more.
    model_config = ConfigDict(extra="ignore")

    settled_at: datetime
    """The step that was counted; another one starts from nothing."""
    fed_until: datetime
    requests: int = 0
    seen_at: datetime | None = None
    """End of the newest interval in which the lane had a datapoint."""


class SufficiencyGate(Gate[TrafficSeen]):
    """Passes when the lane has served `minimum_requests` since the weights settled."""

    kind: Literal["sufficiency"] = "sufficiency"
    minimum_requests: int = Field(ge=1)
    """Requests that the lane must have served at each step before it may end."""
    lane: Lane = Lane.GREEN
    """The lane whose requests are counted."""
    stale_after: Duration = Field(default=timedelta(minutes=5))
    """No request count for longer than this is no data."""

    def wanted_from(self, situation: Situation) -> datetime | None:
        """Start of the first interval of this step that was not counted yet."""
        memory = self._recall(situation)
        return memory.fed_until if memory else None

    def look(self, seen: TrafficSeen, situation: Situation) -> tuple[Reading, Verdict]:
        memory = self._learn(seen, situation)
        if memory is None:
            return Reading(
                state=State.GOOD, detail="nothing to count while weights move"
            ), Verdict.WAIT
        told = (
            f"{memory.requests:,} requests on {self.lane}, "
            f"at least {self.minimum_requests:,} needed"
        )
        state = State.GOOD if memory.requests >= self.minimum_requests else State.BAD
        quiet = situation.now - (memory.seen_at or memory.settled_at)
        if quiet > self.stale_after + SETTLE:
            state = State.NO_DATA
            told += f"; no request count for {span(quiet)}"
        return (
            Reading(
                state=state,
                detail=told,
                value=memory.requests,
                unit="requests",
                source="ALB RequestCount",
                at=memory.seen_at,
            ),
            Verdict.WAIT,
        )

    def remember(self, seen: TrafficSeen, situation: Situation) -> str | None:
        memory = self._learn(seen, situation)
        return memory.model_dump_json() if memory else None

    def refusal(
        self, seen: TrafficSeen | Unreadable, situation: Situation
    ) -> Problem | None:
        """There is no evidence before the first step, but it must be readable."""
        if isinstance(seen, Unreadable):
            return super().refusal(seen, situation)
        return None

    def _recall(self, situation: Situation) -> _Memory | None:
        if situation.settled_at is None:
            return None
        if situation.memory is not None:
            kept = _Memory.model_validate_json(situation.memory)
            if kept.settled_at == situation.settled_at:
                return kept
        return _Memory(
            settled_at=situation.settled_at,
            fed_until=first_interval(situation.settled_at),
        )

    def _learn(self, seen: TrafficSeen, situation: Situation) -> _Memory | None:
        memory = self._recall(situation)
        if memory is None:
            return None
        for interval in seen.intervals:
            if interval.start < memory.fed_until:
                continue
            count = interval.count(self.lane)
            memory = _Memory(
                settled_at=memory.settled_at,
                fed_until=interval.end,
                requests=memory.requests + (count or 0),
                seen_at=memory.seen_at if count is None else interval.end,
            )
        return memory
