"""Benches: a system that a contract test can set and look at, with the ports over it.

`MemoryBench` is over `shifter.adapters.memory`, `AwsBench` over the real adapters and
moto.  Both begin all blue and healthy, with two tasks of blue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any, ClassVar, Protocol, TypeVar

from shifter.adapters.alb import AlbEdges
from shifter.adapters.cloudwatch import AlarmReader, CloudWatchTraffic
from shifter.adapters.dms import ReplicationReader
from shifter.adapters.ecs import EcsCapacity
from shifter.adapters.memory.capacity import MemoryCapacity
from shifter.adapters.memory.dns import MemoryDns
from shifter.adapters.memory.edges import MemoryEdges
from shifter.adapters.memory.signals import (
    HEARTBEAT_ALARM,
    MemoryAlarms,
    MemoryOutcomes,
    MemoryReplication,
    MemoryTraffic,
)
from shifter.adapters.memory.ssm_gates import MemoryCalendars, MemoryLine
from shifter.adapters.memory.world import START, MemoryWorld
from shifter.adapters.outcomes import APPLICATION, ApplicationOutcomes
from shifter.adapters.route53 import Route53Dns
from shifter.adapters.ssm_gates import CalendarReader, LineReader
from shifter.core.counts import Counts
from shifter.core.edges import EdgeState
from shifter.core.errors import Throttled, Unavailable
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.calendar import CalendarSeen
from shifter.core.gates.replication import Lag, ReplicationSeen
from shifter.core.lanes import ALL_BLUE, Lane
from shifter.core.topology import Topology
from shifter.ports import Capacity, Dns, Edges, Outcomes, Reader, Traffic
from tests.adapters.account import REGION, Account

T = TypeVar("T")

NOW = START
ACCOUNT_ID = "123456789012"
NAME = "pay.example.com"
LINE = "/payments-test/line"
TASK_ARN = f"arn:aws:dms:{REGION}:{ACCOUNT_ID}:task:TASKSUFFIX"


class Bench(Protocol):
    """What a contract test needs of the system under its ports."""

    topology: Topology

    @property
    def edges(self) -> Edges: ...
    @property
    def dns(self) -> Dns: ...
    @property
    def capacity(self) -> Capacity: ...
    @property
    def traffic(self) -> Traffic: ...
    @property
    def outcomes(self) -> Outcomes: ...
    @property
    def alarms(self) -> Reader: ...
    @property
    def calendars(self) -> Reader: ...
    @property
    def line(self) -> Reader: ...
    @property
    def replication(self) -> Reader: ...
    @property
    def scale_in_suspended(self) -> bool: ...

    def set_targets(
        self, lane: Lane, edge: str, *, healthy: int, registered: int
    ) -> None: ...
    def set_alarm(
        self, name: str, state: AlarmState, *, reason: str, enabled: bool = True
    ) -> None: ...
    def set_heartbeat(self, state: AlarmState, *, reason: str) -> None: ...
    def set_calendar(
        self, name: str, *, is_open: bool, changes_at: datetime | None = None
    ) -> None: ...
    def set_line(self, value: str) -> None:
        """Write the parameter that stops the line; before that there is none."""

    def set_task(self, status: str, lags: dict[datetime, float]) -> None: ...
    def set_requests(
        self, start: datetime, counts: dict[str, dict[Lane, int]]
    ) -> None: ...
    def set_outcomes(
        self, start: datetime, counts: dict[str, dict[Lane, Counts]]
    ) -> None: ...
    def break_source(self, source: str) -> None:
        """Let a source of reads refuse: targets, dns, alarms, replication, ..."""

    def refuse_write(self, edge: str) -> None:
        """Let writes of one edge be refused."""

    def lose_answer(self, edge: str) -> None:
        """Let writes of one edge take effect and look as if they had not."""


class FaultyWorld(MemoryWorld):
    """A world whose effects can be refused, or lose their answers."""

    def __init__(self, topology: Topology) -> None:
        super().__init__(topology)
        self.refused: set[str] = set()
        self.lost: set[str] = set()
        self.effects: list[str] = []

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        self.effects.append(name)
        if name in self.refused:
            raise Throttled("ModifyRule", name, "Rate exceeded")
        done = apply()
        if name in self.lost:
            raise Unavailable("ModifyRule", name, "no answer")
        return done


class MemoryBench:
    """The bench over memory."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.world = FaultyWorld(topology)
        self.edges = MemoryEdges(self.world)
        self.dns = MemoryDns(self.world)
        self.capacity = MemoryCapacity(self.world)
        self.traffic = MemoryTraffic(self.world)
        self.outcomes = MemoryOutcomes(self.world)
        self.world.line = None
        self.alarms = MemoryAlarms(self.world)
        self.calendars = MemoryCalendars(self.world)
        self.line = MemoryLine(self.world)
        self.replication = MemoryReplication(self.world)

    @property
    def scale_in_suspended(self) -> bool:
        return self.world.scale_in_suspended

    def set_targets(
        self, lane: Lane, edge: str, *, healthy: int, registered: int
    ) -> None:
        self.world.set_targets(lane, edge, healthy=healthy, registered=registered)

    def set_alarm(
        self, name: str, state: AlarmState, *, reason: str, enabled: bool = True
    ) -> None:
        self.world.alarms[name] = AlarmSeen(state, enabled, NOW, reason)

    def set_heartbeat(self, state: AlarmState, *, reason: str) -> None:
        self.world.heartbeat = AlarmSeen(state, True, NOW, reason)

    def set_calendar(
        self, name: str, *, is_open: bool, changes_at: datetime | None = None
    ) -> None:
        self.world.calendars[name] = CalendarSeen(is_open, changes_at)

    def set_line(self, value: str) -> None:
        self.world.line = value

    def set_task(self, status: str, lags: dict[datetime, float]) -> None:
        told = tuple(Lag(at, seconds) for at, seconds in sorted(lags.items()))
        self.world.tasks["orders"] = ReplicationSeen(status=status, lags=told)

    def set_requests(self, start: datetime, counts: dict[str, dict[Lane, int]]) -> None:
        self.world.requests[start] = counts

    def set_outcomes(
        self, start: datetime, counts: dict[str, dict[Lane, Counts]]
    ) -> None:
        self.world.outcomes[start] = counts

    def break_source(self, source: str) -> None:
        self.world.broken[source] = Throttled("Describe", source, "Rate exceeded")

    def refuse_write(self, edge: str) -> None:
        self.world.refused.add(f"write {edge}")

    def lose_answer(self, edge: str) -> None:
        self.world.lost.add(f"write {edge}")


