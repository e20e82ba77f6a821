"""A rotation that failed: what the logins say, and what is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.lock import Holder
from rotation_hooks.adapters.lock import LEASE
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.core.credential import Account
from rotation_hooks.core.diagnosis import Action, diagnose
from rotation_hooks.core.labels import CURRENT, PENDING, Step
from rotation_hooks.core.news import Kind, News
from rotation_hooks.core.progress import Stage as Reached
from rotation_hooks.core.readiness import Code, LoginSeen
from rotation_hooks.core.roles import Role
from rotation_hooks.core.schedule import Schedule
from rotation_hooks.engine.failure import handle_failure
from rotation_hooks.engine.hear import hear
from rotation_hooks.engine.reconcile import GIVEN_UP_AFTER, reconcile
from tests.rotation_hooks.outside import Outside
from tests.rotation_hooks.stage import NOW, MemoryVault, Stage

OK, REFUSED = LoginSeen(ok=True, user="app"), LoginSeen(ok=False, number=1045)
LOCKED, SILENT = LoginSeen(ok=False, number=3118), LoginSeen(ok=False)


@pytest.mark.parametrize(
    ("pending", "current", "action"),
    [
        (OK, OK, Action.FINISH),
        (OK, REFUSED, Action.FINISH),
        (REFUSED, OK, Action.DROP_PENDING),
        (None, OK, Action.DROP_PENDING),
        (LOCKED, OK, Action.PAGE),
        (REFUSED, REFUSED, Action.PAGE),
        (None, REFUSED, Action.PAGE),
        (SILENT, OK, Action.LOOK_AGAIN),
        (REFUSED, SILENT, Action.LOOK_AGAIN),
        (OK, SILENT, Action.LOOK_AGAIN),
    ],
)
def test_the_logins_tell_what_is_right(
    pending: LoginSeen | None, current: LoginSeen, action: Action
) -> None:
    assert action is diagnose(pending, current, under_way=False).action
    alive = Action.LOOK_AGAIN if action is Action.DROP_PENDING else action
    assert alive is diagnose(pending, current, under_way=True).action


answers = st.builds(
    LoginSeen, ok=st.booleans(), number=st.sampled_from([0, 1045, 3118])
)


@given(pending=st.none() | answers, current=answers, under_way=st.booleans())
def test_a_label_is_never_taken_from_what_may_work(
    pending: LoginSeen | None, current: LoginSeen, under_way: bool
) -> None:
    """The password in it may be the only one that the database knows."""
    found = diagnose(pending, current, under_way=under_way)
    if found.action is Action.DROP_PENDING:
        assert current.ok
        assert not under_way
        assert pending is None or (not pending.ok and pending.number == 1045)


def failed(stage: Stage, role: Role) -> News:
    return News(kind=Kind.FAILED, arn=stage.arns[role], event_id="f-1", at=NOW)


@pytest.mark.parametrize("role", [Role.APP, Role.FENCE])
@pytest.mark.parametrize("steps", [2, 3])
def test_a_rotation_that_the_database_knows_is_finished(
    either: Stage, role: Role, steps: int
) -> None:
    """With the same token: another one would lose the password."""
    outside, token, arn = Outside.of(either), either.start(role), either.arns[role]
    either.run(role, token, list(Step)[:steps])
    for _ in "12":
        hear(failed(either, role), outside)

    assert isinstance(either.vault, MemoryVault)
    assert {(arn, token)} == set(either.vault.resumed)
    assert outside.rotations.flag(arn) is not None
    assert 1 == len(outside.notifier.told)
    either.run(role, token)
    outside.plan(either, role, Schedule(last=NOW))
    reconcile(outside)
    assert outside.rotations.flag(arn) is None
    assert either.works(role)


@pytest.mark.parametrize("role", [Role.APP, Role.FENCE])
@pytest.mark.parametrize("steps", [0, 1])
def test_a_rotation_that_the_database_never_heard_of_is_dropped(
    either: Stage, role: Role, steps: int
) -> None:
    outside, token, arn = Outside.of(either), either.start(role), either.arns[role]
    either.run(role, token, list(Step)[:steps])
    either.ports.clock.wait(LEASE.total_seconds())
    hear(failed(either, role), outside)

    assert frozenset() == either.labels(role, token)
    assert outside.rotations.flag(arn) is None
    assert either.works(role)
    [notice] = outside.notifier.told
    assert (f"blue/{role}", token) == (notice.secret, notice.version)
    assert "AWSPENDING was taken" in notice.action
    hear(failed(either, role), outside)
    assert 1 == len(outside.notifier.told)


@pytest.mark.parametrize("role", [Role.APP, Role.FENCE])
def test_a_label_is_not_taken_from_under_a_running_attempt(
    either: Stage, role: Role
) -> None:
    """The failure of an attempt is told late: the next one has begun meanwhile."""
    outside, token = Outside.of(either), either.start(role)
    either.run(role, token, [Step.CREATE])
    found = handle_failure(either.arns[role], outside, "late")

    assert Action.LOOK_AGAIN is found.action
    assert "its lease has not run out" in found.reason
    assert {PENDING} == either.labels(role, token)
    either.run(role, token)
    assert either.works(role)
    assert {CURRENT} == either.labels(role, token)


@pytest.mark.parametrize("holder", ["cutover", "rotation"])
def test_whoever_else_holds_the_lock_keeps_nobody_from_dropping(
    memory_stage: Stage, holder: str
) -> None:
    """A rotation that does not hold it changes nothing, so nothing can be lost."""
    outside, token = Outside.of(memory_stage), memory_stage.start(Role.APP)
    memory_stage.run(Role.APP, token, [Step.CREATE])
    lock = memory_stage.ports.lock
    assert isinstance(lock, MemoryLock)
    lock.held = Holder(f"{holder}:otters-1#2", NOW, NOW + LEASE)

    assert (
        Action.DROP_PENDING
        is handle_failure(memory_stage.arns[Role.APP], outside).action
    )


def test_when_nobody_logs_in_a_person_is_paged(either: Stage) -> None:
    """Nothing is changed, and no cutover begins."""
    outside, token = Outside.of(either), either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE])
    master = either.credential(Role.MASTER)
    assert master is not None
    with either.base.databases.login(master) as session:
        session.put_account(Account(user="app", host="%"), either.passwords.new())
    found = handle_failure(either.arns[Role.APP], outside)

    assert Action.PAGE is found.action
    for _ in "12":
        reconcile(outside)
    assert 1 == len(outside.notifier.told)
    assert {PENDING} == either.labels(Role.APP, token)
    assert "repair the password by hand" in outside.notifier.told[0].action
    codes = {reason.code for reason in outside.prepare().reasons}
    assert {Code.LAST_ROTATION_FAILED, Code.ROTATION_PENDING} <= codes


def test_without_an_answer_nobody_concludes(either: Stage) -> None:
    outside, token = Outside.of(either), either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE])
    outside.prober.silent = "no answer"

    assert Action.LOOK_AGAIN is handle_failure(either.arns[Role.APP], outside).action
    assert {PENDING} == either.labels(Role.APP, token)
    assert outside.rotations.flag(either.arns[Role.APP]) is not None
    outside.prober.silent = None
    either.ports.clock.wait(LEASE.total_seconds())
    reconcile(outside)
    assert frozenset() == either.labels(Role.APP, token)


def test_a_failure_that_nobody_told_of_is_found(either: Stage) -> None:
    """After an hour Secrets Manager does not come again."""
    outside, token = Outside.of(either), either.start(Role.APP)
    either.run(Role.APP, token, [Step.CREATE])
    reconcile(outside)
    arn = either.arns[Role.APP]
    found = outside.rotations.load(arn, token)
    assert found is not None
    assert Reached.STARTED is found.stage
    either.ports.clock.wait((GIVEN_UP_AFTER - timedelta(seconds=1)).total_seconds())
    reconcile(outside)
    assert {PENDING} == either.labels(Role.APP, token)
    either.ports.clock.wait(1)
    reconcile(outside)
    assert frozenset() == either.labels(Role.APP, token)


def test_a_failure_of_a_rotation_that_has_ended_is_no_news(either: Stage) -> None:
    outside, token = Outside.of(either), either.rotated(Role.APP)

    assert Action.NOTHING is handle_failure(either.arns[Role.APP], outside).action
    assert {CURRENT} == either.labels(Role.APP, token)
    assert [] == outside.notifier.told
