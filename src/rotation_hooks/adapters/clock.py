"""The clock of the machine, in UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Fits `ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
