"""The table of rotations, tasks of ECS and the probe: twins and adapters over moto."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rotation_hooks.adapters.ecs import EcsTasks
from rotation_hooks.adapters.function_roles import FunctionRoles
from rotation_hooks.adapters.memory.outside import MemoryRotations
from rotation_hooks.adapters.prober import LambdaProber
from rotation_hooks.adapters.rotations import DynamoRotations
from rotation_hooks.adapters.secretsmanager import SecretsManager
from rotation_hooks.core.errors import Conflict, Denied, Rejected, Unavailable
from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.core.readiness import LoginSeen
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import WHOLE_DAY, Schedule
from rotation_hooks.ports import Rotations
from tests.adapters.account import Account
from tests.adapters.fixtures_b import TABLE
from tests.rotation_hooks.stage import NOW

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app"
APP = SecretName(Side.BLUE, Role.APP)


@pytest.fixture(params=["memory", "dynamodb"])
def rotations(request: pytest.FixtureRequest) -> Rotations:
    if request.param == "memory":
        return MemoryRotations()
    account: Account = request.getfixturevalue("account")
    return DynamoRotations(account.client("dynamodb"), TABLE)


def begun(version: str = "1") -> Progress:
    return Progress.begun(ARN, version, Stage.STARTED, NOW)


def test_what_was_saved_is_read(rotations: Rotations) -> None:
    first = begun()
    assert rotations.load(ARN, "1") is None
    rotations.save(first)
    assert first == rotations.load(ARN, "1")
    second = first.moved(Stage.CURRENT, NOW + timedelta(minutes=1)).model_copy(
        update={"revision": 2}
    )
    rotations.save(second)
    assert second == rotations.load(ARN, "1")


def test_whoever_saves_second_is_told(rotations: Rotations) -> None:
    rotations.save(begun())
    with pytest.raises(Conflict):
        rotations.save(begun())
    with pytest.raises(Conflict):
        rotations.save(begun().model_copy(update={"revision": 3}))


def test_what_is_unfinished_is_found_oldest_first(rotations: Rotations) -> None:
    old, new, over = begun("3"), begun("2"), begun("1")
    later = NOW + timedelta(days=30)
    rotations.save(new.model_copy(update={"updated_at": later}))
    rotations.save(old)
    rotations.save(over.model_copy(update={"stage": Stage.VERIFIED}))
    rotations.block(ARN, "not a version", NOW)

    assert ["3", "2"] == [one.version for one in rotations.unfinished(ARN)]
    assert () == tuple(rotations.unfinished("another"))


def test_a_flag_stays_until_it_is_taken(rotations: Rotations) -> None:
    assert rotations.flag(ARN) is None
    rotations.block(ARN, "setSecret failed", NOW)
    rotations.block(ARN, "testSecret failed", NOW)
    assert "testSecret failed" == rotations.flag(ARN)
    rotations.unblock(ARN)
    rotations.unblock(ARN)
    assert rotations.flag(ARN) is None


# --- schedules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        (
            {"ScheduleExpression": "cron(0 2 1,15 * ? *)", "Duration": "1h"},
            Schedule(NOW, NOW, timedelta(hours=1), counts_from_the_last=False),
        ),
        (
            {"AutomaticallyAfterDays": 30},
            Schedule(NOW, NOW, WHOLE_DAY, counts_from_the_last=True),
        ),
        (
            {"ScheduleExpression": "rate(10 days)", "Duration": "3h"},
            Schedule(NOW, NOW, timedelta(hours=3), counts_from_the_last=True),
        ),
    ],
)
def test_a_schedule_is_read_as_secrets_manager_tells_it(
    account: Account, rules: dict[str, Any], wanted: Schedule
) -> None:
    assert wanted == schedule(account, rules, enabled=True)


def test_nothing_is_planned_where_rotation_is_switched_off(account: Account) -> None:
    assert schedule(account, {"AutomaticallyAfterDays": 30}, enabled=False).ends is None


def schedule(account: Account, rules: dict[str, Any], *, enabled: bool) -> Schedule:
    told = {
        "RotationEnabled": enabled,
        "RotationRules": rules,
        "LastRotatedDate": NOW,
        "NextRotationDate": NOW,
    }
    account.answer("secretsmanager", "DescribeSecret", lambda _: told)
    return SecretsManager(account.client("secretsmanager")).describe(ARN).schedule


# --- tasks ----------------------------------------------------------------------------

ECS = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Cluster:
    """One service, as ECS describes it."""

    def __init__(self, account: Account) -> None:
        self.created, self.rollout = ECS - 3 * HOUR, "COMPLETED"
        self.starts = [ECS - 2 * HOUR, ECS - HOUR]
        self.updates = account.record("ecs", "UpdateService")
        account.answer("ecs", "ListTasks", lambda _: {"taskArns": self._arns()})
        account.answer("ecs", "DescribeTasks", self._tasks)
        account.answer("ecs", "DescribeServices", self._services)
        account.answer("ecs", "UpdateService", self._update)
        self.tasks = EcsTasks(account.client("ecs"), {APP: [("payments", "blue")]})

    def _arns(self) -> list[str]:
        return [str(number) for number, _ in enumerate(self.starts)]

    def _tasks(self, params: dict[str, Any]) -> dict[str, Any]:
        asked = json.loads(params["body"])["tasks"]
        assert len(asked) <= 100
        return {"tasks": [{"createdAt": self.starts[int(arn)]} for arn in asked]}

    def _services(self, params: dict[str, Any]) -> dict[str, Any]:
        deployment = {
            "status": "PRIMARY",
            "createdAt": self.created,
            "rolloutState": self.rollout,
        }
        status = "ACTIVE" if self.starts else "INACTIVE"
        return {"services": [{"status": status, "deployments": [deployment]}]}

    def _update(self, params: dict[str, Any]) -> dict[str, Any]:
        asked = json.loads(params["body"])
        assert {"cluster", "service", "forceNewDeployment"} == set(asked)
        self.created, self.rollout = ECS, "IN_PROGRESS"
        return {"service": {}}


def test_the_oldest_task_is_told(account: Account) -> None:
    cluster = Cluster(account)

    assert ECS - 2 * HOUR == cluster.tasks.oldest_start(APP)
    cluster.starts = [ECS - HOUR] * 150 + [ECS - 5 * HOUR]
    assert ECS - 5 * HOUR == cluster.tasks.oldest_start(APP)
    assert cluster.tasks.oldest_start(SecretName(Side.GREEN, Role.APP)) is None


def test_a_service_is_deployed_once_and_waited_for(account: Account) -> None:
    """Whoever asks again while it is under way changes nothing."""
    cluster, moved = Cluster(account), ECS - HOUR / 2
    assert [False, False] == [cluster.tasks.deploy(APP, moved) for _ in "12"]
    assert 1 == len(cluster.updates)
    cluster.rollout = "COMPLETED"
    assert not cluster.tasks.deploy(APP, moved), "the old tasks still run"
    cluster.starts = [ECS, ECS]
    assert cluster.tasks.deploy(APP, moved)
    assert 1 == len(cluster.updates)


def test_tasks_that_are_newer_anyway_are_left_alone(account: Account) -> None:
    cluster = Cluster(account)

    assert cluster.tasks.deploy(APP, ECS - 4 * HOUR)
    assert [] == cluster.updates


def test_a_service_that_is_not_there_is_named(account: Account) -> None:
    cluster = Cluster(account)
    cluster.starts = []
    with pytest.raises(Rejected, match="blue: no such active service in the cluster"):
        cluster.tasks.deploy(APP, ECS)


# --- the probe ------------------------------------------------------------------------


def prober(account: Account, said: object, **more: str) -> LambdaProber:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    account.answer("lambda", "Invoke", lambda _: {"Payload": io.BytesIO(text), **more})
    return LambdaProber(account.client("lambda"), "probe")


def test_what_the_probe_says_is_understood(account: Account) -> None:
    said = {"login": {"ok": False, "number": 1045, "told": "refused", "user": "app"}}

    assert LoginSeen(False, 1045, "refused", "app") == prober(account, said).log_in(
        ARN, "AWSCURRENT"
    )


def test_the_probe_lists_who_may_write(account: Account) -> None:
    said = {"unknown_writers": ["'batch'@'%'"]}

    assert ("'batch'@'%'",) == prober(account, said).unknown_writers(Side.BLUE)


@pytest.mark.parametrize("said", [b"", [], {}, {"login": 1}, {"unknown_writers": None}])
def test_an_answer_of_another_form_is_refused(account: Account, said: object) -> None:
    asked = prober(account, said)
    with pytest.raises((Rejected, Unavailable)):
        asked.log_in(ARN, "AWSCURRENT")
    with pytest.raises((Rejected, Unavailable)):
        prober(account, said).unknown_writers(Side.BLUE)


def test_a_probe_that_failed_gave_no_answer(account: Account) -> None:
    said = {"errorMessage": "Task timed out after 10.00 seconds"}
    asked = prober(account, said, FunctionError="Unhandled")
    with pytest.raises(Unavailable, match="it failed: Task timed out"):
        asked.log_in(ARN, "AWSCURRENT")


def test_the_role_of_a_hosted_rotation_is_looked_up_by_its_function(
    account: Account,
) -> None:
    """AWS names the role, and nobody can name it before."""
    role = "arn:aws:iam::123456789012:role/made-by-aws-1X2Y"
    asked = account.record("lambda", "GetFunctionConfiguration")
    account.answer("lambda", "GetFunctionConfiguration", lambda _: {"Role": role})

    found = FunctionRoles(account.client("lambda")).of("payments-rotate-blue-app")

    assert role == found
    assert ["payments-rotate-blue-app"] == [one["FunctionName"] for one in asked]


def test_a_function_that_must_not_be_looked_at_is_an_error_and_no_role(
    account: Account,
) -> None:
    account.refuse("lambda", "GetFunctionConfiguration", "AccessDeniedException")

    with pytest.raises(Denied, match="payments-rotate-blue-app"):
        FunctionRoles(account.client("lambda")).of("payments-rotate-blue-app")
