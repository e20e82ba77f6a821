"""A rotation from its first step to its last, over the twin and over MariaDB."""

from __future__ import annotations

import pytest

from interlock.lock import Holder
from rotation_hooks.adapters.lock import LEASE
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.core.credential import Account
from rotation_hooks.core.errors import (
    Busy,
    Failed,
    FinishFirst,
    NoLogin,
    NotVerified,
    RotationError,
    TokenRefused,
)
from rotation_hooks.core.labels import CURRENT, PENDING, PREVIOUS, Step
from rotation_hooks.core.roles import Role
from sql_files.rights import Right, Rights
from tests.rotation_hooks.stage import NOW, MemoryVault, Stage, StoppedClock

ALL = pytest.mark.parametrize("role", list(Role))
BEFORE_FINISH = (Step.CREATE, Step.SET, Step.TEST)
NONE: frozenset[str] = frozenset()
WRITING = frozenset({"INSERT", "UPDATE", "DELETE"})
CUTOVER = Holder("cutover:otters-1", NOW)


def refused(stage: Stage, role: Role, token: str, step: Step) -> RotationError:
    with pytest.raises(RotationError) as raised:
        stage.run(role, token, [step])
    stage.passwords.tell(raised.value)
    return raised.value


def lock_of(stage: Stage) -> MemoryLock:
    assert isinstance(stage.ports.lock, MemoryLock)
    return stage.ports.lock


def lease_runs_out(stage: Stage) -> None:
    assert isinstance(stage.ports.clock, StoppedClock)
    stage.ports.clock.moment += LEASE


@ALL
def test_what_is_current_after_a_rotation_logs_in(either: Stage, role: Role) -> None:
    before = either.credential(role)
    token = either.rotated(role)

    assert either.works(role)
    assert before != either.credential(role)
    assert {CURRENT} == either.labels(role, token)
    assert before == either.credential(role, PREVIOUS)
    assert lock_of(either).held is None


@ALL
def test_each_step_twice_is_the_same_as_once(either: Stage, role: Role) -> None:
    token = either.start(role)
    for step in Step:
        either.run(role, token, [step, step])
    after = either.credential(role)
    either.run(role, token)

    assert either.works(role)
    assert after == either.credential(role)


@pytest.mark.parametrize("role", [Role.APP, Role.DMS])
def test_two_users_take_turns_and_both_log_in(either: Stage, role: Role) -> None:
    """Whoever still has the older password is not hurt."""
    users = [either.user(role)]
    for _ in range(3):
        either.rotated(role)
        users.append(either.user(role))
        assert either.works(role, CURRENT)
        assert either.works(role, PREVIOUS)

    assert [role, f"{role}_clone", role, f"{role}_clone"] == users


@pytest.mark.parametrize("role", [Role.MASTER, Role.FENCE])
def test_one_user_has_one_password(either: Stage, role: Role) -> None:
    either.rotated(role)

    assert not either.works(role, PREVIOUS)


def test_a_rotated_application_writes(either: Stage) -> None:
    either.rotated(Role.APP)

    assert "app_clone" == either.user(Role.APP)
    assert either.writes()


def test_what_a_secret_says_besides_is_kept(either: Stage) -> None:
    before, _ = either.credential(Role.APP), either.rotated(Role.APP)
    after = either.credential(Role.APP)

    assert before is not None
    assert after is not None
    left_out = {"username", "password"}
    assert before.model_dump(exclude=left_out) == after.model_dump(exclude=left_out)
    assert "payments-blue" == after.model_dump()["dbClusterIdentifier"]


# --- the fence ------------------------------------------------------------------------


def test_a_rotation_of_a_fenced_side_gives_no_right_to_write(either: Stage) -> None:
    """It succeeds, and OPEN gives the right to both users."""
    either.base.fence()
    either.rotated(Role.APP)

    assert "app_clone" == either.user(Role.APP)
    assert not either.writes()
    assert not either.writes(label=PREVIOUS)
    either.base.open()
    assert either.writes()
    assert either.writes(label=PREVIOUS)


