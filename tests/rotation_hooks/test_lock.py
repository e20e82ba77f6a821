"""The environment's lock, between a rotation and a cutover that come at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from interlock.lock import Holder, HolderName, taking
from rotation_hooks.adapters.lock import LEASE, RotationLock
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.core.errors import Busy
from rotation_hooks.ports import Lock
from tests.adapters.account import Account
from tests.adapters.fixtures_b import RIVERBANK, TABLE
from tests.rotation_hooks.stage import NOW

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app"
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
    entry = taking(TABLE, RIVERBANK, HolderName.cutover("otters-1"), NOW)

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
