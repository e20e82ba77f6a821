"""What keeps a cutover from beginning, as far as credentials are concerned."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation_hooks.core.credential import Account
from rotation_hooks.core.labels import Step
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.progress import Stage as Stage_
from rotation_hooks.core.readiness import Answer, Code, Reason, Standing
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import (
    AFTERWARDS,
    WHOLE_DAY,
    Schedule,
    duration_of,
    free_from,
)
from sql_files.rights import Right
from tests.rotation_hooks.outside import Outside
from tests.rotation_hooks.stage import NOW, MariaBase, MemoryVault, Stage

HOUR = timedelta(hours=1)
APP = SecretName(Side.BLUE, Role.APP)


@pytest.fixture
def outside(either: Stage) -> Outside:
    base = either.base
    if isinstance(base, MariaBase):
        # root is the master of this server, beside the one that a stage makes.
        either.ports.declared_writers = frozenset({"'root'@'%'", "'root'@'localhost'"})
    return Outside.of(either)


def only(answer: Answer) -> Reason:
    [reason] = answer.reasons
    assert not answer.ok
    return reason


def test_nothing_is_in_the_way(outside: Outside) -> None:
    assert Answer(ok=True) == outside.prepare()


def test_after_a_rotation_nothing_is_in_the_way(
    outside: Outside, either: Stage
) -> None:
    for role in Role:
        either.rotated(role)

    assert Answer(ok=True) == outside.prepare()


def test_a_fenced_side_is_not_in_the_way(outside: Outside, either: Stage) -> None:
    either.base.fence()
    either.rotated(Role.APP)

    assert Answer(ok=True) == outside.prepare()


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_half_a_rotation(outside: Outside, either: Stage, steps: int) -> None:
    token = either.start(Role.APP)
    either.run(Role.APP, token, list(Step)[:steps])
    reason = only(outside.prepare())

    assert (Code.ROTATION_PENDING, "blue/app") == (reason.code, reason.secret)
    assert f"version {token} is pending" in reason.detail
    either.run(Role.APP, token)
    assert outside.prepare().ok


def test_a_label_that_stayed_on_what_is_current_is_no_rotation(
    outside: Outside, either: Stage
) -> None:
    token = either.rotated(Role.APP)
    assert isinstance(either.vault, MemoryVault)
    either.vault.labels[either.arns[Role.APP]][token].add("AWSPENDING")

    assert outside.prepare().ok


def test_a_rotation_that_falls_into_the_window(outside: Outside, either: Stage) -> None:
    """Rotating first helps where the next one counts from it."""
    counting = Schedule(ends=NOW + 4 * HOUR, duration=HOUR, counts_from_the_last=True)
    outside.plan(either, Role.APP, counting)
    answer = outside.prepare(hours=6)
    reason = only(answer)

    assert Code.ROTATION_DUE is reason.code
    assert "may begin at 2027-03-20 15:00 UTC" in reason.detail
    assert "may last until 2027-03-20 18:00 UTC: rotate first" in reason.detail
    assert ("blue/app",) == answer.rotate_first
    assert NOW + 4 * HOUR + AFTERWARDS == answer.move_window
    assert outside.prepare(hours=2).ok


def test_where_a_calendar_says_when_only_waiting_helps(
    outside: Outside, either: Stage
) -> None:
    outside.plan(either, Role.DMS, Schedule(ends=NOW + 4 * HOUR, duration=HOUR))
    answer = outside.prepare(hours=6)

    assert only(answer).detail.endswith("18:00 UTC: begin later")
    assert () == answer.rotate_first


def test_a_task_that_is_older_than_its_secret(outside: Outside, either: Stage) -> None:
    """A sleeping stale secret becomes an outage when the fence ends its session."""
    outside.plan(either, Role.APP, Schedule(last=NOW - HOUR))
    outside.tasks.starts[APP] = [NOW, NOW - 2 * HOUR]
    reason = only(outside.prepare())

    assert Code.STALE_TASKS is reason.code
    assert "a task runs since 2027-03-20 10:00 UTC" in reason.detail
    outside.tasks.starts[APP] = [NOW]
    assert outside.prepare().ok


def test_a_rotation_that_failed(outside: Outside, either: Stage) -> None:
    outside.rotations.block(either.arns[Role.APP], "setSecret failed", NOW)

    assert Code.LAST_ROTATION_FAILED is only(outside.prepare()).code


def test_a_secret_that_does_not_log_in(outside: Outside, either: Stage) -> None:
    master = either.credential(Role.MASTER)
    assert master is not None
    with either.base.databases.login(master) as session:
        session.put_account(Account(user="app", host="%"), either.passwords.new())
    reason = only(outside.prepare())

    assert (Code.LOGIN_FAILED, "blue/app") == (reason.code, reason.secret)
    assert "(1045)" in reason.detail


def test_a_database_that_gives_no_answer_is_no_good_news(outside: Outside) -> None:
    outside.prober.silent = "no answer"

    assert {Code.UNREADABLE} == {one.code for one in outside.prepare().reasons}
    assert len(Role) == len(outside.prepare().reasons)


def test_somebody_else_who_may_write(outside: Outside, either: Stage) -> None:
    """Whatever the fence does, this account would go on writing."""
    either.base.add_user("dms_clone", either.passwords.new(), frozenset())
    either.base.add_user(
        "app_clone",
        either.passwords.new(),
        frozenset({Right("`paymentdb`.*", "TRIGGER")}),
    )
    reason = only(outside.prepare())

    assert (Code.UNKNOWN_WRITERS, "blue") == (reason.code, reason.secret)
    assert reason.detail.startswith("'app_clone'@'%' may write and are in no template")
    either.ports.declared_writers |= {"'app_clone'@'%'"}
    assert outside.prepare().ok


def test_somebody_who_only_reads_is_nobodys_business(
    outside: Outside, either: Stage
) -> None:
    either.base.add_user(
        "app_clone",
        either.passwords.new(),
        frozenset({Right("`paymentdb`.*", "SELECT"), Right("*.*", "PROCESS")}),
    )

    assert outside.prepare().ok


def test_an_application_that_is_the_master(outside: Outside, either: Stage) -> None:
    master, arn = either.credential(Role.MASTER), either.arns[Role.APP]
    assert master is not None
    assert isinstance(either.vault, MemoryVault)
    password = master.password.get_secret_value()
    [version] = either.vault.labels[arn]
    text = either.text("shifter_master", password, Role.APP)
    either.vault.values[arn, version] = text
    reasons = outside.prepare().reasons

    assert Code.MASTER_USED_BY_APP in {one.code for one in reasons}


def test_every_reason_is_told(outside: Outside, either: Stage) -> None:
    """Whoever mends one at night wants to know all of them."""
    token = either.start(Role.APP)
    outside.plan(either, Role.APP, Schedule(last=NOW, ends=NOW))
    outside.tasks.starts[APP] = [NOW - HOUR]
    outside.rotations.block(either.arns[Role.APP], "it failed", NOW)
    answer = outside.prepare()

    assert token in answer.reasons[0].detail
    assert [
        Code.ROTATION_PENDING,
        Code.ROTATION_DUE,
        Code.LAST_ROTATION_FAILED,
        Code.STALE_TASKS,
    ] == [one.code for one in answer.reasons]


# --- schedules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "duration"),
    [("1h", HOUR), ("24h", WHOLE_DAY), (None, WHOLE_DAY), ("soon", WHOLE_DAY)],
)
def test_a_window_without_a_length_lasts_a_day(
    text: str | None, duration: timedelta
) -> None:
    assert duration == duration_of(text)


moments = st.datetimes(
    min_value=datetime(2027, 3, 1),  # noqa: DTZ001  made aware below
    max_value=datetime(2027, 4, 30),  # noqa: DTZ001
).map(lambda moment: moment.replace(tzinfo=NOW.tzinfo))
schedules = st.builds(
    Schedule,
    ends=st.none() | moments,
    duration=st.integers(1, 24).map(lambda hours: hours * HOUR),
)


@given(planned=st.lists(schedules, max_size=5), hours=st.integers(0, 72))
def test_from_then_on_no_planned_rotation_is_in_the_window(
    planned: list[Schedule], hours: int
) -> None:
    window = hours * HOUR
    begin = free_from(planned, NOW, window)

    assert begin >= NOW
    for one in planned:
        if one.ends is not None and one.comes_before(begin + window):
            assert one.ends + AFTERWARDS <= begin


# --- a look ---------------------------------------------------------------------------


def test_a_look_tells_the_same_and_closes_nothing(
    outside: Outside, either: Stage
) -> None:
    """Whoever only asks must not stop a rotation that AWS hosts."""
    outside.hosted_roles = dict.fromkeys(either.arns.values(), "arn:aws:iam::1:role/h")
    free = outside.look()
    assert {} == outside.policies.texts

    outside.plan(either, Role.APP, Schedule(ends=NOW + 4 * HOUR, duration=HOUR))
    due = outside.look()

    for answer in (free, due):
        asked = Answer(**{name: getattr(answer, name) for name in Answer.model_fields})
        assert answer.ok is asked.ok
    assert (True, False) == (free.ok, due.ok)
    assert outside.prepare().reasons == due.reasons


def test_a_look_tells_how_each_secret_stands(outside: Outside, either: Stage) -> None:
    token = either.rotated(Role.APP)
    arn = either.arns[Role.APP]
    outside.plan(
        either,
        Role.APP,
        Schedule(NOW - HOUR, NOW + 4 * HOUR, HOUR, counts_from_the_last=True),
    )
    outside.rotations.save(Progress.begun(arn, token, Stage_.DMS_OK, NOW))
    outside.rotations.block(arn, "it failed twice", NOW)
    stands = {one.secret: one for one in outside.look().secrets}

    assert set(map(str, either.ports.names.values())) == stands.keys()
    assert stands["blue/app"] == Standing(
        secret="blue/app",
        arn=arn,
        current=token,
        rotated_at=NOW - HOUR,
        begins_at=NOW + 3 * HOUR,
        ends_at=NOW + 4 * HOUR,
        counts_from_the_last=True,
        half_rotated=None,
        stage="DMS_OK",
        failed="it failed twice",
        login="works",
    )


def test_a_look_tells_why_a_login_does_not_work(outside: Outside) -> None:
    outside.prober.silent = "no route to host"

    assert {"no route to host"} == {one.login for one in outside.look().secrets}
