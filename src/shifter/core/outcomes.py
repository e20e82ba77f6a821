"""Outcomes: how the requests of closed intervals ended, by edge and lane.

An interval is closed when its end lies so far in the past that its counts have arrived:
`settle` of their source.  A lane without counts is *unknown*, never zero.  Intervals
are told in order; whoever takes them remembers where that ended.

Elastic Load Balancing user guide, "CloudWatch metrics for your Application Load
Balancer": reported in intervals of 60 seconds, and only while requests flow.  How late
they and the application's own counts arrive is an assumption, to be measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shifter.core.counts import Counts
from shifter.core.lanes import Lane

MINUTE = timedelta(minutes=1)


class Source(StrEnum):
    """Who counts."""

    LOAD_BALANCER = "load_balancer"
    """Each minute, by target group; known two minutes later."""
    APPLICATION = "application"
    """The service itself, every ten seconds; known twenty seconds later."""

    @property
    def length(self) -> timedelta:
        """Of an interval."""
        return MINUTE if self is Source.LOAD_BALANCER else timedelta(seconds=10)

    @property
    def settle(self) -> timedelta:
        """How long after its end an interval is complete."""
        return timedelta(seconds=120 if self is Source.LOAD_BALANCER else 20)


class Failure(StrEnum):
    """What a load balancer can count as a failed request."""

    TARGET_5XX = "5xx"
    """A target answered with a status from 500 on."""
    TARGET_4XX = "4xx"
    """A target answered with a status from 400 to 499."""
    CONNECTION = "connection"
    """No connection to a target came about."""


@dataclass(frozen=True, slots=True)
class Objective:
    """Who counts, and what counts as failed and as slow."""

    source: Source
    failures: tuple[Failure, ...] = ()
    """None where the application decides that itself."""
    slow_above_ms: int | None = None
    """Slower requests are slow; None where the application decides that itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One closed interval."""

    start: datetime
    length: timedelta
    counts: Mapping[str, Mapping[Lane, Counts]]
    """By edge and lane; a lane of which nothing is known is left out."""

    @property
    def end(self) -> datetime:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment to another one, without it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OutcomesWanted:
    """What a gate has to be told."""

    objective: Objective
    before: Span | None = None
    """Time before the cutover, minute by minute."""
    since: Span | None = None
    """Intervals of the source's own length."""


@dataclass(frozen=True, slots=True)
class OutcomesSeen:
    """What a gate is told, oldest first; what was not wanted is empty."""

    before: tuple[Outcome, ...] = ()
    since: tuple[Outcome, ...] = ()


def floored(moment: datetime, length: timedelta) -> datetime:
    """The start of the interval in which a moment lies."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, tz=UTC)
