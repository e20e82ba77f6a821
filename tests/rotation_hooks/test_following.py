"""What follows a rotation: whatever events arrive, and wherever a run is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations, product

import pytest

from interlock.lock import Holder, HolderName
from rotation_hooks.adapters.lock import LEASE
from rotation_hooks.adapters.memory.world import MemoryLock
from rotation_hooks.core.credential import Account
from rotation_hooks.core.news import Kind, News
from rotation_hooks.core.progress import Stage as Reached
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import Schedule
from rotation_hooks.engine.follow import follow
from rotation_hooks.engine.hear import hear
from rotation_hooks.engine.reconcile import reconcile
from rotation_hooks.engine.release import release
from rotation_hooks.engine.replication import MOST_POLLS, POLL_S
from rotation_hooks.ports import TaskSeen
from tests.infra.template import resources
from tests.rotation_hooks.faults import Cut, Director, Point, Watched, points
from tests.rotation_hooks.outside import Outside
from tests.rotation_hooks.passwords import KnownPasswords
from tests.rotation_hooks.stage import NOW, MemoryBase, MemoryVault, Stage

APP, DMS = SecretName(Side.BLUE, Role.APP), SecretName(Side.BLUE, Role.DMS)
MINUTE = timedelta(minutes=1)
OLD = NOW - timedelta(days=30)
TASKS = ("forward", "reverse")


def made(passwords: KnownPasswords, role: Role) -> tuple[Stage, Outside]:
    """A side whose tasks and whose replication are older than the rotation to come."""
    stage = Stage.made(MemoryVault(), MemoryBase(), passwords, roles=[role])
    outside = Outside.of(stage)
    outside.tasks.starts[APP] = [OLD, OLD]
    outside.tasks.starting = NOW + 2 * MINUTE
    outside.replication.seen = {task: TaskSeen("running", OLD) for task in TASKS}
    return stage, outside


def news(stage: Stage, role: Role, kind: Kind, version: str | None = None) -> News:
    arn = stage.arns[role]
    return News(kind=kind, arn=arn, version=version, event_id=f"{kind} 1", at=NOW)


def looks(stage: Stage, outside: Outside, times: int = 3) -> None:
    """Some of the looks that come every five minutes."""
    for _ in range(times):
        stage.ports.clock.wait(300)
        reconcile(outside)


def rotated(stage: Stage, outside: Outside, role: Role) -> str:
    """Rotated, and Secrets Manager knows when."""
    token = stage.rotated(role)
    outside.plan(stage, role, Schedule(last=stage.ports.clock.now()))
    return token


# --- events ---------------------------------------------------------------------------


def sequences() -> Iterator[tuple[Kind, ...]]:
    """Each event never, once or twice, in every order."""
    kinds = (Kind.STARTED, Kind.CURRENT, Kind.FAILED)
    seen: set[tuple[Kind, ...]] = set()
    for counts in product(range(3), repeat=len(kinds)):
        events = [k for k, n in zip(kinds, counts, strict=True) for _ in range(n)]
        seen.update(permutations(events))
    yield from sorted(seen)


def test_whatever_events_arrive_the_end_is_the_same(
    passwords: KnownPasswords, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, twice, in any order, and failures of attempts that came before."""
    ran = 0
    for events in sequences():
        stage, outside = made(passwords, Role.APP)
        token = rotated(stage, outside, Role.APP)
        for kind in events:
            hear(news(stage, Role.APP, kind), outside)
        looks(stage, outside)
        ran += 1
        found = outside.rotations.load(stage.arns[Role.APP], token)
        assert found is not None, events
        assert Reached.VERIFIED is found.stage, events
        assert [APP] == outside.tasks.deployments, events
        assert outside.rotations.flag(stage.arns[Role.APP]) is None, events
        assert [] == outside.notifier.told, events
    with capsys.disabled():
        print(f"\nevents lost, doubled and in any order: {ran} schedules")
    assert ran > 250


def test_a_start_that_arrives_in_time_is_remembered(passwords: KnownPasswords) -> None:
    stage, outside = made(passwords, Role.APP)
    token = stage.start(Role.APP)
    for _ in "12":
        hear(news(stage, Role.APP, Kind.STARTED), outside)
    found = outside.rotations.load(stage.arns[Role.APP], token)

    assert found is not None
    assert Reached.STARTED is found.stage


def test_an_event_about_somebody_elses_secret_is_none(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.APP)
    foreign = news(stage, Role.APP, Kind.CURRENT).model_copy(
        update={"arn": "arn:aws:secretsmanager:eu-west-1:1:secret:other"}
    )

    assert "not one of ours" == hear(foreign, outside)
    assert {} == outside.rotations.items


