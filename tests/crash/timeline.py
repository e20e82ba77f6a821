"""The time of one run: it moves only when asked, and what is due happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush

from shifter.adapters.memory.world import START, ManualClock

Happening = Callable[[], None]


class Timeline(ManualClock):
    """A clock with appointments; each happens at its own moment, in order."""

    __slots__ = ("_count", "_due")

    def __init__(self, at: datetime = START) -> None:
        super().__init__(at)
        self._due: list[tuple[datetime, int, Happening]] = []
        self._count = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is due any more."""
        return not self._due

    def appoint(self, moment: datetime, happening: Happening) -> None:
        """Let something happen at a moment, or when time next moves if it is past."""
        self._count += 1
        heappush(self._due, (moment, self._count, happening))

    def advance(self, by: timedelta) -> None:
        self.advance_to(self.at + by)

    def advance_to(self, moment: datetime) -> None:
        """Move on, never back.  What happens on the way may itself take time."""
        while self._due and self._due[0][0] <= moment:
            due, _, happening = heappop(self._due)
            self.at = max(self.at, due)
            happening()
        self.at = max(self.at, moment)
