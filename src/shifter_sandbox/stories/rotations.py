"""Stories of passwords that are rotated, and of the guard that is asked about them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3

from shifter_sandbox.people import Do
from shifter_sandbox.rotation import FOLLOWED, GUARD, Rotations
from shifter_sandbox.scenario import (
    QUICK,
    End,
    Onset,
    Scenario,
    shipped_plan,
    when,
)

if TYPE_CHECKING:
    from shifter_sandbox.play import Played
    from shifter_sandbox.stage import Stage

DUE = "blue/app"
TOO_EARLY = "too-early"
"""The cutover that is refused."""


def _rotations(stage: Stage) -> Rotations:
    assert stage.system.rotations is not None  # noqa: S101  built with them
    return stage.system.rotations


def _meet_a_rotation(stage: Stage) -> None:
    """Look and start too early, rotate first, and look again."""
    rotations, plan = _rotations(stage), shipped_plan(**QUICK.plan)
    rotations.fall_due(DUE, timedelta(hours=1))
    _look(stage, plan.model_dump(mode="json"))
    stage.shifter.run(plan, TOO_EARLY, "an impatient operator")
    boto3.client("secretsmanager").rotate_secret(SecretId=rotations.secrets[DUE].arn)
    stage.aws.advance(FOLLOWED.total_seconds())
    _look(stage, plan.model_dump(mode="json"))


def _look(stage: Stage, plan: dict[str, Any]) -> None:
    boto3.client("lambda").invoke(
        FunctionName=stage.shifter.functions["Preflight"],
        Payload=json.dumps({"preflight": {"plan": plan}}).encode(),
    )


def _guard(why: str) -> Do:
    """Let the guard fail for a reason, or answer again."""

    def do(stage: Stage) -> None:
        _rotations(stage).broken = why

    return do


def refused_until_rotated(played: Played) -> str:
    """Preflight and start name the reason; after the rotation nothing is in the way."""
    told = [
        str(call.answer["problems"])
        for call in played.invocations
        if call.function == "Preflight"
    ]
    match told:
        case [before, "[]"] if f"ROTATION_DUE {DUE}" in before:
            early = [(e.status, e.error) for e in played.others if e.name == TOO_EARLY]
            if early == [("FAILED", "NotReady")]:
                return ""
            return f"the start that was too early ended {early}"
        case _:
            return f"the preflights told {told}"


def kept_out_while_it_ran(played: Played) -> str:
    """Each start asks once, and the end lets rotations in; nobody else changes it."""
    orders = [
        call.payload["action"]
        for call in played.invocations
        if call.function == GUARD and call.payload["action"] != "look"
    ]
    if orders == ["prepare", "prepare", "release"]:
        return ""
    return f"the guard was asked for {orders}"


def failed_at_the_end(played: Played) -> str:
    """The guard was told of the end, and failed; that stopped nobody."""
    ends = [
        call.error
        for call in played.invocations
        if call.function == GUARD and call.payload["action"] == "release"
    ]
    return "" if ends == ["RuntimeError"] else f"the guard ended with {ends}"


ROTATED_FIRST = Scenario(
    "rotated-first",
    "a password would be rotated meanwhile: refused, until it was rotated first",
    End.COMPLETED,
    before=_meet_a_rotation,
    plan=QUICK.plan,
    parts={"rotation": True},
    shows=(refused_until_rotated, kept_out_while_it_ran),
    onset=Onset.START,
)
GUARD_GONE = Scenario(
    "rotation-guard-gone",
    "the guard of rotations fails after the start: nobody needs it before the end",
    End.COMPLETED,
    (when("the guard fails", _guard("no such table")),),
    plan=QUICK.plan,
    parts={"rotation": True},
    shows=(failed_at_the_end,),
)

RUNS = (ROTATED_FIRST, QUICK.at(GUARD_GONE, Onset.MIDDLE))