def invented_topology(*, whole: bool = True) -> Topology:
    """The topology of the memory bench; its ARNs lead nowhere."""
    edges = ("edge-1", "edge-2") if whole else ("edge-1",)
    lanes = tuple(Lane) if whole else (Lane.BLUE, Lane.GREEN)
    balancing = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}"
    return Topology.model_validate(
        {
            "environment": "payments-test",
            "edges": [
                {
                    "name": edge,
                    "rule_arn": f"{balancing}:listener-rule/app/{edge}/1/2/3",
                    "load_balancer_arn": f"{balancing}:loadbalancer/app/{edge}/1",
                    "target_groups": {
                        lane: f"{balancing}:targetgroup/{edge}-{lane}/1"
                        for lane in lanes
                    },
                }
                for edge in edges
            ],
            **(_rest("Z1") if whole else {}),
        }
    )


def _rest(zone_id: str) -> dict[str, Any]:
    return {
        "dns": {
            "zone_id": zone_id,
            "name": NAME,
            "records": [
                {"edge": "edge-1", "set_identifier": "one"},
                {"edge": "edge-2", "set_identifier": "two"},
            ],
        },
        "replication": {
            "orders": {"arn": TASK_ARN, "instance_identifier": "instance-1"}
        },
        "services": {"blue": {"cluster": "payments", "service": "payments-blue"}},
        "stop_parameter": LINE,
    }


