"""What happens to a stage by itself: lanes fail, data stop, AWS refuses, functions die.

Each function says what is to go wrong and returns what does it, for a happening.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3

from shifter.core.lanes import Lane
from shifter_sandbox.metrics import Silence
from shifter_sandbox.people import Do
from shifter_sandbox.stage import Stage
from shifter_sandbox.troubles import Trouble

BALANCERS = "AWS/ApplicationELB"


def trouble(make: Callable[..., Trouble], **details: Any) -> Do:
    """Let green do something wrong."""

    def do(stage: Stage) -> None:
        stage.traffic.plant(make(Lane.GREEN, **details))

    return do


def troubles(
    make: Callable[..., Trouble], *lanes: Lane, lasting: timedelta, **details: Any
) -> Do:
    """Let several lanes do the same thing wrong for a while."""

    def do(stage: Stage) -> None:
        ends = stage.aws.now() + lasting
        stage.traffic.plant(*(make(lane, ends=ends, **details) for lane in lanes))

    return do


def unhealthy(lane: Lane, *, edge: str = "", on: bool = True) -> Do:
    """Let the health checks of a lane fail, or pass again."""
    return lambda stage: stage.system.mark_unhealthy(lane, edge=edge, on=on)


def scale_blue(running: int) -> Do:
    """Let blue have so many tasks, of which each is a target at every edge."""

    def do(stage: Stage) -> None:
        service = stage.system.topology.services[Lane.BLUE]
        boto3.client("ecs").update_service(
            cluster=service.cluster, service=service.service, desiredCount=running
        )
        client: Any = boto3.client("elbv2")
        for entry in stage.system.entries:
            group = next(g for g, lane in entry.lanes.items() if lane == Lane.BLUE)
            known = [{"Id": f"10.0.0.{10 + n}", "Port": 8080} for n in range(3)]
            kept, gone = known[:running], known[running:]
            client.register_targets(TargetGroupArn=group, Targets=kept)
            if gone:
                client.deregister_targets(TargetGroupArn=group, Targets=gone)

    return do


def lag(seconds: float) -> Do:
    """Let replication fall behind."""

    def do(stage: Stage) -> None:
        assert stage.system.replication is not None  # noqa: S101  built with one
        stage.system.replication.set_lag(seconds)

    return do


def stop_replication(stage: Stage) -> None:
    """Let the DMS task stop."""
    assert stage.system.replication is not None  # noqa: S101  built with one
    stage.system.replication.stop("Stop Reason NORMAL")


def stop_metrics(
    name: str = "", *, lasting: timedelta | None = None, of: str = BALANCERS
) -> Do:
    """Let CloudWatch deliver no datapoints of load balancers, or of one metric."""

    def do(stage: Stage) -> None:
        now = stage.aws.now()
        ends = None if lasting is None else now + lasting
        stage.aws.metrics.silences.append(Silence(now, of, name, ends))

    return do


def throttle(stage: Stage) -> None:
    """Let AWS refuse by rate what Shifter reads and writes."""
    stage.aws.faults.throttle("elbv2.ModifyRule", times=3)
    stage.aws.faults.throttle("cloudwatch.DescribeAlarms", times=6)


def throttle_everything(seconds: float) -> Do:
    """Let AWS refuse by rate whatever is asked, for a while."""
    return lambda stage: stage.aws.faults.throttle("*", seconds=seconds, function="?*")


def table_unavailable(seconds: float, *, silent: bool) -> Do:
    """Let DynamoDB fail for a while: by errors, or by giving no answer."""

    def do(stage: Stage) -> None:
        if silent:
            stage.aws.faults.unreachable("dynamodb.*", seconds=seconds)
            return
        stage.aws.faults.fail(
            "dynamodb.*", code="InternalServerError", status=500, seconds=seconds
        )

    return do


def forbid_writing(edge: str, *, seconds: float | None = None) -> Do:
    """Let IAM refuse every change of an edge, for a while or for good."""

    def do(stage: Stage) -> None:
        entry = next(e for e in stage.system.entries if e.edge == edge)
        stage.aws.faults.deny(
            "elbv2.ModifyRule", resource=entry.forward_arn, seconds=seconds
        )

    return do


def kill(function: str, operation: str = "*", *, after: bool, saying: str = "") -> Do:
    """Let a function die once, at its next call of this kind, before or after it.

    `saying` is text that the call has to contain.
    """

    def do(stage: Stage) -> None:
        stage.aws.faults.crash(
            operation, after_effect=after, function=function, resource=saying, times=1
        )

    return do
