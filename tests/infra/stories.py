"""Short cutovers in the sandbox in which every function does all that it can.

What counts is only which calls are made; how the stories end is tested elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import boto3

from shifter.core.lanes import Lane
from shifter.core.phases import ENDS
from shifter_sandbox.account import MACHINE
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import APPROVER, CUTOVER, OPERATOR, Stage, stage
from shifter_sandbox.troubles import outage
from tests.infra.permissions import Calls, recorded

LONGEST = timedelta(hours=2)
CALENDAR = "arn:aws:ssm:eu-west-1:123456789012:document/office-hours"
STEPS = [{"share": "25 %", "dns_share": "50 %", "bake": "2m"}, {"share": "100 %"}]


def _plan(**changes: Any) -> dict[str, Any]:
    short = {"steps": STEPS, "final_bake": "2m"} | changes
    return shipped_plan(**short).model_dump(mode="json")


def order(body: dict[str, Any], by: str = OPERATOR) -> dict[str, Any]:
    """A request to the Function URL, as Lambda hands it on."""
    return {
        "version": "2.0",
        "requestContext": {"authorizer": {"iam": {"userArn": by}}},
        "body": json.dumps(body),
    }


def _invoke(function: str, event: Any) -> None:
    boto3.client("lambda").invoke(
        FunctionName=f"{function}:live", Payload=json.dumps(event).encode()
    )


def _by_event(plan: dict[str, Any]) -> None:
    detail = {"plan": plan, "cutover_id": CUTOVER}
    boto3.client("events").put_events(
        Entries=[
            {
                "Source": "payments.releases",
                "DetailType": "Cutover Requested",
                "Detail": json.dumps(detail),
            }
        ]
    )


def _go_on(on: Stage, until: Callable[[], bool]) -> None:
    """Let time pass until something is so."""
    deadline = on.aws.now() + LONGEST
    while not until():
        assert on.aws.now() < deadline, on.record()
        on.aws.advance(20)


def _ended(on: Stage) -> bool:
    record = on.record()
    return record is not None and record.phase in ENDS


def _moved(on: Stage) -> bool:
    record = on.record()
    return record is not None and record.step >= 1 and record.settled_at is not None


def _waiting(on: Stage, gate: str) -> bool:
    record = on.record()
    return record is not None and gate in record.waiting


def _scale_in(on: Stage) -> None:
    """Somebody takes tasks away from blue."""
    blue = next(iter(on.system.topology.services.values()))
    boto3.client("ecs").update_service(
        cluster=blue.cluster, service=blue.service, desiredCount=1
    )


@contextmanager
def _play(calls: Calls, **parts: Any) -> Iterator[Stage]:
    with stage(edges=2, rotation=True, **parts) as on, recorded() as made:
        yield on
        calls.add(made)


def _orders(calls: Calls) -> None:
    """Started, looked at, paused, resumed, approved; handed over; completed."""
    gates = [
        *shipped_plan().model_dump(mode="json")["gates"],
        {"kind": "approval", "name": "half", "before": "100 %"},
        {"kind": "calendar", "name": "window", "calendar": CALENDAR},
    ]
    plan = _plan(gates=gates)
    with _play(calls, history_limit=100) as on:
        on.aws.calendars.put("office-hours")
        _invoke("Preflight", {"preflight": {"plan": plan, "test_page": "4821"}})
        begin = {"order": "start", "cutover_id": CUTOVER, "plan": plan}
        _invoke("Control", order(begin | {"reason": "it is time"}))
        _go_on(on, lambda: _moved(on))
        for body in ({"order": "pause"}, {"order": "resume"}):
            _invoke("Control", order(body | {"reason": "lunch"}))
        approve = {"order": "approve", "gate": "half", "reason": "fine"}
        _go_on(on, lambda: _waiting(on, "half"))
        _invoke("Control", order(approve, APPROVER))
        _go_on(on, lambda: _ended(on))


def _an_alarm(calls: Calls) -> None:
    """Between two polls: the breaker goes back."""
    with _play(calls) as on:
        _by_event(_plan(poll="5m"))
        _go_on(on, lambda: _moved(on))
        _scale_in(on)
        on.traffic.plant(outage(Lane.GREEN))
        _go_on(on, lambda: _ended(on))
        on.aws.advance(600)


def _an_abort(calls: Calls) -> None:
    """The state machine goes back, and proves that green is quiet."""
    with _play(calls) as on:
        _by_event(_plan())
        _go_on(on, lambda: _moved(on))
        _scale_in(on)
        _invoke("Control", order({"order": "abort", "reason": "a storm"}))
        _go_on(on, lambda: _ended(on))
        on.aws.advance(600)


def _a_death(calls: Calls) -> None:
    """The execution is stopped: the watchdog takes over."""
    with _play(calls) as on:
        _by_event(_plan())
        _go_on(on, lambda: _moved(on))
        _scale_in(on)
        arn = f"arn:aws:states:{on.aws.region}:{on.aws.id}:execution:{MACHINE}"
        boto3.client("stepfunctions").stop_execution(executionArn=f"{arn}:{CUTOVER}")
        _go_on(on, lambda: _ended(on))
        on.aws.advance(900)  # until it has proven that green is quiet


def _a_start_that_fails(calls: Calls) -> None:
    """Scale-in cannot be suspended, so prepare goes back."""
    with _play(calls) as on:
        on.aws.faults.deny("*.RegisterScalableTarget", function="Prepare")
        _by_event(_plan())
        _go_on(on, lambda: _ended(on))


def _a_stuck_rollback(calls: Calls) -> None:
    """People make it safe by hand, and say so."""
    with _play(calls) as on:
        _by_event(_plan())
        _go_on(on, lambda: _moved(on))
        on.aws.faults.deny("elbv2.ModifyRule", function="RollBack")
        _invoke("RollBack", {"by": OPERATOR, "reason": "a storm"})
        on.aws.advance(90)
        for entry in on.system.entries:
            on.system.edit_weights(entry.edge, {Lane.BLUE: 1})
        _invoke("Control", order({"order": "resolve", "reason": "all blue by hand"}))
        assert _ended(on)


STORIES = (
    _orders,
    _an_alarm,
    _an_abort,
    _a_death,
    _a_start_that_fails,
    _a_stuck_rollback,
)


@cache
def told() -> Calls:
    """The calls of all stories."""
    calls = Calls()
    for story in STORIES:
        story(calls)
    return calls
