"""Alarms: for every lane and edge, both directions of replication, and heard by people.

AWS documentation: Amazon CloudWatch user guide, "Configuring how CloudWatch alarms
treat missing data" and "Create a composite alarm"; Elastic Load Balancing user guide,
"CloudWatch metrics for your Application Load Balancer".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from template_checks.rules.rule import Found, rule
from template_checks.tree import Resource, Tree, named_in, number

ALARM = "AWS::CloudWatch::Alarm"
COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
OF_EACH_LANE = ("HTTPCode_Target_5XX_Count", "TargetResponseTime")
OF_HEALTH = ("HealthyHostCount", "UnHealthyHostCount")
OF_EACH_TASK = (
    "CDCLatencySource",
    "CDCLatencyTarget",
    "ValidationFailedOverallCount",
    "ValidationSuspendedOverallCount",
)


@rule("MON01", "A lane without alarms fails unseen, at the edge where nobody looked.")
def every_lane(tree: Tree) -> Found:
    watched = {(name, place) for name, place in _watched(tree)}
    for group in tree.resources(GROUP):
        for metric in OF_EACH_LANE:
            if (metric, group.id) not in watched:
                yield group.id, f"no alarm on {metric}"
        if not any((metric, group.id) in watched for metric in OF_HEALTH):
            yield group.id, "no alarm on the health of its targets"


@rule("MON02", "An empty lane answers 503 at the edge, and no lane's alarm sees it.")
def every_edge(tree: Tree) -> Found:
    watched = {(name, place) for name, place in _watched(tree)}
    for balancer in tree.resources(BALANCER):
        if ("HTTPCode_ELB_5XX_Count", balancer.id) not in watched:
            yield balancer.id, "no alarm on HTTPCode_ELB_5XX_Count"


@rule("MON03", "Lag that nobody sees is payments that a flip would lose.")
def both_directions(tree: Tree) -> Found:
    watched = {(name, place) for name, place in _watched(tree)}
    for task in tree.resources("AWS::DMS::ReplicationTask"):
        for metric in OF_EACH_TASK:
            if (metric, task.id) not in watched:
                yield task.id, f"no alarm on {metric}"


@rule("MON04", "An alarm that tells nobody is a colour on a page.")
def somebody_is_told(tree: Tree) -> Found:
    for alarm in tree.resources(ALARM, COMPOSITE):
        heard = [tree.find(action) for action in alarm.list("AlarmActions")]
        if not any(topic and topic.type == "AWS::SNS::Topic" for topic in heard):
            yield alarm.id, "tells nobody"


@rule("MON05", "An alarm that says nothing of missing data keeps its last state.")
def missing_data_mean_something(tree: Tree) -> Found:
    for alarm in tree.resources(ALARM):
        if alarm.get("TreatMissingData") not in {"breaching", "notBreaching"}:
            yield alarm.id, "does not say what missing data mean"


@rule("MON06", "A composite without an alarm that means going back does not go back.")
def composites_are_whole(tree: Tree) -> Found:
    for composite in tree.resources(COMPOSITE):
        lane = composite.name.removesuffix("Health")
        named = named_in(composite.get("AlarmRule"))
        wanted = {
            alarm.id
            for alarm in tree.resources(ALARM)
            if alarm.name.startswith((f"{lane}5xx", f"{lane}Unhealthy"))
        }
        for name in sorted(wanted - named):
            yield composite.id, f"leaves out {name}"


@rule("MON07", "A dashboard that does not parse fails the whole stack.")
def dashboards_parse(tree: Tree) -> Found:
    for dashboard in tree.resources("AWS::CloudWatch::Dashboard"):
        try:
            json.loads(dashboard.get("DashboardBody") or "")
        except ValueError as error:
            yield dashboard.id, f"the body does not parse: {error}"


@rule("MON08", "A rotation or task that fails raises no metric: only an event tells.")
def events_are_heard(tree: Tree) -> Found:
    heard = [
        rule_.get("EventPattern") or {} for rule_ in tree.resources("AWS::Events::Rule")
    ]
    names = json.dumps(heard)
    for event in ("RotationFailed", "SERVICE_DEPLOYMENT_FAILED", "DisableKey"):
        if event not in names:
            yield "Monitoring", f"nobody hears {event}"
    replicates = list(tree.resources("AWS::DMS::ReplicationTask"))
    if replicates and "REPLICATION_TASK_FAILED" not in names:
        yield "Monitoring", "nobody hears REPLICATION_TASK_FAILED"


@rule("MON09", "A rate of one failed request in two is 50 % and means nothing.")
def rates_have_a_floor(tree: Tree) -> Found:
    for alarm in tree.resources(ALARM):
        for metric in alarm.list("Metrics"):
            expression = metric.get("Expression", "")
            if "/ requests" in expression and "IF(requests >=" not in expression:
                yield alarm.id, "computes a rate from however few requests"


@rule("MON10", "Data come late: one period alone rolls back what is only late.")
def more_than_one_period(tree: Tree) -> Found:
    for alarm in tree.resources(ALARM):
        of_a_lane = any(name in OF_EACH_LANE for name, _ in _metrics(alarm))
        if of_a_lane and (number(alarm.get("DatapointsToAlarm")) or 0) < 2:  # noqa: PLR2004
            yield alarm.id, "one bad period is enough for it"


def _metrics(alarm: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if alarm.get("MetricName") is not None:
        yield alarm.get("MetricName"), alarm.properties
    for query in alarm.list("Metrics"):
        metric = (query.get("MetricStat") or {}).get("Metric")
        if metric is not None:
            yield metric["MetricName"], metric


def _watched(tree: Tree) -> Iterator[tuple[str, str]]:
    """Each metric that an alarm looks at, with each resource that a dimension names."""
    for alarm in tree.resources(ALARM):
        for name, metric in _metrics(alarm):
            for found in named_in(metric.get("Dimensions", [])):
                yield name, found