def test_a_version_that_is_not_current_any_more_is_left(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.APP)
    first, second = (rotated(stage, outside, Role.APP) for _ in "12")
    arn = stage.arns[Role.APP]

    assert Reached.SUPERSEDED is follow(arn, first, outside).stage
    assert [] == outside.tasks.deployments
    looks(stage, outside)
    found = outside.rotations.load(arn, second)
    assert found is not None
    assert Reached.VERIFIED is found.stage


# --- a cutover ------------------------------------------------------------------------


def test_while_a_cutover_holds_the_environment_nothing_is_moved(
    passwords: KnownPasswords,
) -> None:
    """It is deferred, and gone on with when the cutover has ended."""
    stage, outside = made(passwords, Role.APP)
    token, lock = rotated(stage, outside, Role.APP), stage.ports.lock
    assert isinstance(lock, MemoryLock)
    lock.held = Holder("cutover:otters-1", NOW)
    hear(news(stage, Role.APP, Kind.CURRENT, token), outside)
    looks(stage, outside)
    found = outside.rotations.load(stage.arns[Role.APP], token)

    assert found is not None
    assert Reached.DEFERRED is found.stage
    assert [] == outside.tasks.deployments
    assert "cutover:otters-1" == lock.held.holder, "a cutover's lock is left alone"
    lock.held = None
    looks(stage, outside)
    found = outside.rotations.load(stage.arns[Role.APP], token)
    assert found is not None
    assert Reached.VERIFIED is found.stage


def test_when_a_cutover_has_ended_what_was_deferred_goes_on_at_once(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.APP)
    rotated(stage, outside, Role.APP)
    lock = stage.ports.lock
    assert isinstance(lock, MemoryLock)
    lock.held = Holder("cutover:otters-1", NOW)
    looks(stage, outside, 1)

    assert {"blue/app": "DEFERRED"} == release(outside)
    lock.held = None
    assert {"blue/app": "DMS_OK"} == release(outside), "new tasks are starting"
    [reason] = outside.prepare().reasons
    assert "stands at DMS_OK: wait until it is VERIFIED" in reason.detail
    assert {} == release(outside)
    looks(stage, outside, 1)
    assert not outside.rotations.unfinished(stage.arns[Role.APP])
    assert outside.prepare().ok


# --- the lease ------------------------------------------------------------------------


def test_the_lease_of_a_rotation_that_has_ended_is_freed(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.APP)
    token, lock = rotated(stage, outside, Role.APP), stage.ports.lock
    assert isinstance(lock, MemoryLock)
    lock.take(stage.arns[Role.APP], token, NOW)
    looks(stage, outside, 1)

    assert lock.held is None


def test_other_leases_are_left_alone(passwords: KnownPasswords) -> None:
    stage, outside = made(passwords, Role.APP)
    lock = stage.ports.lock
    assert isinstance(lock, MemoryLock)
    token = stage.start(Role.APP)
    for name in (
        HolderName.rotation(stage.arns[Role.APP], token),
        HolderName.rotation("another", token),
        HolderName.deploy("change-set-1"),
    ):
        lock.held = Holder(str(name), NOW, NOW + LEASE)
        looks(stage, outside, 1)
        assert lock.held is not None


# --- replication ----------------------------------------------------------------------


def test_replication_is_tested_then_stopped_and_resumed(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.DMS)
    token = rotated(stage, outside, Role.DMS)
    arn = stage.arns[Role.DMS]

    assert Reached.VERIFIED is follow(arn, token, outside).stage
    assert [
        "test",
        "stop forward",
        "stop reverse",
        "resume forward",
        "resume reverse",
    ] == outside.replication.done
    follow(arn, token, outside)
    looks(stage, outside)
    assert 5 == len(outside.replication.done)


def test_replication_is_not_stopped_for_a_login_that_fails(
    passwords: KnownPasswords,
) -> None:
    """A task that stands is worse than one that still has the old password."""
    stage, outside = made(passwords, Role.DMS)
    rotated(stage, outside, Role.DMS)
    for works in (False, None):
        outside.replication.works = works
        looks(stage, outside, 2)
        assert {"running"} == {
            seen.status for seen in outside.replication.seen.values()
        }
    outside.replication.works = True
    looks(stage, outside, 1)
    assert "resume reverse" == outside.replication.done[-1]


