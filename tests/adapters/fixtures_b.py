"""What the tests of the store, the notices and the executions build upon.

A save is made as the engine makes it: a record with its next version, and a journal
entry that carries the hash of the one before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from interlock.lock import EnvironmentLock, Holder, HolderName, LockTaken, may_take
from shifter.adapters.dynamodb import DynamoStore
from shifter.adapters.memory.store import Effect, MemoryStore, just_do
from shifter.core.journal import Entry
from shifter.core.notice import Notice, Severity
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.ports import Store
from tests.adapters.account import Account
from tests.core.examples import NOW, record

TABLE = "shifter"
RIVERBANK = "riverbank"

Save = tuple[Record, Entry]


def make_table(client: Any) -> None:
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


# --- saves ----------------------------------------------------------------------------


def begun(
    cutover_id: str = "otters-1",
    environment: str = RIVERBANK,
    *,
    at: datetime = NOW,
    **changes: Any,
) -> Save:
    """The first save of a cutover."""
    draft = record(
        Phase.PREPARED, 0, cutover_id=cutover_id, environment=environment, **changes
    )
    return _save(draft, None, at)


def then(before: Record, *, at: datetime = NOW, **changes: Any) -> Save:
    """The save after the one that left this record."""
    return _save(before.model_copy(update=changes), before.phase, at)


def _save(draft: Record, before: Phase | None, at: datetime) -> Save:
    entry = Entry(
        cutover_id=draft.cutover_id,
        number=draft.journal_length + 1,
        at=at,
        actor="Hazel",
        action="swim",
        rule="otters_swim",
        reason=f"the river → {draft.phase}",
        phase_before=before,
        phase=draft.phase,
        step=draft.step,
        previous=draft.journal_head,
    ).sealed()
    saved = draft.model_copy(
        update={
            "version": draft.version + 1,
            "journal_length": entry.number,
            "journal_head": entry.hash,
        }
    )
    return saved, entry


# --- stores ---------------------------------------------------------------------------


class StoreBench(Protocol):
    """A store, and the lock as those who hold it by a lease see it."""

    @property
    def store(self) -> Store: ...

    def acquire(
        self,
        holder: HolderName,
        now: datetime,
        lease: timedelta,
        environment: str = ...,
    ) -> None:
        """Take the lock for a while.  Raises LockTaken."""


class MemoryStoreBench:
    def __init__(self, effect: Effect = just_do) -> None:
        self.store = MemoryStore(effect)

    def acquire(
        self,
        holder: HolderName,
        now: datetime,
        lease: timedelta,
        environment: str = RIVERBANK,
    ) -> None:
        held = self.store.locks.get(environment)
        if not may_take(held, holder, now):
            raise LockTaken(environment, held)
        self.store.locks[environment] = Holder(str(holder), now, now + lease)


class AwsStoreBench:
    def __init__(self, account: Account) -> None:
        self._client = account.client("dynamodb")
        make_table(self._client)
        self.store = DynamoStore(self._client, TABLE)
        self._lock = EnvironmentLock(self._client, TABLE)

    def acquire(
        self,
        holder: HolderName,
        now: datetime,
        lease: timedelta,
        environment: str = RIVERBANK,
    ) -> None:
        self._lock.acquire(environment, holder, now, lease)

    def delete(self, key: dict[str, Any]) -> None:
        """Remove an item by hand."""
        self._client.delete_item(TableName=TABLE, Key=key)


# --- notices --------------------------------------------------------------------------


def notice(**changes: Any) -> Notice:
    usual: dict[str, Any] = {
        "severity": Severity.PAGE,
        "environment": RIVERBANK,
        "cutover_id": "otters-1",
        "at": NOW,
        "phase": "ROLLING_BACK",
        "step": 2,
        "steps": 3,
        "action": "roll_back",
        "rule": "breach",
        "reason": "a heron stood in the way → back",
        "journal_head": "a" * 64,
    }
    return Notice.model_validate(usual | changes)
