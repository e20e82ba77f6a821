"""What people do to a stage: orders, and changes by hand that bypass Shifter.

Each function says what is to be done and returns what does it, for a happening.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from interlock.lock import key
from shifter.core.lanes import Lane, Weights, dns_weights
from shifter.core.phases import ENDS
from shifter.core.record import Record
from shifter.engine import control
from shifter_sandbox.account import MACHINE
from shifter_sandbox.stage import APPROVER, CUTOVER, OPERATOR, Stage

Do = Callable[[Stage], object]


def present(stage: Stage) -> Record:
    """The record, which is there once a cutover has begun."""
    record = stage.record()
    assert record is not None, "the cutover has not begun"  # noqa: S101
    return record


def abort(stage: Stage) -> None:
    """Order to go back."""
    control.abort(CUTOVER, stage.ports, by=OPERATOR, reason="the shop asked for it")


def pause(stage: Stage) -> None:
    """Order to hold."""
    control.pause(CUTOVER, stage.ports, by=OPERATOR, reason="a look at the numbers")


def resume(stage: Stage) -> None:
    """Order to go on."""
    control.resume(CUTOVER, stage.ports, by=OPERATOR, reason="all is well again")


def answer(gate: str, *, approved: bool, reason: str) -> Do:
    """Approve or decline as soon as the gate asks."""

    def do(stage: Stage) -> None:
        while gate not in (record := present(stage)).waiting:
            if record.phase in ENDS:
                return
            stage.aws.advance(10)
        control.answer(
            CUTOVER,
            stage.ports,
            gate=gate,
            approved=approved,
            by=APPROVER,
            reason=reason,
        )

    return do


def lower(edge: str) -> Do:
    """Take half of its share from an edge."""
    return _edit(edge, lambda s: Weights(blue=1000 - s // 2, green=s // 2))


def raise_(edge: str) -> Do:
    """Give an edge a share halfway to everything."""
    return _edit(edge, lambda s: Weights(blue=(1000 - s) // 2, green=(1000 + s) // 2))


def use_canary(edge: str) -> Do:
    """Send the share of an edge to another lane."""
    # AWS takes no weight above 999.
    return _edit(edge, lambda s: Weights(blue=(1000 - s) // 2, canary=s // 2))


def _edit(edge: str, change: Callable[[int], Weights]) -> Do:
    def do(stage: Stage) -> None:
        weights = change(present(stage).split.share)
        stage.by_hand[edge] = weights
        stage.system.edit_weights(edge, {lane: weights.of(lane) for lane in Lane})

    return do


def use_unknown_targets(edge: str) -> Do:
    """Send a part of an edge to targets that no topology names."""

    def do(stage: Stage) -> None:
        entry = next(e for e in stage.system.entries if e.edge == edge)
        client: Any = boto3.client("elbv2")
        vpc = client.describe_target_groups(TargetGroupArns=list(entry.groups))
        made = client.create_target_group(
            Name="somebodys",
            Protocol="HTTP",
            Port=8080,
            VpcId=vpc["TargetGroups"][0]["VpcId"],
            TargetType="ip",
        )
        unknown = made["TargetGroups"][0]["TargetGroupArn"]
        stage.by_hand[edge] = Weights(blue=9, other=1)
        groups = [
            *(
                {"TargetGroupArn": group, "Weight": 9 if lane == "blue" else 0}
                for group, lane in entry.lanes.items()
            ),
            {"TargetGroupArn": unknown, "Weight": 1},
        ]
        client.modify_rule(
            RuleArn=entry.forward_arn,
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        )

    return do


def edit_dns(first: int, second: int) -> Do:
    """Change the weights of the DNS pair."""

    def do(stage: Stage) -> None:
        dns = stage.system.dns
        assert dns is not None, "this system has no DNS pair"  # noqa: S101
        client: Any = boto3.client("route53")
        found = client.list_resource_record_sets(HostedZoneId=dns.zone_id)
        weights = {"edge-1": first, "edge-2": second}
        changes = [
            {
                "Action": "UPSERT",
                "ResourceRecordSet": {**r, "Weight": weights[r["SetIdentifier"]]},
            }
            for r in found["ResourceRecordSets"]
            if r.get("SetIdentifier") in weights
        ]
        client.change_resource_record_sets(
            HostedZoneId=dns.zone_id, ChangeBatch={"Changes": changes}
        )

    return do


def restore_dns(stage: Stage) -> None:
    """Bring the DNS pair back to what the record says."""
    share = present(stage).dns_share
    assert share is not None, "the plan leaves DNS alone"  # noqa: S101
    edit_dns(*dns_weights(share))(stage)


def delete_lock(stage: Stage) -> None:
    """Delete the environment's lock from the table."""
    boto3.client("dynamodb").delete_item(
        TableName=stage.system.table, Key=key(stage.system.topology.environment)
    )


def stop_execution(stage: Stage) -> None:
    """Stop the execution that drives the cutover."""
    boto3.client("stepfunctions").stop_execution(
        executionArn=arn_of(stage, "execution", MACHINE, CUTOVER),
        error="Stopped",
        cause="by somebody",
    )


def arn_of(stage: Stage, kind: str, *names: str) -> str:
    """The ARN of a state machine or of an execution."""
    return ":".join(("arn:aws:states", stage.aws.region, stage.aws.id, kind, *names))