def test_a_rotation_that_began_before_the_fence_ends_behind_it(either: Stage) -> None:
    """The database knows the pending password, so the rotation is not refused."""
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE, Step.SET])
    either.base.fence()
    lock_of(either).held = CUTOVER
    either.run(Role.APP, token)

    assert {CURRENT} == either.labels(Role.APP, token)
    assert not either.writes()
    assert CUTOVER == lock_of(either).held


def test_a_fenced_account_that_writes_is_caught(either: Stage) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE, Step.SET])
    either.base.fence()
    change_rights(either, "app_clone", give=frozenset({"INSERT"}))

    assert isinstance(refused(either, Role.APP, token, Step.TEST), NotVerified)


def test_a_clone_that_only_reads_is_caught_before_it_counts(either: Stage) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE, Step.SET])
    change_rights(either, "app_clone", take=WRITING)
    error = refused(either, Role.APP, token, Step.TEST)

    assert isinstance(error, NotVerified)
    assert "lacks DELETE on `paymentdb`.*; lacks INSERT on `paymentdb`.*" in str(error)
    assert "app" == either.user(Role.APP)


def test_the_same_token_gives_back_rights_that_were_lost(either: Stage) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE, Step.SET])
    change_rights(either, "app_clone", take=WRITING)
    either.run(Role.APP, token)

    assert either.writes()


def test_rights_that_are_too_many_are_taken(either: Stage) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE, Step.SET])
    change_rights(either, "app_clone", give=frozenset({"DROP"}))

    assert isinstance(refused(either, Role.APP, token, Step.TEST), NotVerified)
    either.run(Role.APP, token)
    assert either.writes()


def test_a_side_whose_fence_says_nothing_is_not_touched(either: Stage) -> None:
    """No data is never good news."""
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE])
    either.base.forget_fence()
    error = refused(either, Role.APP, token, Step.SET)

    assert isinstance(error, Failed)
    assert "run the bootstrap" in str(error)


def change_rights(
    stage: Stage, user: str, *, give: frozenset[str] = NONE, take: frozenset[str] = NONE
) -> None:
    """What somebody does by hand, who knows nothing of templates."""
    master, account = stage.credential(Role.MASTER), Account(user=user, host="%")
    assert master is not None
    with stage.base.databases.login(master) as session:
        held = session.rights(account)
        session.set_rights(account, held - _rights(take) | _rights(give))


def _rights(privileges: frozenset[str]) -> Rights:
    return frozenset(Right("`paymentdb`.*", one) for one in privileges)


# --- refusing, and not refusing -------------------------------------------------------


@ALL
def test_a_cutover_keeps_a_rotation_from_beginning(either: Stage, role: Role) -> None:
    """Nothing is written: not the version, and not the database."""
    lock_of(either).held = CUTOVER
    before, token = either.credential(role), either.start(role)
    error = refused(either, role, token, Step.CREATE)

    assert isinstance(error, Busy)
    assert "cutover:otters-1" in str(error)
    assert either.credential(role, PENDING) is None
    assert before == either.credential(role)
    assert either.works(role)


@ALL
def test_a_cutover_between_two_steps_stops_it_while_the_database_knows_nothing(
    either: Stage, role: Role
) -> None:
    token = either.start(role)
    either.run(role, token, [Step.CREATE])
    lock_of(either).held = CUTOVER

    assert isinstance(refused(either, role, token, Step.SET), Busy)
    assert not either.works(role, PENDING)
    lock_of(either).held = None
    either.run(role, token)
    assert either.works(role)


