"""Replication over moto: the tasks of a secret, and the tests of its endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from rotation_hooks.adapters.dms import DmsReplication
from rotation_hooks.core.errors import Rejected
from rotation_hooks.core.roles import Role, SecretName, Side
from tests.adapters.account import Account

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
BLUE, GREEN = SecretName(Side.BLUE, Role.DMS), SecretName(Side.GREEN, Role.DMS)
NAMES = {f"{ARN}blue-dms": BLUE, f"{ARN}green-dms": GREEN}


class Dms:
    """An instance with two tasks; the second one has nothing to do with blue."""

    def __init__(self, account: Account) -> None:
        self.client = account.client("dms")
        instance = self.client.create_replication_instance(
            ReplicationInstanceIdentifier="payments",
            ReplicationInstanceClass="dms.t3.medium",
        )["ReplicationInstance"]["ReplicationInstanceArn"]
        blue, green = (
            self._endpoint(side, kind)
            for side, kind in (("blue", "source"), ("green", "target"))
        )
        others = [self._endpoint("other", kind) for kind in ("source", "target")]
        self.forward = self._task("forward", instance, blue, green)
        self.other = self._task("other", instance, *others)
        self.blue = blue
        self.replication = self.fresh()

    def fresh(self) -> DmsReplication:
        """What a new call of the function has."""
        return DmsReplication(self.client, [self.forward, self.other], NAMES)

    def _endpoint(self, side: str, kind: Any) -> str:
        made = self.client.create_endpoint(
            EndpointIdentifier=f"{side}-{kind}",
            EndpointType=kind,
            EngineName="aurora",
            MySQLSettings={"SecretsManagerSecretId": f"{ARN}{side}-dms"},
        )
        return str(made["Endpoint"]["EndpointArn"])

    def _task(self, name: str, instance: str, source: str, target: str) -> str:
        made = self.client.create_replication_task(
            ReplicationTaskIdentifier=name,
            ReplicationInstanceArn=instance,
            SourceEndpointArn=source,
            TargetEndpointArn=target,
            MigrationType="cdc",
            TableMappings="{}",
        )
        return str(made["ReplicationTask"]["ReplicationTaskArn"])


@pytest.fixture
def dms(account: Account) -> Dms:
    return Dms(account)


def test_a_secret_has_the_tasks_whose_endpoints_read_it(dms: Dms) -> None:
    assert [dms.forward] == dms.replication.tasks(BLUE)
    assert [dms.forward] == dms.replication.tasks(GREEN)
    assert [] == dms.replication.tasks(SecretName(Side.BLUE, Role.APP))


def test_without_replication_nothing_is_asked_of_dms(
    dms: Dms, account: Account
) -> None:
    """Where there is none, no role may ask: a rotation would never be followed."""
    asked = [
        account.record("dms", call)
        for call in ("DescribeEndpoints", "DescribeReplicationTasks", "TestConnection")
    ]
    nothing = DmsReplication(dms.client, [], NAMES)

    assert ([], []) == (nothing.tasks(BLUE), nothing.test(BLUE))
    assert [[], [], []] == asked


def test_a_test_of_before_is_no_proof(dms: Dms, account: Account) -> None:
    """Each call begins its own, and looks at it from the second question on."""
    begun = account.record("dms", "TestConnection")
    assert [False] == dms.replication.test(BLUE)
    answers = [dms.replication.test(BLUE) for _ in range(5)]
    assert [True] == answers[-1]
    assert 1 == len(begun)
    account.answer("dms", "TestConnection", lambda _: {})  # moto fails at a second one
    assert [False] == dms.fresh().test(BLUE)
    assert 2 == len(begun)


def test_a_test_that_failed_is_told(dms: Dms, account: Account) -> None:
    dms.replication.test(BLUE)
    instance = dms.client.describe_replication_tasks()["ReplicationTasks"][0]
    failed = {
        "Status": "failed",
        "EndpointArn": dms.blue,
        "ReplicationInstanceArn": instance["ReplicationInstanceArn"],
    }
    account.answer("dms", "DescribeConnections", lambda _: {"Connections": [failed]})
    with pytest.raises(Rejected, match="its task is left running"):
        dms.replication.test(BLUE)


def test_a_task_is_stopped_and_resumed(dms: Dms, account: Account) -> None:
    starts = account.record("dms", "StartReplicationTask")
    dms.replication.resume(dms.forward)
    started = dms.replication.look(dms.forward)
    assert "running" == started.status
    assert started.started_at is not None
    assert started.started_at.tzinfo is not None
    dms.replication.stop(dms.forward)
    assert "stopped" == dms.replication.look(dms.forward).status
    dms.replication.resume(dms.forward)
    assert "running" == dms.replication.look(dms.forward).status
    assert {"resume-processing"} == {one["StartReplicationTaskType"] for one in starts}


def test_a_task_that_is_gone_is_named(dms: Dms) -> None:
    gone = DmsReplication(dms.client, [f"{dms.forward}-gone"], NAMES)
    with pytest.raises(Rejected, match="there is no such task"):
        gone.tasks(BLUE)
    assert [] == DmsReplication(dms.client, [], NAMES).tasks(BLUE)
