"""The lock as rotations, deployments and cutovers meet it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from interlock.lock import (
    EnvironmentLock,
    Holder,
    HolderKind,
    HolderName,
    LockTaken,
    checking,
    freeing,
    may_take,
    taking,
)
from tests.adapters.account import Account
from tests.adapters.fixtures_b import TABLE

NOW = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=10)
TICK = timedelta(microseconds=1)

CUTOVER = HolderName.cutover("otters-1")
ROTATION = HolderName.rotation("river/blue/app", "token-1")
DEPLOY = HolderName.deploy("change-set-1")


@pytest.fixture
def client(account: Account) -> Any:
    return account.client("dynamodb")


@pytest.fixture
def lock(client: Any) -> EnvironmentLock:
    return EnvironmentLock(client, TABLE)


def transact(client: Any, *changes: Any) -> None:
    client.transact_write_items(TransactItems=list(changes))


# --- names ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (CUTOVER, "cutover:otters-1", HolderKind.CUTOVER),
        (ROTATION, "rotation:river/blue/app#token-1", HolderKind.ROTATION),
        (DEPLOY, "deploy:change-set-1", HolderKind.DEPLOY),
        (
            HolderName.rotation("arn:aws:secretsmanager:eu-west-1:1:secret:app", "t"),
            "rotation:arn:aws:secretsmanager:eu-west-1:1:secret:app#t",
            HolderKind.ROTATION,
        ),
    ],
)
def test_a_holder_is_written_and_read_with_its_kind(
    name: HolderName, text: str, kind: HolderKind
) -> None:
    assert str(name) == text
    assert HolderName.parse(text) == name
    assert name.kind is kind


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("otters", "write one of cutover:…, rotation:…, deploy:…"),
        ("beavers:dam", "write one of cutover:…, rotation:…, deploy:…"),
        ("", "write one of"),
        ("cutover:", "a cutover needs a name"),
        ("rotation:secret", "a rotation is named by its secret, #, and its token"),
        ("rotation:#token", "a rotation is named by its secret, #, and its token"),
        ("rotation:secret#", "a rotation is named by its secret, #, and its token"),
    ],
)
def test_any_other_text_is_no_holder(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        HolderName.parse(text)


# --- leases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holder", "cutover_id"),
    [
        ("cutover:otters-1", "otters-1"),
        ("cutover:otters:1", "otters:1"),
        ("deploy:7", None),
        ("rotation:den#1", None),
        ("cutover:", None),
        ("cutover", None),
        ("", None),
    ],
)
def test_a_holder_names_its_cutover(holder: str, cutover_id: str | None) -> None:
    assert Holder(holder, NOW).cutover_id == cutover_id


def test_a_lock_that_nobody_took_has_no_holder(lock: EnvironmentLock) -> None:
    assert lock.holder("riverbank") is None


def test_who_takes_a_free_lock_holds_it(lock: EnvironmentLock) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    assert lock.holder("riverbank") == Holder(str(ROTATION), NOW, NOW + LEASE)


def test_one_environment_does_not_lock_another(lock: EnvironmentLock) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)
    lock.acquire("lakeside", DEPLOY, NOW, LEASE)

    assert lock.holder("riverbank") == Holder(str(ROTATION), NOW, NOW + LEASE)
    assert lock.holder("lakeside") == Holder(str(DEPLOY), NOW, NOW + LEASE)


def test_a_lock_that_is_held_is_refused_and_the_holder_is_named(
    lock: EnvironmentLock,
) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    with pytest.raises(
        LockTaken,
        match=r"riverbank is held by rotation:river/blue/app#token-1 since 2027-03-20",
    ) as refused:
        lock.acquire("riverbank", DEPLOY, NOW + LEASE - TICK, LEASE)

    assert refused.value.holder == Holder(str(ROTATION), NOW, NOW + LEASE)
    assert lock.holder("riverbank") == Holder(str(ROTATION), NOW, NOW + LEASE)


def test_a_lease_may_be_taken_over_from_the_moment_at_which_it_ends(
    lock: EnvironmentLock,
) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    lock.acquire("riverbank", DEPLOY, NOW + LEASE, 2 * LEASE)

    assert lock.holder("riverbank") == Holder(str(DEPLOY), NOW + LEASE, NOW + 3 * LEASE)


def test_the_same_rotation_with_another_token_is_somebody_else(
    lock: EnvironmentLock,
) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    with pytest.raises(LockTaken):
        lock.acquire(
            "riverbank", HolderName.rotation("river/blue/app", "token-2"), NOW, LEASE
        )


def test_taking_twice_is_the_same_as_once(lock: EnvironmentLock) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    assert lock.holder("riverbank") == Holder(str(ROTATION), NOW, NOW + LEASE)


def test_taking_later_renews_the_lease(lock: EnvironmentLock) -> None:
    """A rotation takes the lock at its first step, and again at its second."""
    lock.acquire("riverbank", ROTATION, NOW, LEASE)
    lock.acquire("riverbank", ROTATION, NOW + LEASE / 2, LEASE)

    with pytest.raises(LockTaken):
        lock.acquire("riverbank", DEPLOY, NOW + LEASE, LEASE)


def test_a_lock_that_was_freed_is_free(lock: EnvironmentLock) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)
    lock.release("riverbank", ROTATION)

    assert lock.holder("riverbank") is None
    lock.acquire("riverbank", DEPLOY, NOW, LEASE)


def test_freeing_a_free_lock_does_nothing(lock: EnvironmentLock) -> None:
    """A last step that is repeated must not fail."""
    lock.release("riverbank", ROTATION)

    assert lock.holder("riverbank") is None


def test_nobody_frees_the_lock_of_somebody_else(lock: EnvironmentLock) -> None:
    """Who was slower than the lease must not take the lock away from the next one."""
    lock.acquire("riverbank", ROTATION, NOW, LEASE)
    lock.acquire("riverbank", DEPLOY, NOW + LEASE, LEASE)

    with pytest.raises(LockTaken, match="held by deploy:change-set-1"):
        lock.release("riverbank", ROTATION)

    assert lock.holder("riverbank") == Holder(str(DEPLOY), NOW + LEASE, NOW + 2 * LEASE)


def test_a_moment_in_another_zone_is_written_in_utc(lock: EnvironmentLock) -> None:
    """Text is compared, so 14:00+02:00 must not count as later than 13:00+00:00."""
    east = timezone(timedelta(hours=2))
    lock.acquire("riverbank", ROTATION, NOW.astimezone(east), LEASE)

    lock.acquire("riverbank", DEPLOY, NOW + LEASE, LEASE)

    assert lock.holder("riverbank") == Holder(str(DEPLOY), NOW + LEASE, NOW + 2 * LEASE)


def test_a_moment_without_a_zone_is_refused(lock: EnvironmentLock) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        lock.acquire("riverbank", ROTATION, NOW.replace(tzinfo=None), LEASE)


def test_the_holder_is_read_consistently(
    account: Account, lock: EnvironmentLock
) -> None:
    reads = account.record("dynamodb", "GetItem")

    lock.holder("riverbank")

    assert [read["ConsistentRead"] for read in reads] == [True]


# --- cutovers -------------------------------------------------------------------------


def test_a_cutover_holds_without_an_end(client: Any, lock: EnvironmentLock) -> None:
    transact(client, taking(TABLE, "riverbank", CUTOVER, NOW))

    assert lock.holder("riverbank") == Holder(str(CUTOVER), NOW)
    with pytest.raises(LockTaken, match="cutover:otters-1"):
        lock.acquire("riverbank", ROTATION, NOW + timedelta(days=3650), LEASE)


def test_a_cutover_waits_for_a_rotation_until_its_lease_has_run_out(
    client: Any, lock: EnvironmentLock
) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    with pytest.raises(client.exceptions.TransactionCanceledException):
        transact(client, taking(TABLE, "riverbank", CUTOVER, NOW + LEASE - TICK))
    transact(client, taking(TABLE, "riverbank", CUTOVER, NOW + LEASE))

    assert lock.holder("riverbank") == Holder(str(CUTOVER), NOW + LEASE)


def test_only_the_holder_passes_the_check(client: Any) -> None:
    transact(client, taking(TABLE, "riverbank", CUTOVER, NOW))

    transact(client, checking(TABLE, "riverbank", CUTOVER))
    with pytest.raises(client.exceptions.TransactionCanceledException):
        transact(client, checking(TABLE, "riverbank", HolderName.cutover("otters-2")))


def test_only_the_holder_frees_a_cutovers_lock(
    client: Any, lock: EnvironmentLock
) -> None:
    transact(client, taking(TABLE, "riverbank", CUTOVER, NOW))

    with pytest.raises(client.exceptions.TransactionCanceledException):
        transact(client, freeing(TABLE, "riverbank", HolderName.cutover("otters-2")))
    with pytest.raises(LockTaken):
        lock.release("riverbank", ROTATION)
    transact(client, freeing(TABLE, "riverbank", CUTOVER))

    assert lock.holder("riverbank") is None


def test_a_refused_transaction_tells_who_holds_the_lock(
    client: Any, lock: EnvironmentLock
) -> None:
    lock.acquire("riverbank", ROTATION, NOW, LEASE)

    with pytest.raises(client.exceptions.TransactionCanceledException) as refused:
        transact(client, taking(TABLE, "riverbank", CUTOVER, NOW))

    [reason] = refused.value.response["CancellationReasons"]
    assert reason["Item"]["holder"] == {"S": str(ROTATION)}


def test_a_cutover_has_no_lease_and_everybody_else_has_one(
    lock: EnvironmentLock,
) -> None:
    with pytest.raises(ValueError, match="a cutover holds without a lease"):
        taking(TABLE, "riverbank", CUTOVER, NOW, LEASE)
    with pytest.raises(ValueError, match="only a cutover does"):
        taking(TABLE, "riverbank", ROTATION, NOW)
    with pytest.raises(ValueError, match="only its own last save frees it"):
        lock.release("riverbank", CUTOVER)


# --- the rule, without a table --------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "holder", "allowed"),
    [
        (None, ROTATION, True),
        (Holder(str(ROTATION), NOW, NOW + LEASE), ROTATION, True),
        (Holder(str(ROTATION), NOW, NOW + LEASE), CUTOVER, False),
        (Holder(str(ROTATION), NOW - LEASE, NOW), CUTOVER, True),
        (Holder(str(ROTATION), NOW - LEASE, NOW + TICK), CUTOVER, False),
        (Holder(str(CUTOVER), NOW - 1000 * LEASE), CUTOVER, True),
        (Holder(str(CUTOVER), NOW - 1000 * LEASE), DEPLOY, False),
    ],
)
def test_who_may_take_the_lock(
    held: Holder | None, holder: HolderName, allowed: bool
) -> None:
    assert may_take(held, holder, NOW) is allowed


def test_nobody_is_named_when_nobody_is_known() -> None:
    assert str(LockTaken("riverbank", None)) == "riverbank is held by nobody"
