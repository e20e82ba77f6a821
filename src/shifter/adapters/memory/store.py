"""The store without AWS: the same promises, no serialising.

Records and entries are immutable, so keeping them is as good as copying them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from interlock.lock import Holder, HolderName, may_take
from shifter.core.errors import Conflict, LockHeld
from shifter.core.journal import Entry
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.record import Record
from shifter.ports import Environment

T = TypeVar("T")
Effect = Callable[[str, Callable[[], object]], object]


def just_do(name: str, apply: Callable[[], object]) -> object:
    """The hook of every effect; a fault injector takes its place."""
    del name
    return apply()


class MemoryStore:
    """Fits `ports.Store`."""

    def __init__(self, effect: Effect = just_do) -> None:
        self._effect = effect
        self.records: dict[str, Record] = {}
        self.journals: dict[str, list[Entry]] = {}
        self.locks: dict[str, Holder] = {}
        self.latest: dict[str, str] = {}

    def load(self, cutover_id: str) -> Record | None:
        return self.records.get(cutover_id)

    def save(self, record: Record, entry: Entry) -> None:
        self._effect("save", lambda: self._save(record, entry))

    def journal(self, cutover_id: str, after: int = 0) -> Sequence[Entry]:
        return tuple(self.journals.get(cutover_id, ())[after:])

    def environment(self, name: str) -> Environment:
        return Environment(self.locks.get(name), self.latest.get(name))

    def _save(self, record: Record, entry: Entry) -> None:
        stored = self.records.get(record.cutover_id)
        version, phase = (stored.version, stored.phase) if stored else (0, None)
        journal = self.journals.get(record.cutover_id, [])
        if (
            record.version != version + 1
            or entry.phase_before is not phase
            or entry.number <= len(journal)
        ):
            raise Conflict(
                f"{record.cutover_id} was saved by somebody else at version "
                f"{record.version}: load it again"
            )
        if phase not in ENDS:
            self._change_lock(record, entry)
        self.records[record.cutover_id] = record
        self.journals.setdefault(record.cutover_id, []).append(entry)

    def _change_lock(self, record: Record, entry: Entry) -> None:
        """Take the lock first, keep it, free it at the end; going back needs none."""
        mine = HolderName.cutover(record.cutover_id)
        held = self.locks.get(record.environment)
        first = record.version == 1
        ours = held is not None and held.holder == str(mine)
        back = (
            record.phase in GOING_BACK
            or entry.phase_before in GOING_BACK
            or (record.abort is not None and record.phase not in ENDS)
        )
        if not (ours or back or (first and may_take(held, mine, entry.at))):
            raise LockHeld(
                environment=record.environment,
                holder=held.holder if held else "nobody",
                since=held.since if held else entry.at,
            )
        if first:
            self.latest[record.environment] = record.cutover_id
            self.locks[record.environment] = Holder(str(mine), entry.at)
        elif record.phase in ENDS and ours:
            del self.locks[record.environment]
