"""Pacing: how virtual time follows real time when people use the sandbox.

Rules: a moment comes when it is due and never before, so virtual time never runs
backwards; time that this machine was too slow for is lost, never caught up, so that
nobody waits for a backlog; losing it is told, at most once a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

PATIENCE = 0.5
"""Real seconds by which virtual time may be late before they are lost."""
LOOK = 10.0
"""Real seconds, at least, over which the speed that was reached is taken."""
QUIET = 60.0
"""Real seconds after one telling until the next."""
_KEPT_UP = 0.9


class Pace:
    """`speed` virtual seconds to a real one, from `start` at this very moment.

    `lagging` is told the speed that was reached, when it is less.
    """

    def __init__(
        self,
        start: datetime,
        speed: float,
        lagging: Callable[[float], object],
        *,
        real_time: Callable[[], float] = perf_counter,
    ) -> None:
        self._start = start
        self._speed = speed
        self._lagging = lagging
        self._real_time = real_time
        self._origin = self._looked = real_time()
        self._lost = 0.0
        self._look_at = self._origin + LOOK

    def due(self) -> datetime:
        """The moment that it is now."""
        real = self._real_time() - self._origin
        return self._start + timedelta(seconds=real * self._speed)

    def wait(self, moment: datetime) -> float:
        """Real seconds until `moment` may come; none or less when it is due."""
        late = (self.due() - moment).total_seconds() / self._speed
        if late > PATIENCE:
            self._lose(late)
        return -late

    def _lose(self, seconds: float) -> None:
        self._origin += seconds
        self._lost += seconds
        now = self._real_time()
        if now < self._look_at:
            return
        kept = 1 - self._lost / (now - self._looked)
        told = kept < _KEPT_UP
        if told:
            self._lagging(self._speed * kept)
        self._looked, self._lost = now, 0.0
        self._look_at = now + (QUIET if told else LOOK)
