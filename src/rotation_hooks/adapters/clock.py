"""The clock of the machine, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Fits `ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)
