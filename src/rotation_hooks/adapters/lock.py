"""The environment's lock, as one rotation meets it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from interlock.lock import EnvironmentLock, Holder, HolderName, LockTaken
from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import Busy

LEASE = timedelta(minutes=10)


class RotationLock:
    """Fits `ports.Lock`."""

    def __init__(self, client: Any, table: str, environment: str) -> None:
        self._lock = EnvironmentLock(client, table)
        self._environment = environment

    def take(self, arn: str, token: str, now: datetime) -> None:
        holder = HolderName.rotation(arn, token)
        with translated("UpdateItem", self._environment):
            try:
                self._lock.acquire(self._environment, holder, now, LEASE)
            except LockTaken as taken:
                raise Busy(
                    f"{taken}: nothing was changed; this rotation is tried again"
                ) from None

    def free(self, arn: str, token: str) -> None:
        holder = HolderName.rotation(arn, token)
        with translated("DeleteItem", self._environment), suppress(LockTaken):
            self._lock.release(self._environment, holder)

    def holder(self) -> Holder | None:
        with translated("GetItem", self._environment):
            return self._lock.holder(self._environment)
