"""DMS: replication tasks that follow a script, and their lag in CloudWatch.

moto's tasks run at once and for ever.  Here a task has a status, a stop reason and a
lag that a scenario sets; while it runs and is not silenced, both CDC latencies are
published each minute.  Operations without a fake are refused, for moto's answers to
them would look like success.

Sources: DMS API reference, "ReplicationTask", "DescribeReplicationTasks",
"StopReplicationTask"; DMS user guide, "Monitoring AWS DMS tasks" (CDCLatencySource and
CDCLatencyTarget, by ReplicationInstanceIdentifier and ReplicationTaskIdentifier).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.gateway import Gateway
from shifter_sandbox.metrics import Metrics, Series
from shifter_sandbox.wire import Refused

SOURCE_PART = 0.4
"""How much of a lag arises before DMS has read the change."""


@dataclass
class ReplicationTask:
    """One task, and the controls of a scenario over it."""

    arn: str
    identifier: str
    instance_arn: str
    instance_identifier: str
    started: datetime
    status: str = "running"
    stop_reason: str = ""
    failure: str = ""
    full_load_percent: int = 100
    lag_seconds: float = 1.0
    silent: bool = False
    tables_errored: int = field(default=0)
    position: str = ""
    """From where it was told to read."""

    def set_lag(self, seconds: float) -> None:
        """Let the target lag behind the source by so much from now on."""
        self.lag_seconds = seconds

    def stop(self, reason: str = "Stop Reason NORMAL") -> None:
        """End the task as an operator, or DMS itself, would."""
        self.status, self.stop_reason = "stopped", reason

    def fail(self, message: str = "Last Error Fatal error has occurred") -> None:
        """End the task by an error."""
        self.status, self.failure = "failed", message
        self.stop_reason = "Stop Reason FATAL_ERROR"

    def begin_anew(self) -> None:
        """Let it be as CloudFormation makes it: nobody has started it yet."""
        self.status, self.full_load_percent = "ready", 0

    def load(self, percent: int) -> None:
        """Let so much of the full load be done."""
        self.full_load_percent = percent

    def start(self) -> None:
        """Let the task run again."""
        self.status, self.stop_reason, self.failure = "running", "", ""

    def silence(self, *, on: bool = True) -> None:
        """Let its metrics stop arriving while it goes on."""
        self.silent = on


class Replication:
    """The replication tasks of one account."""

    def __init__(
        self, clock: VirtualClock, gateway: Gateway, metrics: Metrics, prefix: str
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._prefix = prefix
        self.tasks: dict[str, ReplicationTask] = {}
        clock.each_minute(self._publish)
        gateway.refuse_others("dms")
        gateway.answer("dms.DescribeReplicationTasks", self._describe)
        gateway.answer("dms.StopReplicationTask", self._stop)
        gateway.answer("dms.StartReplicationTask", self._start)

    def add_task(self, identifier: str, *, instance: str) -> ReplicationTask:
        """Add a task that has finished its full load and replicates."""
        number = len(self.tasks) + 1
        task = ReplicationTask(
            arn=f"{self._prefix}:task:TASK{number:022d}",
            identifier=identifier,
            instance_arn=f"{self._prefix}:rep:INSTANCE{number:018d}",
            instance_identifier=instance,
            started=self._clock.now(),
        )
        self.tasks[task.arn] = task
        return task

    def _publish(self, now: datetime) -> None:
        for task in self.tasks.values():
            if task.status != "running" or task.silent:
                continue
            dimensions = {
                "ReplicationInstanceIdentifier": task.instance_identifier,
                "ReplicationTaskIdentifier": task.arn.rsplit(":", 1)[-1],
            }
            for name, value in (
                ("CDCLatencySource", task.lag_seconds * SOURCE_PART),
                ("CDCLatencyTarget", task.lag_seconds),
            ):
                series = Series.of("AWS/DMS", name, dimensions)
                self._metrics.record(
                    series, now - timedelta(seconds=1), {round(value, 3): 1}
                )

    def _describe(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        found = list(self.tasks.values())
        for wanted in parameters.get("Filters", []):
            values = wanted["Values"]
            match wanted["Name"]:
                case "replication-task-arn":
                    found = [task for task in found if task.arn in values]
                case "replication-task-id":
                    found = [task for task in found if task.identifier in values]
                case "replication-instance-arn":
                    found = [task for task in found if task.instance_arn in values]
                case other:
                    raise Refused("InvalidParameterValueException", f"filter {other}")
        if not found:
            raise Refused(
                "ResourceNotFoundFault", "No Tasks found matching this filter"
            )
        return {"ReplicationTasks": [_described(task) for task in found]}

    def _stop(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        task = self._named(parameters)
        if task.status != "running":
            raise Refused(
                "InvalidResourceStateFault",
                f"Replication Task cannot be stopped, invalid state : {task.status}",
            )
        task.stop()
        return {"ReplicationTask": _described(task) | {"Status": "stopping"}}

    def _start(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        task = self._named(parameters)
        if task.status == "running":
            raise Refused(
                "InvalidResourceStateFault",
                "Replication Task cannot be started, invalid state : running",
            )
        how = parameters["StartReplicationTaskType"]
        new = task.status == "ready"
        if (how == "resume-processing") is new:
            raise Refused(
                "InvalidParameterCombinationException",
                f"Start Type : {how.upper().replace('-', '_')}, valid only for tasks "
                f"{'that have run' if new else 'running for the first time'}",
            )
        task.position = parameters.get("CdcStartPosition", task.position)
        task.start()
        return {"ReplicationTask": _described(task) | {"Status": "starting"}}

    def _named(self, parameters: Mapping[str, Any]) -> ReplicationTask:
        task = self.tasks.get(parameters["ReplicationTaskArn"])
        if task is None:
            raise Refused("ResourceNotFoundFault", "Replication Task not found")
        return task


def _described(task: ReplicationTask) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ReplicationTaskIdentifier": task.identifier,
        "ReplicationTaskArn": task.arn,
        "ReplicationInstanceArn": task.instance_arn,
        "MigrationType": "full-load-and-cdc",
        "Status": task.status,
        "ReplicationTaskStartDate": task.started,
        "ReplicationTaskStats": {
            "FullLoadProgressPercent": task.full_load_percent,
            "TablesLoaded": 12,
            "TablesLoading": 0,
            "TablesQueued": 0,
            "TablesErrored": task.tables_errored,
        },
    }
    if task.position:
        shown["CdcStartPosition"] = task.position
    if task.stop_reason:
        shown["StopReason"] = task.stop_reason
    if task.failure:
        shown["LastFailureMessage"] = task.failure
    return shown