def test_a_task_that_somebody_has_stopped_stays_so(passwords: KnownPasswords) -> None:
    stage, outside = made(passwords, Role.DMS)
    token = rotated(stage, outside, Role.DMS)
    outside.replication.seen["reverse"] = TaskSeen("stopped", OLD)

    assert Reached.VERIFIED is follow(stage.arns[Role.DMS], token, outside).stage
    assert ["test", "stop forward", "resume forward"] == outside.replication.done


@pytest.mark.parametrize("role", [Role.APP, Role.DMS])
def test_cut_off_anywhere_it_is_gone_on_with(
    passwords: KnownPasswords, capsys: pytest.CaptureFixture[str], role: Role
) -> None:
    """Once, and once more while somebody goes on with it."""
    ran = 0

    def run(*cuts: Point) -> list[int]:
        nonlocal ran
        ran += 1
        stage, outside = made(passwords, role)
        token = rotated(stage, outside, role)
        replication, ecs, rotations = (
            outside.replication,
            outside.tasks,
            outside.rotations,
        )
        director, counts = Director(), []
        for name in ("rotations", "replication", "tasks", "prober", "lock"):
            setattr(outside, name, Watched(getattr(outside, name), director))
        for cut in (*cuts, None):
            director.begin(cut)
            try:
                hear(news(stage, role, Kind.CURRENT, token), outside)
            except Cut as error:
                passwords.tell(error)
            counts.append(len(director.calls))
            stage.ports.clock.wait(60)
        director.begin(None)
        looks(stage, outside)
        found = rotations.load(stage.arns[role], token)
        assert found is not None, cuts
        assert Reached.VERIFIED is found.stage, cuts
        if role is Role.DMS:
            tasks = replication.seen.values()
            assert {"running"} == {seen.status for seen in tasks}, cuts
            assert all(t.started_at and t.started_at >= NOW for t in tasks), cuts
        else:
            assert 1 <= len(ecs.deployments) <= 1 + len(cuts), cuts
        return counts

    [whole] = run()
    for first in points(whole):
        for second in points(run(first)[1]):
            run(first, second)
    with capsys.disabled():
        print(f"\nfollowing {role}, cut off up to twice at each call: {ran} schedules")
    assert ran > 150


# --- trouble --------------------------------------------------------------------------


def test_a_login_that_is_refused_afterwards_blocks_and_tells_once(
    passwords: KnownPasswords,
) -> None:
    stage, outside = made(passwords, Role.APP)
    token, arn = rotated(stage, outside, Role.APP), stage.arns[Role.APP]
    good = stage.credential(Role.APP)
    assert good is not None
    spoil(stage, "app_clone", passwords.new())
    looks(stage, outside)

    assert 1 == len(outside.notifier.told)
    assert "after its rotation app_clone at" in (outside.rotations.flag(arn) or "")
    spoil(stage, "app_clone", good.password.get_secret_value())
    looks(stage, outside)
    found = outside.rotations.load(arn, token)
    assert found is not None
    assert Reached.VERIFIED is found.stage
    assert outside.rotations.flag(arn) is None


def test_older_tasks_that_cannot_log_in_any_more_are_told_of_once(
    passwords: KnownPasswords,
) -> None:
    """While they are replaced, the user before must still log in."""
    stage, outside = made(passwords, Role.APP)
    rotated(stage, outside, Role.APP)
    outside.tasks.starting = None
    looks(stage, outside)
    assert [] == outside.notifier.told
    spoil(stage, "app", passwords.new())
    looks(stage, outside)

    [notice] = outside.notifier.told
    assert "tasks that still run cannot log in" in notice.diagnosis


def test_no_answer_is_no_trouble_and_no_success(passwords: KnownPasswords) -> None:
    stage, outside = made(passwords, Role.APP)
    token = rotated(stage, outside, Role.APP)
    outside.prober.silent = "no answer"
    looks(stage, outside)
    found = outside.rotations.load(stage.arns[Role.APP], token)

    assert found is not None
    assert Reached.CURRENT is found.stage
    assert [] == outside.notifier.told


def spoil(stage: Stage, user: str, password: str) -> None:
    master = stage.credential(Role.MASTER)
    assert master is not None
    with stage.base.databases.login(master) as session:
        session.put_account(Account(user=user, host="%"), password)


def test_replication_of_both_sides_leaves_time_in_every_call_that_follows_it() -> None:
    """A function that is ended in the middle would not come to the other secrets."""
    both = 2 * MOST_POLLS * POLL_S
    functions = resources("infra/rotation.yaml", "AWS::Serverless::Function")
    limits = {
        name: functions[name]["Properties"]["Timeout"]
        for name in ("GuardFunction", "HearFunction", "ReconcileFunction")
    }

    assert {} == {name: s for name, s in limits.items() if s < both + 60}
