"""Executions without AWS: started once by name, and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shifter.adapters.memory.store import Effect, just_do


class MemoryExecutions:
    """Fits `ports.Executions`."""

    def __init__(self, effect: Effect = just_do) -> None:
        self._effect = effect
        self.started: dict[str, Mapping[str, Any]] = {}

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        fresh = self.started.get(name, payload) == payload
        self._effect("start", lambda: self.started.setdefault(name, dict(payload)))
        return fresh