class AwsBench:
    """The bench over moto; `whole` has two edges by rules, DNS, a task and a service.

    Otherwise it is one edge by its listener's default action, with two lanes.
    """

    _OPERATIONS: ClassVar = {
        "targets": ("elbv2", "DescribeTargetHealth"),
        "dns": ("route53", "ListResourceRecordSets", "GetChange"),
        "alarms": ("cloudwatch", "DescribeAlarms"),
        "calendars": ("ssm", "GetCalendarState"),
        "line": ("ssm", "GetParameter"),
        "replication": ("dms", "DescribeReplicationTasks"),
        "capacity": ("ecs", "DescribeServices"),
        "traffic": ("cloudwatch", "GetMetricData"),
        "outcomes": ("cloudwatch", "GetMetricData"),
    }

    def __init__(self, account: Account, *, whole: bool = True) -> None:
        self.account = account
        self._numbers = count(1)
        self._unhealthy: dict[str, set[str]] = {}
        self._calendars: dict[str, dict[str, Any]] = {}
        edges = ("edge-1", "edge-2") if whole else ("edge-1",)
        lanes = tuple(Lane) if whole else (Lane.BLUE, Lane.GREEN)
        rest: dict[str, Any] = _rest(self._make_zone()) if whole else {}
        self.topology = Topology.model_validate(
            {
                "environment": "payments-test",
                "edges": [self._make_edge(e, lanes, by_rule=whole) for e in edges],
                **rest,
            }
        )
        account.hook("after-call", "elbv2", "DescribeTargetHealth", self._mark)

    @cached_property
    def edges(self) -> AlbEdges:
        self._write_all_blue()
        return AlbEdges(self.account.client("elbv2"), self.topology)

    @cached_property
    def dns(self) -> Route53Dns:
        if self.topology.dns is not None:
            self.make_records("A", {"one": 1, "two": 0})
        return Route53Dns(self.account.client("route53"), self.topology)

    @cached_property
    def capacity(self) -> EcsCapacity:
        self._make_targets()
        if self.topology.services:
            self._make_service()
        client = self.account.client
        return EcsCapacity(
            client("ecs"), client("application-autoscaling"), self.edges, self.topology
        )

    @cached_property
    def traffic(self) -> CloudWatchTraffic:
        return CloudWatchTraffic(self.account.client("cloudwatch"), self.topology)

    @cached_property
    def outcomes(self) -> ApplicationOutcomes:
        return ApplicationOutcomes(self.account.client("cloudwatch"), self.topology)

    @cached_property
    def alarms(self) -> AlarmReader:
        return AlarmReader(self.account.client("cloudwatch"), HEARTBEAT_ALARM)

    @cached_property
    def calendars(self) -> CalendarReader:
        self.account.answer("ssm", "GetCalendarState", self._calendar)
        return CalendarReader(self.account.client("ssm"))

    @cached_property
    def line(self) -> LineReader:
        return LineReader(self.account.client("ssm"), self.topology)

    @cached_property
    def replication(self) -> ReplicationReader:
        client = self.account.client
        return ReplicationReader(client("dms"), client("cloudwatch"), self.topology)

    @property
    def scale_in_suspended(self) -> bool:
        return bool(self.suspended["DynamicScalingInSuspended"])

    @property
    def suspended(self) -> dict[str, bool]:
        answer = self.account.client(
            "application-autoscaling"
        ).describe_scalable_targets(ServiceNamespace="ecs")
        [target] = answer["ScalableTargets"]
        shown: dict[str, bool] = target.get("SuspendedState") or {}
        return {
            name: shown.get(name, False)
            for name in (
                "DynamicScalingInSuspended",
                "DynamicScalingOutSuspended",
                "ScheduledScalingSuspended",
            )
        }

    def actions(self, edge: str) -> Any:
        """The actions of an edge as moto has them."""
        elbv2 = self.account.client("elbv2")
        place = next(e for e in self.topology.edges if e.name == edge)
        if place.rule_arn:
            return elbv2.describe_rules(RuleArns=[place.rule_arn])["Rules"][0][
                "Actions"
            ]
        answer = elbv2.describe_listeners(ListenerArns=[place.listener_arn])
        return answer["Listeners"][0]["DefaultActions"]

    def set_actions(self, edge: str, *actions: dict[str, Any]) -> None:
        """Change the actions of an edge by hand."""
        elbv2 = self.account.client("elbv2")
        place = next(e for e in self.topology.edges if e.name == edge)
        if place.rule_arn:
            elbv2.modify_rule(RuleArn=place.rule_arn, Actions=list(actions))
        else:
            elbv2.modify_listener(
                ListenerArn=place.listener_arn, DefaultActions=list(actions)
            )

    def group(self, edge: str, lane: Lane) -> str:
        """ARN of the target group of a lane."""
        place = next(e for e in self.topology.edges if e.name == edge)
        return place.target_groups[lane]

    def set_targets(
        self, lane: Lane, edge: str, *, healthy: int, registered: int
    ) -> None:
        group = self.group(edge, lane)
        elbv2 = self.account.client("elbv2")
        present = elbv2.describe_target_health(TargetGroupArn=group)
        if present["TargetHealthDescriptions"]:
            elbv2.deregister_targets(
                TargetGroupArn=group,
                Targets=[d["Target"] for d in present["TargetHealthDescriptions"]],
            )
        addresses = [f"10.0.0.{next(self._numbers)}" for _ in range(registered)]
        if addresses:
            elbv2.register_targets(
                TargetGroupArn=group, Targets=[{"Id": a, "Port": 80} for a in addresses]
            )
        self._unhealthy[group] = set(addresses[healthy:])

    def set_alarm(
        self, name: str, state: AlarmState, *, reason: str, enabled: bool = True
    ) -> None:
        cloudwatch = self.account.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ActionsEnabled=enabled,
            Namespace="AWS/ApplicationELB",
            MetricName="HTTPCode_Target_5XX_Count",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(
            AlarmName=name, StateValue=state.value, StateReason=reason
        )

    def set_task(self, status: str, lags: dict[datetime, float]) -> None:
        dms = self.account.client("dms")
        endpoints = {
            "SourceEndpointArn": f"arn:aws:dms:{REGION}:{ACCOUNT_ID}:endpoint:SOURCE",
            "TargetEndpointArn": f"arn:aws:dms:{REGION}:{ACCOUNT_ID}:endpoint:TARGET",
            "ReplicationInstanceArn": f"arn:aws:dms:{REGION}:{ACCOUNT_ID}:rep:INSTANCE",
        }
        dms.create_replication_task(
            ReplicationTaskIdentifier="TASKSUFFIX",
            MigrationType="cdc",
            TableMappings="{}",
            **endpoints,
        )
        if status in {"running", "stopped"}:
            dms.start_replication_task(
                ReplicationTaskArn=TASK_ARN,
                StartReplicationTaskType="start-replication",
            )
        if status == "stopped":
            dms.stop_replication_task(ReplicationTaskArn=TASK_ARN)
        for at, seconds in lags.items():
            self.put_lag("CDCLatencyTarget", at, seconds)

    def set_heartbeat(self, state: AlarmState, *, reason: str) -> None:
        self.set_alarm(HEARTBEAT_ALARM, state, reason=reason)

    def set_calendar(
        self, name: str, *, is_open: bool, changes_at: datetime | None = None
    ) -> None:
        self._calendars[name] = {"State": "OPEN" if is_open else "CLOSED"}
        if changes_at is not None:
            self._calendars[name]["NextTransitionTime"] = (
                f"{changes_at:%Y-%m-%dT%H:%M:%SZ}"
            )

    def set_line(self, value: str) -> None:
        self.account.client("ssm").put_parameter(
            Name=LINE, Value=value, Type="String", Overwrite=True
        )

    def _calendar(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Moto has no change calendars."""
        [name] = json.loads(parameters["body"])["CalendarNames"]
        return self._calendars[name]

    def put_lag(self, metric: str, at: datetime, seconds: float) -> None:
        self.put(
            "AWS/DMS",
            metric,
            at,
            seconds,
            ReplicationInstanceIdentifier="instance-1",
            ReplicationTaskIdentifier="TASKSUFFIX",
        )

    def set_requests(self, start: datetime, counts: dict[str, dict[Lane, int]]) -> None:
        for edge in self.topology.edges:
            balancer = edge.load_balancer_arn.partition("loadbalancer/")[2]
            for lane, number in counts.get(edge.name, {}).items():
                self.put(
                    "AWS/ApplicationELB",
                    "RequestCount",
                    start + timedelta(seconds=20),
                    number,
                    LoadBalancer=balancer,
                    TargetGroup=edge.target_groups[lane].rpartition(":")[2],
                )

    def set_outcomes(
        self, start: datetime, counts: dict[str, dict[Lane, Counts]]
    ) -> None:
        for edge, lanes in counts.items():
            for lane, told in lanes.items():
                for metric, value in zip(
                    ("requests", "errors", "slow"), told, strict=True
                ):
                    self.put(
                        APPLICATION,
                        metric,
                        start,
                        value,
                        environment=self.topology.environment,
                        edge=edge,
                        lane=lane.value,
                    )

    def put(
        self,
        namespace: str,
        metric: str,
        at: datetime,
        value: float,
        **dimensions: str,
    ) -> None:
        self.account.client("cloudwatch").put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [
                        {"Name": name, "Value": value}
                        for name, value in dimensions.items()
                    ],
                    "Timestamp": at,
                    "Value": value,
                }
            ],
        )

    def break_source(self, source: str) -> None:
        service, *operations = self._OPERATIONS[source]
        for operation in operations:
            self.account.refuse(service, operation)

    def refuse_write(self, edge: str) -> None:
        self.account.refuse("elbv2", "ModifyRule", about=f"{edge}/")

    def lose_answer(self, edge: str) -> None:
        self.account.lose_answer("elbv2", "ModifyRule", about=f"{edge}/")

    def make_records(self, kind: str, weights: dict[str, int], **extra: Any) -> None:
        """Weighted alias records, or what `extra` says instead of the alias."""
        dns = self.topology.dns
        assert dns is not None
        body = extra or {
            "AliasTarget": {
                "HostedZoneId": "Z32O12XQLNTSW2",
                "DNSName": "balancer.example.com.",
                "EvaluateTargetHealth": True,
            }
        }
        self.account.client("route53").change_resource_record_sets(
            HostedZoneId=dns.zone_id,
            ChangeBatch={
                "Changes": [
                    {
                        "Action": "UPSERT",
                        "ResourceRecordSet": {
                            "Name": NAME,
                            "Type": kind,
                            "SetIdentifier": identifier,
                            "Weight": weight,
                            **body,
                        },
                    }
                    for identifier, weight in weights.items()
                ]
            },
        )

    def records(self) -> list[dict[str, Any]]:
        """The records of the name as moto has them."""
        dns = self.topology.dns
        assert dns is not None
        answer = self.account.client("route53").list_resource_record_sets(
            HostedZoneId=dns.zone_id
        )
        return [r for r in answer["ResourceRecordSets"] if r["Name"] == NAME + "."]

    def _make_zone(self) -> str:
        answer = self.account.client("route53").create_hosted_zone(
            Name="example.com", CallerReference="1"
        )
        zone_id: str = answer["HostedZone"]["Id"]
        return zone_id.rpartition("/")[2]

    def _make_edge(
        self, name: str, lanes: tuple[Lane, ...], *, by_rule: bool
    ) -> dict[str, Any]:
        elbv2, ec2 = self.account.client("elbv2"), self.account.client("ec2")
        subnets = ec2.describe_subnets()["Subnets"][:2]
        balancer = elbv2.create_load_balancer(
            Name=name, Subnets=[subnet["SubnetId"] for subnet in subnets]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        groups = {
            lane.value: elbv2.create_target_group(
                Name=f"{name}-{lane}",
                Protocol="HTTP",
                Port=80,
                VpcId=subnets[0]["VpcId"],
                TargetType="ip",
            )["TargetGroups"][0]["TargetGroupArn"]
            for lane in lanes
        }
        first = {"Type": "forward", "TargetGroupArn": groups["blue"]}
        listener = elbv2.create_listener(
            LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[first]
        )["Listeners"][0]["ListenerArn"]
        edge = {
            "name": name,
            "load_balancer_arn": balancer,
            "target_groups": groups,
        }
        if not by_rule:
            return {**edge, "listener_arn": listener}
        rule = elbv2.create_rule(
            ListenerArn=listener,
            Priority=10,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[first],
        )["Rules"][0]["RuleArn"]
        return {**edge, "rule_arn": rule}

    def _write_all_blue(self) -> None:
        for edge in self.topology.edges:
            groups = [
                {"TargetGroupArn": arn, "Weight": int(lane is Lane.BLUE)}
                for lane, arn in edge.target_groups.items()
            ]
            self.set_actions(
                edge.name,
                {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}},
            )

    def _make_targets(self) -> None:
        for edge in self.topology.edges:
            self.set_targets(Lane.BLUE, edge.name, healthy=2, registered=2)

    def _make_service(self) -> None:
        ecs = self.account.client("ecs")
        ecs.create_cluster(clusterName="payments")
        ecs.register_task_definition(
            family="payments",
            containerDefinitions=[{"name": "app", "image": "app", "memory": 128}],
        )
        ecs.create_service(
            cluster="payments",
            serviceName="payments-blue",
            taskDefinition="payments",
            desiredCount=2,
        )
        # Moto starts tasks on an update only.
        ecs.update_service(cluster="payments", service="payments-blue", desiredCount=2)
        self.account.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId="service/payments/payments-blue",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=1,
            MaxCapacity=10,
        )

    def _mark(self, parsed: dict[str, Any], **_: Any) -> None:
        """Moto's targets are always healthy; some are not."""
        bad = {address for group in self._unhealthy.values() for address in group}
        for target in parsed.get("TargetHealthDescriptions", ()):
            if target["Target"]["Id"] in bad:
                target["TargetHealth"]["State"] = "unhealthy"


ALL_BLUE_STATE = EdgeState(weights=ALL_BLUE.weights())
