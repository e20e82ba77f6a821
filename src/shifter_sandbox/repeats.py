"""What comes to a stage that is busy: second starts, old directives, events of alarms.

Each function says what is to come and returns what sends it, for a happening.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import boto3

from shifter.core.directive import Directive, Next
from shifter_sandbox.account import MACHINE
from shifter_sandbox.people import Do, arn_of, present
from shifter_sandbox.stage import APPROVER, CUTOVER, Stage

SECOND = "second"
"""Name of an execution that is started while another one runs."""
REDRIVEN = "redriven"
"""Name of an execution that carries out an old directive again."""
ALARM = "payments-prod-green-5xx"


def start_second(stage: Stage) -> None:
    """Start another cutover of the same environment."""
    plan = present(stage).plan.model_dump(mode="json")
    _start(stage, SECOND, {"plan": plan, "started_by": APPROVER})


def redrive(owner: int = 1) -> Do:
    """Carry out the first directive to shift again, as a redriven execution would.

    moto lacks RedriveExecution; what comes back with it is an old directive.
    """

    def do(stage: Stage) -> None:
        directive = Directive(
            cutover_id=CUTOVER,
            owner=owner,
            version=2,
            action=Next.SHIFT,
            until=stage.aws.now(),
        )
        _start(stage, REDRIVEN, directive.model_dump(mode="json"))

    return do


def _start(stage: Stage, name: str, payload: Any) -> None:
    stage.aws.state_machines.start(
        arn_of(stage, "stateMachine", MACHINE), payload, name
    )


def repeat_alarm_event(*, before_start: bool) -> Do:
    """Deliver an event that an alarm fired, although the alarm is OK now."""

    def do(stage: Stage) -> None:
        changed = stage.aws.now() - timedelta(seconds=30)
        if before_start:
            changed = present(stage).started_at - timedelta(hours=1)
        stage.aws.events.alarm_changed(_alarm_event(stage, changed))

    return do


def fire_alarm_at_the_poll(offset: timedelta = timedelta()) -> Do:
    """Set an alarm to ALARM so that the breaker runs when the next poll does.

    Its event takes a second.  At a full minute the alarm would be judged anew, so a
    poll in the middle of a minute is chosen.
    """

    def do(stage: Stage) -> None:
        while True:
            now, due = stage.aws.now(), _whole(present(stage).look_again_at)
            lead = (due + offset - now).total_seconds()
            if lead > 3 and 5 <= due.second <= 55:  # noqa: PLR2004
                break
            stage.aws.advance(1)
        # The event takes a second, the call 30 ms; both are the sandbox's.
        stage.aws.advance(lead - 1.03)
        boto3.client("cloudwatch").set_alarm_state(
            AlarmName=ALARM, StateValue="ALARM", StateReason="fired at the poll"
        )

    return do


def _whole(moment: datetime) -> datetime:
    """Whole seconds, rounded up, as the Wait state is told."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def _alarm_event(stage: Stage, changed: datetime) -> dict[str, Any]:
    found = stage.aws.monitoring.backend.alarms[ALARM]
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": stage.aws.id,
        "time": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
        "region": stage.aws.region,
        "resources": [found.alarm_arn],
        "detail": {
            "alarmName": ALARM,
            "state": {
                "value": "ALARM",
                "reason": "it was so",
                "timestamp": f"{changed:%Y-%m-%dT%H:%M:%S.000+0000}",
            },
            "previousState": {"value": "OK"},
        },
    }
