"""The system: the payment service that Shifter moves, built in an emulated account.

It is made of the same parts as the shipped infrastructure: one or two edges with a
target group for each lane, a Route 53 weighted pair between two edges, ECS services,
alarms, a DMS task, the table of records, the notice topic, an event bus and the
topology parameter.  Blue serves everything at the start, edge-1 gets every DNS answer.

Everything is built by AWS's own API, so nothing here works that AWS would not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from shifter.core.lanes import Lane, Weights
from shifter.core.topology import Dns, Topology
from shifter_sandbox.account import Account
from shifter_sandbox.dms import ReplicationTask
from shifter_sandbox.rotation import Rotations

OTHER = "other"
"""The lane of a target group that the topology does not name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One edge as the emulation sees it."""

    edge: str
    load_balancer_arn: str
    forward_arn: str
    """Of the listener rule or the listener whose weights count."""
    lanes: Mapping[str, str]
    """Lane by target group ARN."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Its target groups."""
        return tuple(self.lanes)

    def lane_of(self, target_group_arn: str) -> str:
        return self.lanes.get(target_group_arn, OTHER)


@dataclass(frozen=True)
class System:
    """The parts of a built system, and the hands of an operator over it."""

    aws: Account
    topology: Topology
    entries: tuple[Entry, ...]
    topology_parameter: str
    table: str
    topic_arn: str
    event_bus: str
    notice_queue: str
    event_queue: str
    alarm_names: tuple[str, ...]
    composite_alarm_names: tuple[str, ...]
    replication: ReplicationTask | None
    rotations: Rotations | None = None
    """Passwords and their guard, where the system was built with them."""

    @property
    def dns(self) -> Dns | None:
        return self.topology.dns

    def live_weights(self, edge: str) -> Weights:
        """The weights that an edge has now, by lane."""
        entry = self._entry(edge)
        found: dict[str, int] = {}
        weights = self.aws.load_balancing.forward_weights(entry.forward_arn)
        for group, weight in weights.items():
            lane = entry.lane_of(group)
            found[lane] = found.get(lane, 0) + weight
        return Weights.model_validate(found)

    def dns_weights(self, kind: str = "A") -> dict[str, int]:
        """The weights of the DNS pair now, by edge."""
        assert self.dns is not None, "this system has no DNS pair"  # noqa: S101
        live = self.aws.name_service.live_weights(self.dns.zone_id, self.dns.name, kind)
        return {r.edge: live[r.set_identifier] for r in self.dns.records}

    def edit_weights(self, edge: str, weights: Mapping[Lane, int]) -> None:
        """Change an edge by hand, as somebody outside of Shifter may do."""
        entry = self._entry(edge)
        groups = [
            {"TargetGroupArn": group, "Weight": weights.get(Lane(lane), 0)}
            for group, lane in entry.lanes.items()
        ]
        client: Any = boto3.client("elbv2")
        actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
        if ":listener-rule/" in entry.forward_arn:
            client.modify_rule(RuleArn=entry.forward_arn, Actions=actions)
        else:
            client.modify_listener(
                ListenerArn=entry.forward_arn, DefaultActions=actions
            )

    def mark_unhealthy(self, lane: Lane, *, edge: str = "", on: bool = True) -> None:
        """Let the health checks of a lane fail, at one edge or at all."""
        for entry in self.entries:
            for group, name in entry.lanes.items():
                if name == lane and edge in {"", entry.edge}:
                    self.aws.load_balancing.mark_unhealthy(group, on=on)

    def write_line(self, value: str) -> None:
        """Stop the line for a reason, or let it go."""
        assert self.topology.stop_parameter is not None  # noqa: S101  built with one
        boto3.client("ssm").put_parameter(
            Name=self.topology.stop_parameter, Value=value, Overwrite=True
        )

    def probe(self, edge: str) -> str:
        """The lane that would answer a request through this edge now."""
        weights = self.live_weights(edge)
        return max(Lane, key=weights.of)

    def scale_in_suspended(self) -> bool:
        """Tell whether some service is kept from becoming smaller."""
        client = boto3.client("application-autoscaling")
        found = client.describe_scalable_targets(ServiceNamespace="ecs")
        states = [t.get("SuspendedState", {}) for t in found["ScalableTargets"]]
        flags = ("DynamicScalingInSuspended", "ScheduledScalingSuspended")
        return any(state.get(flag) for state in states for flag in flags)

    def messages(self) -> list[dict[str, Any]]:
        """Notices sent to the topic since the last look."""
        return [_decoded(body["Message"]) for body in _drain(self.notice_queue)]

    def events(self) -> list[dict[str, Any]]:
        """Events put on the bus since the last look."""
        return _drain(self.event_queue)

    def _entry(self, edge: str) -> Entry:
        for entry in self.entries:
            if entry.edge == edge:
                return entry
        raise LookupError(f"this system has no {edge}")


def _drain(queue_url: str) -> list[dict[str, Any]]:
    client = boto3.client("sqs")
    found: list[dict[str, Any]] = []
    while batch := client.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10
    ).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            client.delete_message(
                QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
    return found


def _decoded(text: str) -> dict[str, Any]:
    """A notice as JSON; a plain text as {"message": ...}."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"message": text}
