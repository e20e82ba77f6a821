"""A store that logs every save in one shape: the log tells the journal's story.

A decision is logged once, when it has become a fact in the table, with the same words.
"""

from __future__ import annotations

from collections.abc import Sequence

from shifter.core.journal import Entry
from shifter.core.record import Record
from shifter.ports import Environment, Store
from shifter.telemetry import log_save


class LoggedStore:
    """Fits `ports.Store` around another one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, cutover_id: str) -> Record | None:
        return self._store.load(cutover_id)

    def save(self, record: Record, entry: Entry) -> None:
        self._store.save(record, entry)
        log_save(record, entry)

    def journal(self, cutover_id: str, after: int = 0) -> Sequence[Entry]:
        return self._store.journal(cutover_id, after)

    def environment(self, name: str) -> Environment:
        return self._store.environment(name)
