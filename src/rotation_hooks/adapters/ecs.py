"""ECS: tasks that got a secret when they started, and their replacement.

Rules of this file
* A service is deployed anew only when a running task is older than asked for, and no
  deployment is under way that is newer.
* Nothing else of the service is changed: neither its tasks' definition nor its count.

AWS documentation: Amazon ECS API, `ListTasks`, `DescribeTasks` (100 tasks at a time),
`DescribeServices`, `UpdateService` (`forceNewDeployment`); developer guide, "Pass
Secrets Manager secrets through Amazon ECS environment variables".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import Rejected
from rotation_hooks.core.roles import SecretName

if TYPE_CHECKING:
    from types_boto3_ecs import ECSClient

Service = tuple[str, str]
"""Cluster and service."""
_AT_ONCE = 100


class EcsTasks:
    """Fits `ports.Tasks`."""

    def __init__(
        self, client: ECSClient, services: Mapping[SecretName, Sequence[Service]]
    ) -> None:
        self._client = client
        self._services = services

    def oldest_start(self, name: SecretName) -> datetime | None:
        starts = [
            start
            for service in self._services.get(name, ())
            for start in self._starts(service)
        ]
        return min(starts, default=None)

    def deploy(self, name: SecretName, after: datetime) -> bool:
        done = [
            self._deploy(service, after) for service in self._services.get(name, ())
        ]
        return all(done)

    def _deploy(self, service: Service, after: datetime) -> bool:
        found = self._describe(service)
        newest = max(
            (d["createdAt"] for d in found["deployments"] if d["status"] == "PRIMARY"),
            default=None,
        )
        if newest is None or newest < after:
            if all(start >= after for start in self._starts(service)):
                return True
            with translated("UpdateService", service[1]):
                self._client.update_service(
                    cluster=service[0], service=service[1], forceNewDeployment=True
                )
            return False
        settled = all(
            deployment.get("rolloutState", "COMPLETED") == "COMPLETED"
            for deployment in found["deployments"]
        )
        return settled and all(start >= after for start in self._starts(service))

    def _describe(self, service: Service) -> Mapping[str, Any]:
        cluster, name = service
        with translated("DescribeServices", name):
            answer = self._client.describe_services(cluster=cluster, services=[name])
        found = next((s for s in answer["services"] if s["status"] == "ACTIVE"), None)
        if found is None:
            told = f"no such active service in the cluster {cluster}"
            raise Rejected("DescribeServices", name, told)
        return found

    def _starts(self, service: Service) -> Iterator[datetime]:
        """When each running task was started; one that is starting will know."""
        cluster, name = service
        arns: list[str] = []
        with translated("ListTasks", name):
            pages = self._client.get_paginator("list_tasks").paginate(
                cluster=cluster, serviceName=name, desiredStatus="RUNNING"
            )
            for page in pages:
                arns.extend(page["taskArns"])
        for first in range(0, len(arns), _AT_ONCE):
            some = arns[first : first + _AT_ONCE]
            with translated("DescribeTasks", name):
                answer = self._client.describe_tasks(cluster=cluster, tasks=some)
            # ECS reads the secret before it starts the container: created, not started.
            yield from (task["createdAt"] for task in answer["tasks"])
