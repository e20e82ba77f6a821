"""CloudWatch's API: moto's front over a store of our own.

moto answers metric math with silence that looks like success, shows datapoints at once,
never evaluates an alarm and has no composite ones.  Here expressions are refused
loudly, datapoints are late (`metrics`), alarms are those of `monitoring`, and composite
ones can be put and described.

Sources: CloudWatch API reference, "DescribeAlarms" (only metric alarms are returned
unless AlarmTypes names composite ones; unknown names are left out), "PutMetricAlarm"
and "PutCompositeAlarm" (a new alarm is INSUFFICIENT_DATA).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import (
    Alarm,
    CloudWatchBackend,
    MetricDatum,
    Statistics,
)
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from shifter_sandbox import alarm_rule, alarms
from shifter_sandbox.metrics import Series, utc
from shifter_sandbox.monitoring import Monitoring, stamp
from shifter_sandbox.patching import patched
from shifter_sandbox.wire import Refused


class CloudWatchFront:
    """What CloudWatch's API answers, from the monitoring of the account."""

    def __init__(self, monitoring: Monitoring) -> None:
        self._monitoring = monitoring
        self._metrics = monitoring.metrics

    def _now(self) -> datetime:
        return self._monitoring.clock.now()

    @contextmanager
    def refined(self) -> Iterator[None]:
        """Lay the fake over moto inside the context."""
        put_alarm = CloudWatchBackend.put_metric_alarm

        def new_alarm(backend: CloudWatchBackend, **named: Any) -> Alarm:
            _check_alarm(named)
            old = backend.alarms.get(named["name"])
            alarm = put_alarm(backend, **named)
            alarm.state_value = old.state_value if old else "INSUFFICIENT_DATA"
            stamp(alarm, old.state_updated_timestamp if old else self._now())
            return alarm

        def update(alarm: Alarm, reason: str, data: str, state: str) -> None:
            self._monitoring.change(alarm, state, reason, data)

        def put_data(_: CloudWatchBackend, namespace: str, data: list[Any]) -> None:
            for entry in data:
                self._put(namespace, entry)

        def statistics(  # noqa: PLR0917  moto calls it so
            _: CloudWatchBackend,
            namespace: str,
            metric_name: str,
            start_time: datetime,
            end_time: datetime,
            period: int,
            stats: list[str],
            dimensions: list[dict[str, str]],
            **_unit: Any,  # units are not stored
        ) -> list[Statistics]:
            series = Series.of(namespace, metric_name, _named(dimensions))
            found: dict[datetime, dict[str, float]] = {}
            for stat in stats:
                for moment, value in self._metrics.statistics(
                    series,
                    stat,
                    start=start_time,
                    end=end_time,
                    period=period,
                    now=self._now(),
                ):
                    found.setdefault(moment, {})[stat] = value
            return [_statistics(moment, values) for moment, values in found.items()]

        def all_metrics(_: CloudWatchBackend) -> list[MetricDatum]:
            return [
                MetricDatum(
                    series.namespace,
                    series.name,
                    0.0,
                    [{"Name": k, "Value": v} for k, v in sorted(series.dimensions)],
                    self._now(),
                )
                for series in self._metrics.series
            ]

        def get_data(_: CloudWatchBackend, **named: Any) -> list[dict[str, Any]]:
            return self._get_metric_data(**named)

        def describe(response: CloudWatchResponse) -> ActionResult:
            return self._describe_alarms(response)

        changes: list[tuple[type, str, Any]] = [
            (CloudWatchBackend, "put_metric_data", put_data),
            (CloudWatchBackend, "get_metric_data", get_data),
            (CloudWatchBackend, "get_metric_statistics", statistics),
            (CloudWatchBackend, "get_all_metrics", all_metrics),
            (CloudWatchBackend, "put_metric_alarm", new_alarm),
            (Alarm, "update_state", update),
            (CloudWatchResponse, "describe_alarms", describe),
            (CloudWatchResponse, "put_composite_alarm", _put_composite_alarm),
        ]
        changes = [(owner, name, _spoken(new)) for owner, name, new in changes]
        with ExitStack() as stack:
            for owner, name, new in changes:
                create = name == "put_composite_alarm"
                stack.enter_context(patched(owner, name, new, create=create))
            yield

    def _put(self, namespace: str, entry: Mapping[str, Any]) -> None:
        series = Series.of(
            namespace, entry["MetricName"], _named(entry.get("Dimensions", []))
        )
        moment = entry.get("Timestamp") or self._now()
        datapoint = self._metrics.at(series, utc(moment))
        if (stats := entry.get("StatisticValues")) is not None:
            datapoint.merge_statistics(
                float(stats["Sum"]),
                float(stats["SampleCount"]),
                float(stats["Minimum"]),
                float(stats["Maximum"]),
            )
            return
        values = entry.get("Values") or [entry.get("Value", 0)]
        counts = entry.get("Counts") or [1] * len(values)
        for value, count in zip(values, counts, strict=True):
            datapoint.add(float(value), float(count))

    def _get_metric_data(
        self,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        if start_time >= end_time:
            raise Refused("ValidationError", "EndTime must be greater than StartTime.")
        if not self._monitoring.clock.telling:
            self._monitoring.metrics_asked += len(queries)
        results = []
        for query in queries:
            if "Expression" in query:
                raise NotImplementedError(
                    f"the sandbox evaluates no expression: {query['Expression']}"
                )
            stat = query["MetricStat"]
            metric = stat["Metric"]
            found = self._metrics.statistics(
                Series.of(
                    metric["Namespace"],
                    metric["MetricName"],
                    _named(metric.get("Dimensions", [])),
                ),
                stat["Stat"],
                start=start_time,
                end=end_time,
                period=int(stat["Period"]),
                now=self._now(),
            )
            if scan_by == "TimestampDescending":
                found.reverse()
            results.append(
                {
                    "id": query["Id"],
                    "label": query.get("Label") or metric["MetricName"],
                    "timestamps": [moment for moment, _ in found],
                    "values": [value for _, value in found],
                    "status_code": "Complete",
                }
            )
        return results

    def _describe_alarms(self, response: CloudWatchResponse) -> ActionResult:
        types = response._get_param("AlarmTypes", []) or ["MetricAlarm"]
        names = response._get_param("AlarmNames", [])
        prefix = response._get_param("AlarmNamePrefix") or ""
        state = response._get_param("StateValue")
        found = [
            alarm
            for alarm in self._monitoring.backend.alarms.values()
            if (not names or alarm.name in names)
            and alarm.name.startswith(prefix)
            and state in {None, alarm.state_value}
        ]
        metric = [a for a in found if a.rule is None and "MetricAlarm" in types]
        composite = [
            a for a in found if a.rule is not None and "CompositeAlarm" in types
        ]
        return ActionResult({"MetricAlarms": metric, "CompositeAlarms": composite})


def _spoken(new: Callable[..., Any]) -> Callable[..., Any]:
    """Let moto send what the fake refuses as an error of CloudWatch."""

    def speaks(subject: Any, *args: Any, **named: Any) -> Any:
        try:
            return new(subject, *args, **named)
        except Refused as refused:
            raise CloudWatchException(refused.code, refused.message) from refused

    return speaks


def _put_composite_alarm(response: CloudWatchResponse) -> ActionResult:
    name = response._get_param("AlarmName")
    rule = response._get_param("AlarmRule")
    _, names = alarm_rule.parse(rule)
    unknown = sorted(names - set(response.cloudwatch_backend.alarms))
    if unknown:
        raise Refused("ValidationError", f"AlarmRule names unknown alarms: {unknown}")
    response.put_metric_alarm()
    alarm: Any = response.cloudwatch_backend.alarms[name]
    alarm.alarm_rule = rule
    return ActionResult({})


def _check_alarm(named: Mapping[str, Any]) -> None:
    if named.get("rule") is not None:
        return
    if named.get("metric_data_queries"):
        raise NotImplementedError("the sandbox evaluates no metric math in alarms")
    if not alarms.supported(named["comparison_operator"]):
        raise NotImplementedError(f"no alarm by {named['comparison_operator']} here")
    if int(named["period"]) % 60:
        raise NotImplementedError("the sandbox has no high-resolution alarms")


def _named(dimensions: list[dict[str, str]]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in dimensions}


def _statistics(moment: datetime, values: Mapping[str, float]) -> Any:
    """A datapoint of GetMetricStatistics, with attributes as moto serialises them."""
    names = {"SampleCount": "sample_count"}
    found = Statistics(list(values), moment)
    shown: Any = type("Shown", (), {"timestamp": found.timestamp, "unit": None})()
    for stat, value in values.items():
        setattr(shown, names.get(stat, stat.lower()), value)
    return shown
