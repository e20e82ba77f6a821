"""CloudWatch: alarms, metric data, and the requests that each lane has served.

Rules of this file
* Alarms are asked for by name with both types named: without `AlarmTypes` composite
  alarms look missing.  A name that is left out of the answer is MISSING.
* The alarm on the watchdog's heartbeat is asked for together with all the others.
* Metric data are raw statistics of one period, never metric math: what they mean is
  computed by us, where it is tested.  A period without a datapoint stays without one.
* An answer that CloudWatch itself calls incomplete is a failure, not a smaller number.

AWS documentation: CloudWatch API, `DescribeAlarms` (at most 100 names) and
`GetMetricData` (at most 500 queries, `StatusCode` of each result); Elastic Load
Balancing user guide, "CloudWatch metrics for your Application Load Balancer"
(`RequestCount`, by `LoadBalancer` and `TargetGroup`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shifter.adapters.failures import translated
from shifter.core.errors import AwsError, Denied, Unavailable
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from shifter.core.intervals import INTERVAL, Interval, first_interval
from shifter.core.lanes import Lane
from shifter.core.topology import Topology

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

NAMES_PER_CALL = 100
QUERIES_PER_CALL = 500


@dataclass(frozen=True, slots=True)
class Metric:
    """One statistic of one metric."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...]


class AlarmReader:
    """Fits `ports.Reader` for alarm gates and the watchdog gate."""

    def __init__(self, client: CloudWatchClient, heartbeat_alarm: str) -> None:
        self._client = client
        self._heartbeat = heartbeat_alarm

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, AlarmSeen | HeartbeatSeen | Unreadable]:
        del situations
        heartbeats = {gate.name for gate in gates if isinstance(gate, WatchdogGate)}
        names = {gate.name: gate.alarm for gate in gates if isinstance(gate, AlarmGate)}
        found = self._look({**names, **dict.fromkeys(heartbeats, self._heartbeat)})
        return {
            gate: HeartbeatSeen(self._heartbeat, seen)
            if gate in heartbeats and isinstance(seen, AlarmSeen)
            else seen
            for gate, seen in found.items()
        }

    def _look(self, names: Mapping[str, str]) -> dict[str, AlarmSeen | Unreadable]:
        """The alarms of these names, by gate."""
        seen: dict[str, AlarmSeen | Unreadable] = {}
        for chunk in _chunks(sorted(set(names.values())), NAMES_PER_CALL):
            try:
                seen |= self._describe(chunk)
            except AwsError as error:
                seen |= dict.fromkeys(chunk, Unreadable(str(error)))
        missing = AlarmSeen(AlarmState.MISSING)
        return {gate: seen.get(alarm, missing) for gate, alarm in names.items()}

    def _describe(self, names: Sequence[str]) -> dict[str, AlarmSeen | Unreadable]:
        pages = self._client.get_paginator("describe_alarms").paginate(
            AlarmNames=list(names),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            PaginationConfig={"PageSize": NAMES_PER_CALL},
        )
        seen: dict[str, AlarmSeen | Unreadable] = {}
        with translated("DescribeAlarms", f"{len(names)} alarms"):
            for page in pages:
                alarms: list[Any] = [
                    *page.get("MetricAlarms", ()),
                    *page.get("CompositeAlarms", ()),
                ]
                seen |= {alarm["AlarmName"]: _to_seen(alarm) for alarm in alarms}
        return seen


class CloudWatchTraffic:
    """Fits `ports.Traffic`."""

    def __init__(self, client: CloudWatchClient, topology: Topology) -> None:
        self._client = client
        self._metrics = {
            (edge.name, lane): Metric(
                "AWS/ApplicationELB",
                "RequestCount",
                "Sum",
                group_dimensions(edge.load_balancer_arn, arn),
            )
            for edge in topology.edges
            for lane, arn in edge.target_groups.items()
        }

    def intervals(self, start: datetime, end: datetime) -> Sequence[Interval]:
        starts = []
        at = first_interval(start)
        while at + INTERVAL <= end:
            starts.append(at)
            at += INTERVAL
        if not starts:
            return ()
        counts: dict[datetime, dict[str, dict[Lane, int]]] = {at: {} for at in starts}
        data = read_metrics(
            self._client, list(self._metrics.values()), starts[0], starts[-1] + INTERVAL
        )
        for (edge, lane), metric in self._metrics.items():
            for at, value in data[metric].items():
                if at in counts:
                    counts[at].setdefault(edge, {})[lane] = round(value)
        return [Interval(at, counts[at]) for at in starts]


def read_metrics(
    client: CloudWatchClient,
    metrics: Sequence[Metric],
    start: datetime,
    end: datetime,
    period: timedelta = INTERVAL,
) -> dict[Metric, dict[datetime, float]]:
    """Datapoints by the start of their period, from `start` to `end`, without `end`.

    One call for up to 500 metrics, and further pages as they come.
    """
    found: dict[Metric, dict[datetime, float]] = {metric: {} for metric in metrics}
    for chunk in _chunks(list(found), QUERIES_PER_CALL):
        ids = {f"m{number}": metric for number, metric in enumerate(chunk)}
        resource = " and ".join(sorted({metric.name for metric in chunk}))
        statuses: dict[str, str] = {}
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[
                _query(id_, metric, period) for id_, metric in ids.items()
            ],
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampAscending",
        )
        with translated("GetMetricData", resource):
            for page in pages:
                for result in page["MetricDataResults"]:
                    statuses[result["Id"]] = result.get("StatusCode", "Complete")
                    found[ids[result["Id"]]] |= dict(
                        zip(
                            (at.astimezone(UTC) for at in result["Timestamps"]),
                            result["Values"],
                            strict=True,
                        )
                    )
        _refuse_incomplete(set(statuses.values()), resource)
    return found


def _query(id_: str, metric: Metric, period: timedelta) -> Any:
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [
                    {"Name": name, "Value": value} for name, value in metric.dimensions
                ],
            },
            "Period": int(period.total_seconds()),
            "Stat": metric.statistic,
        },
        "ReturnData": True,
    }


def _refuse_incomplete(statuses: set[str], resource: str) -> None:
    if "Forbidden" in statuses:
        raise Denied("GetMetricData", resource, "Forbidden")
    if statuses - {"Complete"}:
        told = " and ".join(sorted(statuses - {"Complete"}))
        raise Unavailable("GetMetricData", resource, f"answered with {told}")


def _to_seen(alarm: Mapping[str, Any]) -> AlarmSeen | Unreadable:
    value = alarm["StateValue"]
    if value not in set(AlarmState) - {AlarmState.MISSING}:
        return Unreadable(f"alarm {alarm['AlarmName']} has an unknown state: {value}")
    return AlarmSeen(
        state=AlarmState(value),
        actions_enabled=alarm.get("ActionsEnabled", True),
        updated_at=alarm.get("StateUpdatedTimestamp"),
        reason=alarm.get("StateReason", ""),
    )


def group_dimensions(
    load_balancer_arn: str, target_group_arn: str
) -> tuple[tuple[str, str], ...]:
    """What CloudWatch calls a target group: the ends of two ARNs."""
    group = target_group_arn.partition("targetgroup/")[2]
    return (
        ("LoadBalancer", load_balancer_arn.partition("loadbalancer/")[2]),
        ("TargetGroup", f"targetgroup/{group}"),
    )


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
