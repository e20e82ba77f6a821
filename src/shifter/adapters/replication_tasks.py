"""DMS replication tasks, as an operator starts them.

Rule of this file: nothing is ever loaded anew (`reload-target`), which would empty
tables that are in use.

AWS documentation: DMS API reference, `StartReplicationTask` (`CdcStartPosition` may be
a time in UTC) and `ReplicationTask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shifter.adapters.dms import described
from shifter.adapters.failures import scrubbed, translated
from shifter.core.replication_start import TaskSeen
from shifter.core.topology import ReplicationTask

if TYPE_CHECKING:
    from types_boto3_dms import DatabaseMigrationServiceClient


class ReplicationTasks:
    """The tasks of one environment, by the names that the topology gives them."""

    def __init__(
        self,
        client: DatabaseMigrationServiceClient,
        tasks: Mapping[str, ReplicationTask],
    ) -> None:
        self._client = client
        self._tasks = tasks

    def look(self) -> dict[str, TaskSeen]:
        """Every task as it is now.  Raises AwsError."""
        arns = [task.arn for task in self._tasks.values()]
        found = described(self._client, arns) if arns else {}
        return {name: _seen(found.get(t.arn)) for name, t in self._tasks.items()}

    def start(self, name: str, position: datetime | None) -> None:
        """Begin a task that never ran.  Raises AwsError."""
        more = (
            {"CdcStartPosition": f"{position.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"}
            if position
            else {}
        )
        self._start(name, StartReplicationTaskType="start-replication", **more)

    def resume(self, name: str) -> None:
        """Let a task go on where it stopped.  Raises AwsError."""
        self._start(name, StartReplicationTaskType="resume-processing")

    def _start(self, name: str, **how: Any) -> None:
        arn = self._tasks[name].arn
        with translated("StartReplicationTask", arn):
            self._client.start_replication_task(ReplicationTaskArn=arn, **how)


def _seen(task: Mapping[str, Any] | None) -> TaskSeen:
    if task is None:
        return TaskSeen(status=None)
    stats = task.get("ReplicationTaskStats", {})
    trouble = task.get("LastFailureMessage") or task.get("StopReason") or ""
    return TaskSeen(
        status=str(task["Status"]),
        loaded_percent=int(stats.get("FullLoadProgressPercent", 0)),
        tables_errored=int(stats.get("TablesErrored", 0)),
        position=str(task.get("CdcStartPosition") or ""),
        trouble=scrubbed(str(trouble)),
    )
