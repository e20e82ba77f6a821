"""The environment's lock, between a rotation and a cutover that come at once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from interlock.lock import Holder, HolderName, key, taking
from rotation_hooks.adapters.lock import LEASE, RotationLock
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.core.errors import Busy
from rotation_hooks.ports import Lock
from tests.adapters.account import Account
from tests.adapters.fixtures_b import RIVERBANK, TABLE
from tests.rotation_hooks.stage import NOW

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app"
ROUNDS = 100
CUTOVER = HolderName.cutover("otters-1")
MINE, OTHER = HolderName.rotation(ARN, "1"), HolderName.rotation(ARN, "2")


@pytest.fixture(params=["memory", "dynamodb"])
def lock(request: pytest.FixtureRequest) -> Lock:
    if request.param == "memory":
        return MemoryLock()
    account: Account = request.getfixturevalue("account")
    return RotationLock(account.client("dynamodb"), TABLE, RIVERBANK)


def test_a_lease_is_renewed_freed_and_runs_out(lock: Lock) -> None:
    assert lock.holder() is None
    lock.take(ARN, "1", NOW)
    lock.take(ARN, "1", NOW + timedelta(minutes=1))
    until = NOW + timedelta(minutes=1) + LEASE
    assert Holder(str(MINE), NOW + timedelta(minutes=1), until) == lock.holder()
    with pytest.raises(Busy, match=r"held by rotation:.*#1.*nothing was changed"):
        lock.take(ARN, "2", until - timedelta(seconds=1))
    lock.free(ARN, "2")
    lock.take(ARN, "2", until)
    lock.free(ARN, "1")
    held = lock.holder()
    assert held is not None
    assert str(OTHER) == held.holder
    lock.free(ARN, "2")
    lock.free(ARN, "2")
    assert lock.holder() is None


@pytest.mark.parametrize("first", ["rotation", "cutover"])
def test_whoever_writes_second_is_refused(account: Account, first: str) -> None:
    """DynamoDB does one write after the other, so there is no third order.

    moto does not, so threads would race inside of it and not for the lock.
    """
    client: Any = account.client("dynamodb")
    lock = RotationLock(client, TABLE, RIVERBANK)
    entry = taking(TABLE, RIVERBANK, CUTOVER, NOW)

    def rotation() -> bool:
        try:
            lock.take(ARN, "1", NOW)
        except Busy:
            return False
        return True

    def cutover() -> bool:
        try:
            client.transact_write_items(TransactItems=[entry])
        except client.exceptions.TransactionCanceledException:
            return False
        return True

    both = [rotation, cutover] if first == "rotation" else [cutover, rotation]

    assert [True, False] == [take() for take in both]
    held = lock.holder()
    assert held is not None
    assert held.holder.startswith(first)


class OneAtATime:
    """moto, whose calls come one after the other, as DynamoDB's writes do."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._turn = threading.Lock()
        self.exceptions = client.exceptions

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._client, name)

        def in_turn(**given: Any) -> Any:
            with self._turn:
                return verb(**given)

        return in_turn


def test_in_every_round_of_a_race_exactly_one_holds(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever happens between two calls: no look decides, the write does."""
    client: Any = OneAtATime(account.client("dynamodb"))
    lock = RotationLock(client, TABLE, RIVERBANK)
    won: Counter[str] = Counter()

    def rotation() -> str | None:
        try:
            lock.take(ARN, "1", NOW)
        except Busy:
            return None
        return str(MINE)

    def cutover() -> str | None:
        entry = taking(TABLE, RIVERBANK, CUTOVER, NOW)
        try:
            client.transact_write_items(TransactItems=[entry])
        except client.exceptions.TransactionCanceledException:
            return None
        return str(CUTOVER)

    with ThreadPoolExecutor(2) as pool:
        for round_ in range(ROUNDS):
            both = [rotation, cutover] if round_ % 2 else [cutover, rotation]
            took = [found.result() for found in [pool.submit(take) for take in both]]
            [winner] = filter(None, took)
            held = lock.holder()
            assert held is not None
            assert winner == held.holder
            won[winner.partition(":")[0]] += 1
            client.delete_item(TableName=TABLE, Key=key(RIVERBANK))
    with capsys.disabled():
        print(f"\nraces for the lock: {ROUNDS}, won by {dict(won)}")

    assert {"cutover", "rotation"} == set(won)
