"""What is rare: answers that are missing, races that are lost, and states by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rotation_hooks.adapters.memory.outside import MemoryRotations
from rotation_hooks.adapters.memory.world import MemoryDatabases, MemorySession
from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.diagnosis import Action
from rotation_hooks.core.errors import (
    Conflict,
    ForeignSecret,
    LoginRefused,
    Malformed,
    NotVerified,
    Rejected,
    RotationError,
    Unreachable,
)
from rotation_hooks.core.fence import State
from rotation_hooks.core.labels import CURRENT, PENDING, PREVIOUS, Step
from rotation_hooks.core.news import Kind, News
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.progress import Stage as Reached
from rotation_hooks.core.readiness import Code, LoginSeen
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import Schedule
from rotation_hooks.engine import probe
from rotation_hooks.engine.case import look_at
from rotation_hooks.engine.failure import handle_failure
from rotation_hooks.engine.follow import follow
from rotation_hooks.engine.hear import hear
from rotation_hooks.engine.reconcile import reconcile
from rotation_hooks.engine.release import release
from rotation_hooks.ports import TaskSeen
from sql_files.rights import Right
from tests.rotation_hooks.outside import Outside
from tests.rotation_hooks.stage import NOW, MemoryBase, MemoryVault, Stage

ARN = "arn:aws:secretsmanager:eu-west-1:1:secret:another"
PROBE = "`shifter`.`rotation_probe`"


@pytest.fixture
def stage(memory_stage: Stage) -> Stage:
    return memory_stage


@pytest.fixture
def outside(stage: Stage) -> Outside:
    return Outside.of(stage)


class Answering(MemoryDatabases):
    """Databases that answer a login as a test wants, before they look at it."""

    def __init__(self, base: Stage, answer: Callable[[Credential], None]) -> None:
        super().__init__()
        assert isinstance(base.base, MemoryBase)
        self.servers = base.base.databases.servers
        self._answer = answer

    @contextmanager
    def login(self, credential: Credential) -> Iterator[MemorySession]:
        self._answer(credential)
        with super().login(credential) as session:
            yield session


def refuse(error: RotationError, user: str) -> Callable[[Credential], None]:
    def answer(credential: Credential) -> None:
        if credential.username == user:
            raise error

    return answer


# --- rotating -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [LoginRefused("app", "it is locked", 3118), Unreachable("app", "silence")]
)
def test_whoever_cannot_ask_does_not_conclude(
    stage: Stage, error: RotationError
) -> None:
    token = stage.start(Role.APP)
    stage.run(Role.APP, token, [Step.CREATE])
    stage.ports.databases = Answering(stage, refuse(error, "app_clone"))
    with pytest.raises(type(error)):
        stage.run(Role.APP, token, [Step.SET])

    assert {PENDING} == stage.labels(Role.APP, token)
    assert "app" == stage.user(Role.APP)


def test_a_password_that_did_not_take_is_seen(stage: Stage) -> None:
    """The server says that all is well, and keeps the old one; as MariaDB may."""

    class Deaf(MemorySession):
        def change_own_password(self, password: str) -> None: ...

    class DeafDatabases(MemoryDatabases):
        session = Deaf

    assert isinstance(stage.base, MemoryBase)
    deaf = DeafDatabases()
    deaf.servers = stage.base.databases.servers
    stage.ports.databases = deaf
    token = stage.start(Role.FENCE)
    stage.run(Role.FENCE, token, [Step.CREATE])
    with pytest.raises(NotVerified, match="was given its password, and is refused"):
        stage.run(Role.FENCE, token, [Step.SET])
    assert stage.works(Role.FENCE)


@pytest.mark.parametrize("text", ["no JSON", None])
def test_a_half_rotated_version_that_says_nothing_useful_makes_room(
    stage: Stage, text: str | None
) -> None:
    vault, arn = stage.vault, stage.arns[Role.APP]
    assert isinstance(vault, MemoryVault)
    vault.labels[arn]["by-hand"] = {PENDING}
    if text is not None:
        vault.values[arn, "by-hand"] = text
    vault.labels[arn]["mine"] = {PENDING}
    stage.run(Role.APP, "mine")

    assert stage.works(Role.APP)
    assert frozenset() == stage.labels(Role.APP, "by-hand")


def test_a_secret_without_a_current_version_is_refused(stage: Stage) -> None:
    vault, arn = stage.vault, stage.arns[Role.FENCE]
    assert isinstance(vault, MemoryVault)
    vault.labels[arn] = {"mine": {PENDING}}
    with pytest.raises(Malformed, match="AWSCURRENT: no version has this label"):
        stage.run(Role.FENCE, "mine", [Step.CREATE])


def test_a_master_without_a_value_is_refused(stage: Stage) -> None:
    vault, token = stage.vault, stage.start(Role.APP)
    assert isinstance(vault, MemoryVault)
    vault.labels[stage.arns[Role.MASTER]] = {}
    with pytest.raises(Malformed, match="no version with this label has a value"):
        stage.run(Role.APP, token, [Step.CREATE])
    assert stage.credential(Role.APP, PENDING) is None


@pytest.mark.parametrize(
    ("state", "rights", "told"),
    [
        (State.OPEN, {"SELECT"}, "cannot write on an open side"),
        (State.OPEN, {"INSERT"}, "cannot read on an open side"),
        (State.FENCED, {"SELECT", "INSERT"}, "writes on a fenced side"),
    ],
)
def test_a_table_that_says_otherwise_than_the_rights_is_believed(
    stage: Stage, state: State, rights: set[str], told: str
) -> None:
    """Rights are what the server says; a row is what it does."""
    token = stage.start(Role.APP)
    stage.run(Role.APP, token, [Step.CREATE, Step.SET])
    assert isinstance(stage.base, MemoryBase)
    if state is State.FENCED:
        stage.base.fence()
    found = frozenset(Right(PROBE, one) for one in rights)
    clone = Account(user="app_clone", host="%")
    stage.base.server.has[clone] = found
    stage.ports.templates = {**stage.ports.templates, (Role.APP, state): found}
    with pytest.raises(NotVerified, match=told):
        stage.run(Role.APP, token, [Step.TEST])


def test_a_secret_without_a_master_has_none(stage: Stage) -> None:
    found = stage.credential(Role.MASTER)
    assert found is not None
    with pytest.raises(Malformed, match="masterarn: is missing"):
        look_at(stage.arns[Role.MASTER], stage.ports).master(found)


# --- the probe ------------------------------------------------------------------------


def test_a_database_that_is_away_gives_no_answer(stage: Stage) -> None:
    away = Unreachable("app at blue", "no answer", 2003)
    stage.ports.databases = Answering(stage, refuse(away, "app"))
    seen = probe.log_in(stage.arns[Role.APP], CURRENT, stage.ports)

    assert LoginSeen(False, 0, "app at blue: no answer (2003)", "app") == seen
    assert not seen.is_answer


def test_a_label_that_no_version_has_is_no_login(stage: Stage) -> None:
    seen = probe.log_in(stage.arns[Role.APP], PREVIOUS, stage.ports)

    assert (False, "no version with a value is AWSPREVIOUS") == (seen.ok, seen.told)


def test_a_side_without_a_master_cannot_be_looked_at(stage: Stage) -> None:
    with pytest.raises(ForeignSecret):
        probe.unknown_writers(Side.GREEN, stage.ports)
    with pytest.raises(ForeignSecret):
        probe.log_in(ARN, CURRENT, stage.ports)


# --- outside --------------------------------------------------------------------------


def news(stage: Stage, kind: Kind, version: str | None = None) -> News:
    arn = stage.arns[Role.APP]
    return News(kind=kind, arn=arn, version=version, event_id="e-1", at=NOW)


def rotated(stage: Stage, outside: Outside, role: Role) -> str:
    token = stage.rotated(role)
    outside.plan(stage, role, Schedule(last=NOW))
    return token


def test_what_cannot_be_looked_at_is_a_reason(stage: Stage, outside: Outside) -> None:
    """No data is never good news."""

    class Broken:
        def oldest_start(self, name: SecretName) -> Any:
            raise Rejected("DescribeServices", str(name), "there is no such service")

    broken: Any = outside
    broken.tasks = Broken()
    broken.names = {**outside.names, ARN: SecretName(Side.GREEN, Role.APP)}
    stage.vault.create("x", "{}")
    assert isinstance(stage.vault, MemoryVault)
    stage.vault.add(ARN, "1", "{}")
    answer = outside.prepare()

    assert {Code.UNREADABLE} == {reason.code for reason in answer.reasons}
    assert "green" in {reason.secret for reason in answer.reasons}
    assert "there is no such service" in answer.reasons[0].detail


class Faster(MemoryRotations):
    """Somebody else saves first, each time."""

    def save(self, progress: Progress) -> None:
        raise Conflict(f"{progress.version}: somebody else was faster")


def test_whoever_loses_a_race_leaves_it_to_the_other(
    stage: Stage, outside: Outside
) -> None:
    token = rotated(stage, outside, Role.APP)
    outside.rotations = Faster()

    assert "another run was faster" == hear(news(stage, Kind.CURRENT, token), outside)
    assert {"blue/app": "another run was faster"} == reconcile(outside)


def test_a_secret_without_a_current_version_is_followed_by_nobody(
    stage: Stage, outside: Outside
) -> None:
    assert isinstance(stage.vault, MemoryVault)
    stage.vault.labels[stage.arns[Role.APP]] = {}

    assert "no version is current" == hear(news(stage, Kind.CURRENT), outside)


def test_a_login_that_fails_at_the_very_end_is_told(
    stage: Stage, outside: Outside
) -> None:
    token, arn = rotated(stage, outside, Role.APP), stage.arns[Role.APP]
    answers = iter([LoginSeen(ok=True), LoginSeen(False, 1045, "it is refused")])
    outside.prober.log_in = lambda arn, label: next(answers)  # type: ignore[method-assign]

    assert Reached.FAILED is follow(arn, token, outside).stage
    assert "after its rotation it is refused" == outside.rotations.flag(arn)
    assert 1 == len(outside.notifier.told)


def test_one_user_whose_tasks_are_replaced_has_no_user_before(
    stage: Stage, outside: Outside
) -> None:
    token = rotated(stage, outside, Role.FENCE)
    outside.tasks.starts[SecretName(Side.BLUE, Role.FENCE)] = [NOW.replace(year=2026)]

    assert Reached.DMS_OK is follow(stage.arns[Role.FENCE], token, outside).stage
    assert [] == outside.notifier.told


def test_what_did_not_work_is_told_with_its_reason(
    stage: Stage, outside: Outside
) -> None:
    token = stage.start(Role.APP)
    stage.run(Role.APP, token, [Step.CREATE, Step.SET])
    secrets: Any = outside.secrets

    def resume(arn: str, token: str) -> None:
        raise Rejected("RotateSecret", arn, "a previous rotation is not complete")

    secrets.resume = resume
    for _ in "12":
        found = handle_failure(stage.arns[Role.APP], outside)
        assert Action.FINISH is found.action
    [notice] = outside.notifier.told
    assert "which did not work: RotateSecret on" in notice.action


def test_a_release_that_fails_for_one_secret_goes_on_with_the_others(
    stage: Stage, outside: Outside
) -> None:
    begun = [
        Progress.begun(stage.arns[role], rotated(stage, outside, role), each, NOW)
        for role, each in (
            (Role.APP, Reached.DEFERRED),
            (Role.FENCE, Reached.DEFERRED),
            (Role.MASTER, Reached.CURRENT),
        )
    ]
    for one in begun:
        outside.rotations.save(one)
    found, unbroken = stage.arns[Role.APP], outside.rotations.unfinished
    broken: Any = outside.rotations

    def unfinished(arn: str) -> Any:
        if arn == found:
            raise Rejected("Query", arn, "it is on fire")
        return unbroken(arn)

    broken.unfinished = unfinished
    said = release(outside)
    assert "VERIFIED" == said["blue/fence"]
    assert "Rejected: Query" in said["blue/app"]
    assert "blue/master" not in said


def test_a_task_that_does_not_stop_is_gone_on_with_later(
    stage: Stage, outside: Outside
) -> None:
    token = rotated(stage, outside, Role.DMS)
    old = NOW.replace(year=2026)
    outside.replication.seen = {"forward": TaskSeen("running", old)}
    replication: Any = outside.replication
    replication.stop = lambda task: replication.seen.update(
        {task: TaskSeen("stopping", old)}
    )
    for _ in "12":
        found = follow(stage.arns[Role.DMS], token, outside)
        assert Reached.CURRENT is found.stage
        assert ("forward",) == found.stopped
    outside.replication.seen["forward"] = TaskSeen("stopped", old)
    assert Reached.VERIFIED is follow(stage.arns[Role.DMS], token, outside).stage
    assert "running" == outside.replication.seen["forward"].status
