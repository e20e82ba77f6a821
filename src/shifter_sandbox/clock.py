"""The virtual clock: one moment for the whole process, which moves only when asked.

Rules: the clock stands still between moves (no real time leaks in, so equal seeds give
equal runs); it never crosses a minute in one move, so that whoever is told about a span
of time writes its data with the right time; while listeners run, the clock stands.
Listeners of spans run at every move, listeners of minutes after them at each full
minute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine

MINUTE = timedelta(minutes=1)

SpanListener = Callable[[datetime, datetime], object]
MinuteListener = Callable[[datetime], object]


def minute_of(moment: datetime) -> datetime:
    """The full minute in which a moment lies."""
    return moment.replace(second=0, microsecond=0)


class VirtualClock:
    """The time of the emulated account, in UTC."""

    def __init__(self, traveller: time_machine.Traveller, start: datetime) -> None:
        self._traveller = traveller
        self._now = start.astimezone(UTC)
        self._spans: list[SpanListener] = []
        self._minutes: list[MinuteListener] = []
        self._told_by: int | None = None

    def now(self) -> datetime:
        return self._now

    def each_span(self, listener: SpanListener) -> None:
        """Tell `listener` every span of time that has passed: (from, to)."""
        self._spans.append(listener)

    def each_minute(self, listener: MinuteListener) -> None:
        """Tell `listener` every full minute, after the spans before it are told."""
        self._minutes.append(listener)

    @property
    def telling(self) -> bool:
        """Whether this thread is inside a listener, for which time stands still."""
        return self._told_by == threading.get_ident()

    def stop_before(self, goal: datetime) -> datetime:
        """Where a move to `goal` stops first: there, or at the next full minute."""
        return min(goal, minute_of(self._now) + MINUTE)

    def step_towards(self, goal: datetime) -> None:
        """Move to `goal`, or to the next full minute if that comes first."""
        start = self._now
        stop = self.stop_before(goal)
        if stop <= start:
            return
        self._now = stop
        self._traveller.move_to(stop)
        self._told_by = threading.get_ident()
        try:
            for listener in self._spans:
                listener(start, stop)
            if stop == minute_of(stop):
                for told in self._minutes:
                    told(stop)
        finally:
            self._told_by = None
