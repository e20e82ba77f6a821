"""The alarms of the payment system: symptoms of green, lag, and one that sums up.

Raw counts with absolute thresholds, as a rate would need metric math.  Names are
`<environment>-green-5xx`, `-green-unhealthy`, `-green-latency`, with `-edge-2` behind
them at the second edge, `-replication-lag`, and the composite `-green-health`.
Shifter's own alarm, on the heartbeat of its watchdog, is `-watchdog-heartbeat`.
"""

from __future__ import annotations

from typing import Any

import boto3

from shifter.core.lanes import Lane
from shifter.telemetry import HEARTBEAT, SERVICE
from shifter.telemetry import NAMESPACE as SHIFTER
from shifter_sandbox.balancer_metrics import NAMESPACE, dimensions
from shifter_sandbox.dms import ReplicationTask
from shifter_sandbox.system import Entry

ERRORS_PER_MINUTE = 5.0
LATENCY_SECONDS = 0.5
LAG_SECONDS = 60.0


def build_alarms(
    environment: str,
    entries: tuple[Entry, ...],
    task: ReplicationTask | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Build all of them; return the names of the metric and the composite ones."""
    client: Any = boto3.client("cloudwatch")
    names: list[str] = []

    def put(name: str, metric: str, **more: Any) -> None:
        names.append(f"{environment}-{name}")
        client.put_metric_alarm(
            AlarmName=names[-1],
            MetricName=metric,
            Period=60,
            AlarmDescription=f"Shifter's sandbox: {metric}",
            **more,
        )

    for entry in entries:
        suffix = "" if entry.edge == "edge-1" else f"-{entry.edge}"
        group = next(g for g, lane in entry.lanes.items() if lane == Lane.GREEN)
        where: dict[str, Any] = {
            "Namespace": NAMESPACE,
            "Dimensions": _pairs(dimensions(entry.load_balancer_arn, group)),
        }
        put(
            f"green-5xx{suffix}",
            "HTTPCode_Target_5XX_Count",
            Statistic="Sum",
            Threshold=ERRORS_PER_MINUTE,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=2,
            DatapointsToAlarm=2,
            TreatMissingData="notBreaching",
            **where,
        )
        put(
            f"green-unhealthy{suffix}",
            "HealthyHostCount",
            Statistic="Minimum",
            Threshold=1.0,
            ComparisonOperator="LessThanThreshold",
            EvaluationPeriods=1,
            TreatMissingData="breaching",
            **where,
        )
        put(
            f"green-latency{suffix}",
            "TargetResponseTime",
            ExtendedStatistic="p99",
            Threshold=LATENCY_SECONDS,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=3,
            DatapointsToAlarm=3,
            TreatMissingData="notBreaching",
            **where,
        )
    # Latency is left out: a plan may hold on it and still roll back on health.
    health = [name for name in names if "-green-" in name and "-latency" not in name]
    if task is not None:
        put(
            "replication-lag",
            "CDCLatencyTarget",
            Namespace="AWS/DMS",
            Dimensions=_pairs(
                {
                    "ReplicationInstanceIdentifier": task.instance_identifier,
                    "ReplicationTaskIdentifier": task.arn.rsplit(":", 1)[-1],
                }
            ),
            Statistic="Maximum",
            Threshold=LAG_SECONDS,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=2,
            DatapointsToAlarm=2,
            TreatMissingData="breaching",
        )
    summary = f"{environment}-green-health"
    client.put_composite_alarm(
        AlarmName=summary,
        AlarmRule=" OR ".join(f'ALARM("{name}")' for name in health),
    )
    return tuple(names), (summary,)


def build_heartbeat_alarm(environment: str) -> str:
    """Build the alarm on the watchdog's silence; return its name."""
    client: Any = boto3.client("cloudwatch")
    name = f"{environment}-watchdog-heartbeat"
    client.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="Shifter's watchdog has not looked for three minutes",
        Namespace=SHIFTER,
        MetricName=HEARTBEAT,
        Dimensions=_pairs({"environment": environment, "service": SERVICE}),
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        DatapointsToAlarm=3,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
    )
    return name


def _pairs(named: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named.items()]
