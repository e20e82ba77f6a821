"""DMS replication tasks: their status from DMS, their lag from CloudWatch.

Rules of this file
* A minute counts only with a datapoint of `CDCLatencyTarget`; `CDCLatencySource` of the
  same minute can make it worse, never stand in for it: a task that reads well and
  writes nothing must not look up to date.
* A task that is not running, or that has tables in error, speaks for itself: it is
  reported even when CloudWatch cannot be asked.

AWS documentation: DMS API, `DescribeReplicationTasks` and `ReplicationTaskStats`
(`TablesErrored`); DMS user guide, "Monitoring AWS DMS tasks" (replication task metrics:
dimensions, and that the latency of the target includes that of the source).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shifter.adapters.cloudwatch import Metric, read_metrics
from shifter.adapters.failures import scrubbed, translated
from shifter.core.errors import AwsError, Rejected
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.topology import ReplicationTask, Topology

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dms import DatabaseMigrationServiceClient

WINDOW = timedelta(minutes=20)
_TARGET, _SOURCE = "CDCLatencyTarget", "CDCLatencySource"
_NO_TASK = ReplicationSeen(status=None)


class ReplicationReader:
    """Fits `ports.Reader` for replication gates."""

    def __init__(
        self,
        dms: DatabaseMigrationServiceClient,
        cloudwatch: CloudWatchClient,
        topology: Topology,
    ) -> None:
        self._dms = dms
        self._cloudwatch = cloudwatch
        self._tasks = topology.replication

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, ReplicationSeen | Unreadable]:
        wanted = {g.name: g.task for g in gates if isinstance(g, ReplicationGate)}
        tasks = {
            name: self._tasks[name]
            for name in sorted(set(wanted.values()))
            if name in self._tasks
        }
        now = max((situations[gate].now for gate in wanted), default=None)
        seen = self._look(tasks, now) if tasks and now else {}
        return {gate: seen.get(task, _NO_TASK) for gate, task in wanted.items()}

    def _look(
        self, tasks: Mapping[str, ReplicationTask], now: datetime
    ) -> dict[str, ReplicationSeen | Unreadable]:
        try:
            found = described(self._dms, [task.arn for task in tasks.values()])
        except AwsError as error:
            return dict.fromkeys(tasks, Unreadable(str(error)))
        known = {n: found[t.arn] for n, t in tasks.items() if t.arn in found}
        try:
            lags = self._lags([tasks[name] for name in known], now)
        except AwsError as error:
            silence = Unreadable(str(error))
            return {
                name: _to_seen(task, ()) if _speaks_for_itself(task) else silence
                for name, task in known.items()
            }
        return {
            name: _to_seen(task, lags[tasks[name].arn]) for name, task in known.items()
        }

    def _lags(
        self, tasks: Sequence[ReplicationTask], now: datetime
    ) -> dict[str, tuple[Lag, ...]]:
        """The lags of the last minutes, oldest first, by the ARN of the task."""
        metrics = [_metric(task, name) for task in tasks for name in (_TARGET, _SOURCE)]
        start = (now - WINDOW).replace(second=0, microsecond=0)
        data = read_metrics(self._cloudwatch, metrics, start, now)
        lags = {}
        for task in tasks:
            source = data[_metric(task, _SOURCE)]
            target = data[_metric(task, _TARGET)]
            lags[task.arn] = tuple(
                Lag(at, max(seconds, source.get(at, seconds)))
                for at, seconds in sorted(target.items())
            )
        return lags


def described(
    client: DatabaseMigrationServiceClient, arns: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The tasks that exist, by ARN.  Raises AwsError."""
    pages = client.get_paginator("describe_replication_tasks").paginate(
        Filters=[{"Name": "replication-task-arn", "Values": list(arns)}],
        WithoutSettings=True,
    )
    try:
        with translated("DescribeReplicationTasks", ", ".join(arns)):
            return {
                task["ReplicationTaskArn"]: task
                for page in pages
                for task in page["ReplicationTasks"]
            }
    except Rejected as error:
        if error.detail.startswith("ResourceNotFoundFault"):
            return {}
        raise


def _metric(task: ReplicationTask, name: str) -> Metric:
    return Metric(
        "AWS/DMS",
        name,
        "Maximum",
        (
            ("ReplicationInstanceIdentifier", task.instance_identifier),
            ("ReplicationTaskIdentifier", task.arn.rpartition(":")[2]),
        ),
    )


def _speaks_for_itself(task: Mapping[str, Any]) -> bool:
    return task["Status"] != "running" or _errored(task) > 0


def _errored(task: Mapping[str, Any]) -> int:
    return int((task.get("ReplicationTaskStats") or {}).get("TablesErrored", 0))


def _to_seen(task: Mapping[str, Any], lags: tuple[Lag, ...]) -> ReplicationSeen:
    return ReplicationSeen(
        status=task["Status"],
        stop_reason=scrubbed(
            task.get("StopReason") or task.get("LastFailureMessage") or ""
        ),
        tables_errored=_errored(task),
        lags=lags,
    )
