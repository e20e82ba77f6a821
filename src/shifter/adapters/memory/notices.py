"""Notices without AWS: a list for each way.

An event changes nothing that a cutover looks at: it is no effect of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from shifter.adapters.memory.store import Effect, just_do
from shifter.core.errors import AwsError
from shifter.core.notice import EVERY_WAY, Notice, Way


class MemoryNotifier:
    """Fits `ports.Notifier`; what is `broken` is raised instead of sending."""

    def __init__(self, effect: Effect = just_do) -> None:
        self._effect = effect
        self.sent: list[Notice] = []
        """What people got."""
        self.announced: list[Notice] = []
        """What systems got."""
        self.broken: AwsError | None = None
        self.bus_broken: AwsError | None = None
        """The same for systems alone."""

    def send(self, notice: Notice, ways: Sequence[Way] = EVERY_WAY) -> None:
        if self.broken is not None:
            raise self.broken
        if Way.PEOPLE in ways:
            self._effect("send", lambda: self.sent.append(notice))
        if Way.SYSTEMS not in ways:
            return
        if self.bus_broken is not None:
            raise self.bus_broken
        self.announced.append(notice)
