"""Outcomes: how requests ended, from CloudWatch, as two sources count them.

Rules of this file
* Raw sums, and a count of the responses over a threshold; never metric math.
* The load balancers publish a count only when it is not zero: where a target group has
  requests, no failures means zero.  Without a request count nothing is known.
* The application tells zeros too: of what it leaves out nothing is known.
* A trimmed count is interpolated and may be fractional: blue's is rounded up and the
  others' down, so that no evidence comes from rounding.
* Nothing outnumbers the requests: a request may fail to connect more than once.

AWS documentation: Elastic Load Balancing user guide, "CloudWatch metrics for your
Application Load Balancer" (`RequestCount`, `HTTPCode_Target_5XX_Count`,
`TargetConnectionErrorCount`, `TargetResponseTime` by target group); Amazon CloudWatch
user guide, "CloudWatch statistics definitions" (`TC`; lower bounds are exclusive) and
"High-resolution metrics" (periods under a minute are kept for three hours).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any, cast

from shifter.adapters.cloudwatch import Metric, group_dimensions, read_metrics
from shifter.core.counts import Counts
from shifter.core.errors import AwsError
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.lanes import Lane
from shifter.core.outcomes import (
    MINUTE,
    Failure,
    Objective,
    Outcome,
    OutcomesSeen,
    Source,
    Span,
)
from shifter.core.topology import Topology
from shifter.ports import Outcomes

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

    Found = Mapping[Metric, Mapping[datetime, float]]

BALANCING = "AWS/ApplicationELB"
APPLICATION = "Shifter/Application"

_FAILURES = {
    Failure.TARGET_5XX: "HTTPCode_Target_5XX_Count",
    Failure.TARGET_4XX: "HTTPCode_Target_4XX_Count",
    Failure.CONNECTION: "TargetConnectionErrorCount",
}


class BalancerOutcomes:
    """Fits `ports.Outcomes`: counts of the load balancers, by target group.

    With a `zone` they are those of blue's targets in one Availability Zone alone.
    """

    def __init__(
        self, client: CloudWatchClient, topology: Topology, zone: str | None = None
    ) -> None:
        self._client = client
        beside = () if zone is None else (("AvailabilityZone", zone),)
        self._groups = {
            (edge.name, lane): (
                *beside,
                *group_dimensions(edge.load_balancer_arn, arn),
            )
            for edge in topology.edges
            for lane, arn in edge.target_groups.items()
            if zone is None or lane is Lane.BLUE
        }

    def intervals(
        self, objective: Objective, span: Span, length: timedelta
    ) -> Sequence[Outcome]:
        slow = f"TC({(objective.slow_above_ms or 0) / 1000:g}:)"
        wanted = {
            (edge, lane): [
                Metric(BALANCING, "RequestCount", "Sum", dimensions),
                Metric(BALANCING, "TargetResponseTime", slow, dimensions),
                *(
                    Metric(BALANCING, _FAILURES[failure], "Sum", dimensions)
                    for failure in objective.failures
                ),
            ]
            for (edge, lane), dimensions in self._groups.items()
        }
        return _read(self._client, wanted, span, length, _of_balancer)


class ApplicationOutcomes:
    """Fits `ports.Outcomes`: the application's own counts."""

    def __init__(self, client: CloudWatchClient, topology: Topology) -> None:
        self._client = client
        self._wanted = {
            (edge.name, lane): [
                Metric(
                    APPLICATION,
                    name,
                    "Sum",
                    (
                        ("environment", topology.environment),
                        ("edge", edge.name),
                        ("lane", lane.value),
                    ),
                )
                for name in ("requests", "errors", "slow")
            ]
            for edge in topology.edges
            for lane in edge.target_groups
        }

    def intervals(
        self, objective: Objective, span: Span, length: timedelta
    ) -> Sequence[Outcome]:
        del objective
        return _read(self._client, self._wanted, span, length, _of_application)


class EvidenceReader:
    """Fits `ports.Reader` for evidence gates."""

    def __init__(self, sources: Mapping[Source, Outcomes]) -> None:
        self._sources = sources

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, OutcomesSeen | Unreadable]:
        known: dict[tuple[Objective, Span, timedelta], Sequence[Outcome]] = {}

        def ask(
            objective: Objective, span: Span | None, length: timedelta
        ) -> tuple[Outcome, ...]:
            if span is None:
                return ()
            question = (objective, span, length)
            if question not in known:
                source = self._sources[objective.source]
                known[question] = source.intervals(*question)
            return tuple(known[question])

        seen: dict[str, OutcomesSeen | Unreadable] = {}
        for gate in gates:
            wanted = cast(EvidenceGate, gate).wants(situations[gate.name])
            objective = wanted.objective
            try:
                seen[gate.name] = OutcomesSeen(
                    before=ask(objective, wanted.before, MINUTE),
                    since=ask(objective, wanted.since, objective.source.length),
                )
            except AwsError as error:
                seen[gate.name] = Unreadable(str(error))
        return seen


Row = list[float | None]
"""What the metrics of one lane show in one interval, in the order of the question."""


def _read(
    client: CloudWatchClient,
    wanted: Mapping[tuple[str, Lane], Sequence[Metric]],
    span: Span,
    length: timedelta,
    understood: Callable[[Row, Lane], Counts | None],
) -> list[Outcome]:
    """Ask once for everything, and understand it interval by interval."""
    metrics = [metric for of_lane in wanted.values() for metric in of_lane]
    found = read_metrics(client, metrics, span.start, span.end, length)
    told, at = [], span.start
    while at + length <= span.end:
        told.append(Outcome(at, length, _at(found, wanted, at, understood)))
        at += length
    return told


def _at(
    found: Found,
    wanted: Mapping[tuple[str, Lane], Sequence[Metric]],
    at: datetime,
    understood: Callable[[Row, Lane], Counts | None],
) -> dict[str, dict[Lane, Counts]]:
    counts: dict[str, dict[Lane, Counts]] = {}
    for (edge, lane), metrics in wanted.items():
        known = understood([found[metric].get(at) for metric in metrics], lane)
        if known is not None:
            counts.setdefault(edge, {})[lane] = known
    return counts


def _of_balancer(row: Row, lane: Lane) -> Counts | None:
    requests, slow, *failures = row
    if requests is None:
        return None
    whole = ceil if lane is Lane.BLUE else floor
    failed = sum(failure or 0.0 for failure in failures)
    return _bounded(round(requests), round(failed), whole(slow or 0.0))


def _of_application(row: Row, lane: Lane) -> Counts | None:
    del lane
    if any(count is None for count in row):
        return None
    requests, failed, slow = (round(count or 0.0) for count in row)
    return _bounded(requests, failed, slow)


def _bounded(requests: int, *bad: int) -> Counts:
    known = max(requests, 0)
    failed, slow = (min(max(count, 0), known) for count in bad)
    return known, failed, slow
