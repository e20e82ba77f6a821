"""Notices without AWS: a list."""

from __future__ import annotations

from shifter.adapters.memory.store import Effect, just_do
from shifter.core.errors import AwsError
from shifter.core.notice import Notice


class MemoryNotifier:
    """Fits `ports.Notifier`; `broken` is raised instead of sending."""

    def __init__(self, effect: Effect = just_do) -> None:
        self._effect = effect
        self.sent: list[Notice] = []
        self.broken: AwsError | None = None

    def send(self, notice: Notice) -> None:
        if self.broken is not None:
            raise self.broken
        self._effect("send", lambda: self.sent.append(notice))
