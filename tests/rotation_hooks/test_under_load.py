"""Rotations of two real databases, while eight clients log in all the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pymysql
import pytest

from rotation_hooks.core.labels import Step
from rotation_hooks.core.roles import Role
from tests.mariadb import MariaDB
from tests.rotation_hooks.load import Load, load
from tests.rotation_hooks.passwords import KnownPasswords
from tests.rotation_hooks.stage import MariaBase, MemoryVault, Stage

Shown = Callable[[str, Load], None]


@pytest.fixture(scope="module")
def built_pair(
    mariadb_pair: tuple[MariaDB, MariaDB],
) -> Iterator[tuple[MariaBase, ...]]:
    bases = tuple(MariaBase(server) for server in mariadb_pair)
    for base in bases:
        base.build()
    yield bases
    for base in bases:
        base.clear()


@pytest.fixture
def stages(
    built_pair: tuple[MariaBase, ...], passwords: KnownPasswords
) -> tuple[Stage, ...]:
    """Both sides of an environment."""
    for base in built_pair:
        base.reset()
    return tuple(Stage.made(MemoryVault(), base, passwords) for base in built_pair)


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    def show(what: str, seen: Load) -> None:
        with capsys.disabled():
            print(f"\n{what}: {seen.ok} logins, {seen.failed} failed")

    return show


def rotate_slowly(stages: tuple[Stage, ...], role: Role, clients: Load) -> None:
    """Both sides, step by step; between two steps everybody logs in."""
    tokens = [stage.start(role) for stage in stages]
    for step in Step:
        for stage, token in zip(stages, tokens, strict=True):
            stage.run(role, token, [step])
        clients.goes_on(2)


def test_two_users_in_turn_fail_nobody(stages: tuple[Stage, ...], shown: Shown) -> None:
    with load(stages, Role.APP) as clients:
        rotate_slowly(stages, Role.APP, clients)
        rotate_slowly(stages, Role.APP, clients)
    shown("two users in turn, rotated twice", clients)

    assert 0 == clients.failed
    assert clients.ok > 100
    assert ["app", "app"] == [stage.user(Role.APP) for stage in stages]


def test_a_task_keeps_its_secret_for_one_rotation_and_not_for_two(
    stages: tuple[Stage, ...], shown: Shown
) -> None:
    """Why tasks are deployed anew after each rotation: the second takes its user."""
    with load(stages, Role.APP, injected=True) as clients:
        rotate_slowly(stages, Role.APP, clients)
        after_one = clients.failed
        rotate_slowly(stages, Role.APP, clients)
    shown("secrets read once, rotated twice", clients)

    assert 0 == after_one
    assert clients.failed > 0
    assert {"1045"} == clients.refused


@pytest.fixture
def single(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The fence's user, who is alone; here it may look, as the clients do."""
    for stage in stages:
        assert isinstance(stage.base, MariaBase)
        stage.base.server.run("GRANT SELECT ON paymentdb.* TO fence@'%'")
    return stages


def test_one_user_fails_nobody_who_reads_again_and_waits(
    single: tuple[Stage, ...], shown: Shown
) -> None:
    """The client rule: on 1045 read the secret again, every 100 ms for 5 s."""
    with load(single, Role.FENCE, patient=True) as clients:
        rotate_slowly(single, Role.FENCE, clients)
    shown("one user, clients read again and wait", clients)

    assert 0 == clients.failed
    assert clients.ok > 50


def test_one_user_fails_somebody_who_does_not(
    single: tuple[Stage, ...], shown: Shown
) -> None:
    """A negative control: the load does notice a login that fails."""
    with load(single, Role.FENCE) as clients:
        rotate_slowly(single, Role.FENCE, clients)
    shown("one user, clients give up", clients)

    assert clients.failed > 0
    assert {"1045"} == clients.refused


# --- a rotation while the fence stands ------------------------------------------------

_keys = count()


def pay(session: pymysql.Connection[pymysql.cursors.DictCursor]) -> None:
    """Write a row, and one more in a session that may be older than the fence."""
    for _ in range(2):
        session.cursor().execute(
            "INSERT INTO paymentdb.payments (idempotency_key, merchant, amount_minor,"
            " currency, method, lane, taken_at)"
            " VALUES (%s, 'shop', 1, 'EUR', 'tok_1', 'blue', NOW(6))",
            (f"key-{next(_keys)}",),
        )


def paid(base: MariaBase) -> int:
    [row] = base.server.run("SELECT COUNT(*) AS n FROM paymentdb.payments")
    return int(row["n"])


def test_a_rotation_behind_the_fence_lets_no_write_through(
    stages: tuple[Stage, ...], shown: Shown
) -> None:
    """And after OPEN whatever user is current writes again."""
    blue, base = stages[0], stages[0].base
    assert isinstance(base, MariaBase)
    blue.rotated(Role.APP)  # both users exist
    with load([blue], Role.APP, work=pay) as clients:
        before = paid(base)
        base.fence()
        fenced = paid(base)
        rotate_slowly((blue,), Role.APP, clients)
        rotate_slowly((blue,), Role.APP, clients)
        after = paid(base)
        base.open()
        clients.goes_on(10)
    shown("fenced, rotated twice, opened", clients)

    assert 0 < before <= fenced == after < paid(base)
    assert {"1142"} <= clients.refused


def test_a_fence_that_forgets_a_user_is_noticed(
    stages: tuple[Stage, ...], shown: Shown
) -> None:
    """A negative control: only one of the two users is fenced."""
    blue, base = stages[0], stages[0].base
    assert isinstance(base, MariaBase)
    blue.rotated(Role.APP)
    with load([blue], Role.APP, work=pay) as clients:
        base.server.run("REVOKE INSERT, UPDATE, DELETE ON paymentdb.* FROM app@'%'")
        base.kill()
        fenced = paid(base)
        clients.goes_on(10)
    shown("only one of two users fenced", clients)

    assert fenced < paid(base)