@ALL
def test_a_cutover_that_comes_later_lets_it_finish(either: Stage, role: Role) -> None:
    """Half a rotation is worse than one at a bad moment."""
    token = either.start(role)
    either.run(role, token, [Step.CREATE, Step.SET])
    lock_of(either).held = CUTOVER
    either.run(role, token, [Step.SET, Step.TEST, Step.FINISH])

    assert either.works(role)
    assert {CURRENT} == either.labels(role, token)
    assert CUTOVER == lock_of(either).held


@ALL
def test_a_pending_version_that_logs_in_is_not_robbed_of_its_label(
    either: Stage, role: Role
) -> None:
    """A new token would make the old password the only one that anybody knows."""
    old = either.start(role)
    either.run(role, old, [Step.CREATE, Step.SET])
    new = "a-token-that-somebody-has-made-up-by-hand"
    vault = either.vault
    assert isinstance(vault, MemoryVault)
    vault.labels[either.arns[role]][new] = {PENDING}
    lease_runs_out(either)
    error = refused(either, role, new, Step.CREATE)

    assert isinstance(error, FinishFirst)
    assert old == error.token
    either.run(role, old)
    assert either.works(role)


@ALL
def test_a_pending_version_that_does_not_log_in_makes_room(
    either: Stage, role: Role
) -> None:
    old = either.start(role)
    either.run(role, old, [Step.CREATE])
    lease_runs_out(either)
    either.rotated(role)

    assert either.works(role)
    assert frozenset() == either.labels(role, old)


def test_when_nobody_logs_in_any_more_a_person_is_told(either: Stage) -> None:
    """What happens after a label AWSPENDING was stripped: seen, and not made worse."""
    old = either.start(Role.FENCE)
    either.run(Role.FENCE, old, [Step.CREATE, Step.SET])
    either.vault.drop_pending(either.arns[Role.FENCE], old)
    lease_runs_out(either)
    new = either.start(Role.FENCE)
    either.run(Role.FENCE, new, [Step.CREATE])
    error = refused(either, Role.FENCE, new, Step.SET)

    assert isinstance(error, NoLogin)
    assert "set the password by hand" in str(error)
    assert not either.works(Role.FENCE)


def test_an_application_that_does_not_log_in_is_repaired_first(either: Stage) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE])
    master = either.credential(Role.MASTER)
    assert master is not None
    with either.base.databases.login(master) as session:
        session.put_account(Account(user="app", host="%"), "x" * 32)
    error = refused(either, Role.APP, token, Step.SET)

    assert isinstance(error, NoLogin)
    assert "AWSCURRENT does not log in as app" in str(error)


@pytest.mark.parametrize("step", [Step.SET, Step.FINISH])
def test_a_version_without_a_value_is_neither_set_nor_made_current(
    either: Stage, step: Step
) -> None:
    token = either.start(Role.APP)
    error = refused(either, Role.APP, token, step)

    assert isinstance(error, NoLogin)
    assert "let createSecret run again" in str(error)
    assert "app" == either.user(Role.APP)
    assert either.works(Role.APP)


def test_a_test_of_the_configuration_looks_at_what_is_current(either: Stage) -> None:
    """Secrets Manager asks for it without a value, when a schedule is moved."""
    either.run(Role.APP, either.start(Role.APP), [Step.TEST])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("off", "rotation is switched off"),
        ("unknown", "has no version"),
        ("taken", "is not pending"),
    ],
)
def test_a_token_without_a_rotation_is_refused(
    memory_stage: Stage, change: str, told: str
) -> None:
    stage, token = memory_stage, memory_stage.start(Role.APP)
    vault, arn = stage.vault, stage.arns[Role.APP]
    assert isinstance(vault, MemoryVault)
    match change:
        case "off":
            vault.enabled[arn] = False
        case "unknown":
            token = "unknown"
        case _:
            vault.labels[arn][token] = {"MINE"}

    for step in Step:
        error = refused(stage, Role.APP, token, step)
        assert isinstance(error, TokenRefused)
        assert told in str(error)
    assert "app" == stage.user(Role.APP)
