"""Troubles: what a lane does wrong, and from when on.

Rule: a trouble begins at a moment, or when the lane's share has reached a bound at any
edge, and then stays until its end, whatever the share does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict, Unpack

_MINUTE = 60.0


class Onset(TypedDict, total=False):
    """When a trouble begins and ends; by default at once, for ever."""

    begins: datetime | None
    at_share: int | None
    ends: datetime | None


@dataclass
class Trouble:
    """A planted fault of one lane."""

    lane: str
    errors: float = 0.0
    """Part of the requests that fail with a 5xx of the application."""
    errors_per_minute: float = 0.0
    """What is added to `errors` for each minute since the onset: a slow leak."""
    latency_seconds: float = 0.0
    """Added to every answer."""
    latency_per_minute: float = 0.0
    """What is added to `latency_seconds` for each minute since the onset."""
    begins: datetime | None = None
    at_share: int | None = None
    """Begins when the lane has at least so much per mille of an edge's weight."""
    ends: datetime | None = None
    began: datetime | None = field(default=None, init=False)
    """When it really began."""

    def notice(self, now: datetime, share: float) -> None:
        """Begin, if this is the moment."""
        if self.began is not None:
            return
        timely = self.begins is None or self.begins <= now
        reached = self.at_share is None or share * 1000 >= self.at_share
        if timely and reached:
            self.began = now

    def active(self, now: datetime) -> bool:
        return self.began is not None and (self.ends is None or now < self.ends)

    def error_rate(self, now: datetime) -> float:
        """Part of the requests that it makes fail now."""
        return self.errors + self.errors_per_minute * self._minutes(now)

    def extra_latency(self, now: datetime) -> float:
        """Seconds that it adds to an answer now."""
        return self.latency_seconds + self.latency_per_minute * self._minutes(now)

    def _minutes(self, now: datetime) -> float:
        assert self.began is not None  # noqa: S101  asked of active troubles only
        return (now - self.began).total_seconds() / _MINUTE


def outage(lane: str, **onset: Unpack[Onset]) -> Trouble:
    """Every request of the lane fails."""
    return Trouble(lane, errors=1.0, **onset)


def error_rate(lane: str, errors: float, **onset: Unpack[Onset]) -> Trouble:
    """A part of the lane's requests fails on top of what fails anyway."""
    return Trouble(lane, errors=errors, **onset)


def slow_leak(lane: str, per_minute: float, **onset: Unpack[Onset]) -> Trouble:
    """Ever more of the lane's requests fail."""
    return Trouble(lane, errors_per_minute=per_minute, **onset)


def latency(lane: str, seconds: float, **onset: Unpack[Onset]) -> Trouble:
    """The lane answers so much later."""
    return Trouble(lane, latency_seconds=seconds, **onset)
