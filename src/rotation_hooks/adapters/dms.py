"""DMS: the tasks with an endpoint that reads a secret, and the tests of their logins.

Rules of this file
* A test that was begun before is no proof: the first question begins one, and the next
  ones look at it.  So an instance of this class lives no longer than a call.
* `reload-target` and `start-replication` are never sent.
* Where there is no replication, nothing is asked: its functions may not ask there.

AWS documentation: AWS DMS API, `DescribeEndpoints`, `DescribeReplicationTasks`
(`ReplicationTaskStats.StartDate`: started or resumed), `TestConnection`,
`DescribeConnections`, `StopReplicationTask`, `StartReplicationTask`
(`resume-processing`); user guide, "Using secrets to access AWS DMS endpoints".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import Rejected
from rotation_hooks.core.roles import SecretName
from rotation_hooks.ports import TaskSeen

if TYPE_CHECKING:
    from types_boto3_dms import DatabaseMigrationServiceClient


class DmsReplication:
    """Fits `ports.Replication`: tasks, by the secrets that their endpoints read."""

    def __init__(
        self,
        client: DatabaseMigrationServiceClient,
        tasks: Sequence[str],
        names: Mapping[str, SecretName],
    ) -> None:
        self._client = client
        self._tasks = tasks
        self._names = names
        self._begun: set[tuple[str, str]] = set()

    def tasks(self, name: SecretName) -> Sequence[str]:
        endpoints = self._endpoints(name)
        return [
            task
            for task, found in self._described().items()
            if endpoints & {found["SourceEndpointArn"], found["TargetEndpointArn"]}
        ]

    def test(self, name: SecretName) -> Sequence[bool]:
        endpoints = self._endpoints(name)
        pairs = {
            (found["ReplicationInstanceArn"], endpoint)
            for found in self._described().values()
            for endpoint in (found["SourceEndpointArn"], found["TargetEndpointArn"])
            if endpoint in endpoints
        }
        return [self._test(*pair) for pair in sorted(pairs)]

    def look(self, task: str) -> TaskSeen:
        found = self._described()[task]
        stats: Mapping[str, Any] = found.get("ReplicationTaskStats", {})
        return TaskSeen(found["Status"], _aware(stats.get("StartDate")))

    def stop(self, task: str) -> None:
        with translated("StopReplicationTask", task):
            self._client.stop_replication_task(ReplicationTaskArn=task)

    def resume(self, task: str) -> None:
        with translated("StartReplicationTask", task):
            self._client.start_replication_task(
                ReplicationTaskArn=task,
                StartReplicationTaskType="resume-processing",
            )

    def _test(self, instance: str, endpoint: str) -> bool:
        if (instance, endpoint) not in self._begun:
            with translated("TestConnection", endpoint):
                self._client.test_connection(
                    ReplicationInstanceArn=instance, EndpointArn=endpoint
                )
            self._begun.add((instance, endpoint))
            return False
        with translated("DescribeConnections", endpoint):
            answer = self._client.describe_connections(
                Filters=[{"Name": "endpoint-arn", "Values": [endpoint]}]
            )
        status = next(
            (
                found["Status"]
                for found in answer["Connections"]
                if found["ReplicationInstanceArn"] == instance
            ),
            "testing",
        )
        if status == "failed":
            told = "it does not log in with its secret; its task is left running"
            raise Rejected("TestConnection", endpoint, told)
        return status == "successful"

    def _endpoints(self, name: SecretName) -> set[str]:
        if not self._tasks:
            return set()
        with translated("DescribeEndpoints", str(name)):
            pages = self._client.get_paginator("describe_endpoints").paginate()
            return {
                endpoint["EndpointArn"]
                for page in pages
                for endpoint in page["Endpoints"]
                if self._names.get(_secret_of(endpoint)) == name
            }

    def _described(self) -> Mapping[str, Any]:
        """The tasks that we were given; one that is gone is an error."""
        if not self._tasks:
            return {}
        with translated("DescribeReplicationTasks", ", ".join(self._tasks)):
            answer = self._client.describe_replication_tasks(
                Filters=[{"Name": "replication-task-arn", "Values": list(self._tasks)}],
                WithoutSettings=True,
            )
        found = {one["ReplicationTaskArn"]: one for one in answer["ReplicationTasks"]}
        for task in self._tasks:
            if task not in found:
                raise Rejected(
                    "DescribeReplicationTasks", task, "there is no such task"
                )
        return found


def _secret_of(endpoint: Mapping[str, Any]) -> str:
    settings: Mapping[str, Any] = endpoint.get("MySQLSettings", {})
    return str(settings.get("SecretsManagerSecretId", ""))


def _aware(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
