"""Scenarios by name: what goes wrong, and how the cutover has to end.

Each plays through the real state machine, handlers and adapters.  What is told about
traffic and time is measured in the run, never written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import yaml

from shifter.core.lanes import Lane
from shifter.core.plan import Plan, parse_plan
from shifter.engine import control
from shifter_sandbox.account import MACHINE
from shifter_sandbox.stage import APPROVER, CUTOVER, OPERATOR, Happening, Stage
from shifter_sandbox.troubles import error_rate, latency, outage, slow_leak

SHIPPED_PLAN = Path(__file__).parents[2] / "examples" / "plan.yaml"
MINUTE = timedelta(minutes=1)


class End(StrEnum):
    """How a run ends."""

    COMPLETED = "COMPLETED"
    ROLLED_BACK = "ROLLED_BACK"
    STUCK = "ROLLBACK_STUCK"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story."""

    name: str
    told: str
    """The story in one sentence."""
    end: End
    happenings: tuple[Happening, ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the shipped plan."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What differs from two edges with DNS between them."""
    because: str = ""
    """Words that the reason of the end has to contain."""
    execution_dies: bool = False
    """Whether the execution is stopped, and the watchdog brings the cutover home."""


def shipped_plan(**changes: Any) -> Plan:
    """The shipped example plan, with a final bake that a demonstration can wait for."""
    document = yaml.safe_load(SHIPPED_PLAN.read_text())
    return parse_plan({**document, "final_bake": "10m", **changes})


def _plant(make: Any, **details: Any) -> Any:
    def plant(stage: Stage) -> None:
        stage.traffic.plant(make(Lane.GREEN, **details))

    return plant


def _edit(edge: str, green: int) -> Any:
    def edit(stage: Stage) -> None:
        weights = {Lane.BLUE: 100 - green, Lane.GREEN: green}
        stage.system.edit_weights(edge, weights)

    return edit


def _resume(stage: Stage) -> None:
    control.resume(
        CUTOVER, stage.ports, by=OPERATOR, reason="the edit was a misunderstanding"
    )


def _abort(stage: Stage) -> None:
    control.abort(CUTOVER, stage.ports, by=OPERATOR, reason="the shop asked for it")


def _approve(stage: Stage) -> None:
    control.answer(
        CUTOVER,
        stage.ports,
        gate="half",
        approved=True,
        by=APPROVER,
        reason="numbers look good",
    )


def _decline(stage: Stage) -> None:
    control.answer(
        CUTOVER,
        stage.ports,
        gate="half",
        approved=False,
        by=APPROVER,
        reason="not on a Friday",
    )


def _lag(seconds: float) -> Any:
    def lag(stage: Stage) -> None:
        assert stage.system.replication is not None  # noqa: S101  built with one
        stage.system.replication.set_lag(seconds)

    return lag


def _stop_replication(stage: Stage) -> None:
    assert stage.system.replication is not None  # noqa: S101  built with one
    stage.system.replication.stop("Stop Reason NORMAL")


def _unhealthy(lane: Lane) -> Any:
    def mark(stage: Stage) -> None:
        stage.system.mark_unhealthy(lane)

    return mark


def _stop_execution(stage: Stage) -> None:
    arn = f"arn:aws:states:{stage.aws.region}:{stage.aws.id}:execution:{MACHINE}"
    boto3.client("stepfunctions").stop_execution(
        executionArn=f"{arn}:{CUTOVER}", error="Stopped", cause="by somebody"
    )


def _throttle(stage: Stage) -> None:
    stage.aws.faults.throttle("elbv2.ModifyRule", times=3)
    stage.aws.faults.throttle("cloudwatch.DescribeAlarms", times=6)


def _approval_before(share: str) -> list[dict[str, Any]]:
    gates = yaml.safe_load(SHIPPED_PLAN.read_text())["gates"]
    return [*gates, {"kind": "approval", "name": "half", "before": share}]


def _when(told: str, do: Any, at_share: int, later: timedelta = MINUTE) -> Happening:
    return Happening(told=told, do=do, at_share=at_share, later=later)


_ALL = (
    Scenario(
        "outage",
        "green fails completely while it serves 10 %",
        End.ROLLED_BACK,
        (_when("green fails", _plant(outage), 100),),
        because="5xx",
    ),
    Scenario(
        "edit-higher",
        "somebody raises green by hand at one edge",
        End.ROLLED_BACK,
        (_when("edge-2 is set to 40 % green by hand", _edit("edge-2", 40), 100),),
        because="weights",
    ),
    Scenario("complete", "nothing goes wrong", End.COMPLETED, because="every step"),
    Scenario(
        "edit-lower",
        "somebody moves an edge to safety by hand; an operator resumes",
        End.COMPLETED,
        (
            _when("edge-1 is set to 5 % green by hand", _edit("edge-1", 5), 250),
            _when("the operator resumes", _resume, 250, 4 * MINUTE),
        ),
    ),
    Scenario(
        "errors",
        "5 % of green's requests fail from 25 % on",
        End.ROLLED_BACK,
        (_when("green fails for 5 %", _plant(error_rate, errors=0.05), 250),),
        because="5xx",
    ),
    Scenario(
        "slow-leak",
        "green fails for a little more every minute",
        End.ROLLED_BACK,
        (_when("green leaks", _plant(slow_leak, per_minute=0.01), 50),),
        because="5xx",
    ),
    Scenario(
        "latency",
        "green becomes slow; the plan holds, and an operator gives up",
        End.ROLLED_BACK,
        (
            _when("green is slow", _plant(latency, seconds=0.9), 250),
            _when("the operator aborts", _abort, 250, 15 * MINUTE),
        ),
        because="aborted",
    ),
    Scenario(
        "lag",
        "replication falls behind by two minutes",
        End.ROLLED_BACK,
        (_when("lag of 120 s", _lag(120), 100),),
        because="lag",
    ),
    Scenario(
        "replication-stops",
        "the DMS task stops",
        End.ROLLED_BACK,
        (_when("the task stops", _stop_replication, 100),),
        because="replication",
    ),
    Scenario(
        "green-unhealthy",
        "green's health checks fail",
        End.ROLLED_BACK,
        (_when("green is unhealthy", _unhealthy(Lane.GREEN), 500),),
        because="green",
    ),
    Scenario(
        "approved",
        "half of the traffic needs an approval, which comes late",
        End.COMPLETED,
        (_when("grace approves", _approve, 250, 9 * MINUTE),),
        plan={"gates": _approval_before("50 %")},
    ),
    Scenario(
        "declined",
        "half of the traffic needs an approval, which is declined",
        End.ROLLED_BACK,
        (_when("grace declines", _decline, 250, 3 * MINUTE),),
        plan={"gates": _approval_before("50 %")},
        because="declined",
    ),
    Scenario(
        "throttled",
        "AWS throttles reads and writes for a while",
        End.COMPLETED,
        (_when("AWS throttles", _throttle, 100),),
    ),
    Scenario(
        "execution-dies",
        "somebody stops the execution, and nobody is in charge any more",
        End.ROLLED_BACK,
        (_when("the execution is stopped", _stop_execution, 100),),
        because="nobody",
        execution_dies=True,
    ),
    Scenario(
        "alarm-between-polls",
        "green fails completely, and the next poll is minutes away",
        End.ROLLED_BACK,
        (_when("green fails", _plant(outage), 100),),
        plan={"poll": "5m"},
        because="alarm payments-prod-green-5xx is in ALARM",
    ),
    Scenario(
        "one-edge",
        "one edge without DNS, with its weights in the listener",
        End.COMPLETED,
        plan={
            "steps": [
                {"share": "10 %", "bake": "3m"},
                {"share": "50 %", "bake": "3m"},
                {"share": "100 %"},
            ]
        },
        parts={"edges": 1, "dns": False, "default_action": True},
    ),
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType({s.name: s for s in _ALL})
DEMO = ("outage", "edit-higher", "complete")
