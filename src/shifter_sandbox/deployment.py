"""Deployment: Shifter's own functions and state machine in an emulated account.

The handlers, the wiring and `infra/cutover.asl.json` are the ones that run in AWS; only
the environment variables and the names of the functions are the sandbox's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3

from shifter import wiring
from shifter.core.phases import ENDS
from shifter.core.plan import Plan
from shifter.handlers import (
    assess,
    breaker,
    control,
    finish,
    hand_over,
    prepare,
    roll_back,
    shift,
    start,
    watchdog,
)
from shifter_sandbox.account import MACHINE, Account
from shifter_sandbox.functions import Handler
from shifter_sandbox.patching import environment
from shifter_sandbox.stepfunctions import ExecutionResult
from shifter_sandbox.system import System

DEFINITION = Path(__file__).parents[2] / "infra" / "cutover.asl.json"

# Name of the placeholder in the definition, the handler, its timeout in seconds.
_FUNCTIONS: Mapping[str, tuple[Handler, float]] = {
    "Prepare": (prepare.handler, 60),
    "Assess": (assess.handler, 60),
    "Shift": (shift.handler, 15),
    "RollBack": (roll_back.handler, 60),
    "Finish": (finish.handler, 60),
    "HandOver": (hand_over.handler, 60),
}
# Functions that the state machine does not know.
_BESIDE: Mapping[str, tuple[Handler, float]] = {
    "Breaker": (breaker.handler, 60),
    "Watchdog": (watchdog.handler, 60),
    "Control": (control.handler, 30),
    "Start": (start.handler, 30),
}
_ALARMS = {
    "source": ["aws.cloudwatch"],
    "detail-type": ["CloudWatch Alarm State Change"],
    "detail": {"state": {"value": ["ALARM"]}},
}
_REQUESTS = {"detail-type": ["Cutover Requested"]}
_SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
WATCH_EVERY = timedelta(minutes=1)
ABANDONED = timedelta(minutes=30)
"""How long a cutover without an execution may take to come home."""


class Deployment:
    """Shifter, deployed: starts cutovers and waits for their end."""

    def __init__(self, aws: Account, definition: Mapping[str, Any]) -> None:
        self._aws = aws
        self._definition = definition

    def run(
        self, plan: Plan, name: str, started_by: str
    ) -> tuple[ExecutionResult, ...]:
        """Run a cutover to its end; return its executions, in order.

        When its last execution has ended and the cutover has not, the watchdog gets
        some time to bring it home.
        """
        payload = {"plan": plan.model_dump(mode="json"), "started_by": started_by}
        self._aws.run(self._definition, payload, name=name)
        patience = self._aws.now() + ABANDONED
        while not _ended(name) and self._aws.now() < patience:
            self._aws.advance(WATCH_EVERY.total_seconds())
        return tuple(
            self._aws.result(found) for found in self._aws.state_machines.names()
        )


@contextmanager
def deployed(
    aws: Account, system: System, *, history_limit: int = 20_000
) -> Iterator[Deployment]:
    """Shifter in this account, for this system."""
    arn = f"arn:aws:states:{aws.region}:{aws.id}:stateMachine:{MACHINE}"
    variables = {
        "TABLE_NAME": system.table,
        "TOPOLOGY_PARAMETER": system.topology_parameter,
        "TOPIC_ARN": system.topic_arn,
        "EVENT_BUS": system.event_bus,
        "STATE_MACHINE_ARN": arn,
        "HISTORY_LIMIT": str(history_limit),
    }
    with environment(variables):
        wiring.forget_clients()
        text = DEFINITION.read_text()
        for name, (handler, timeout) in _FUNCTIONS.items():
            function = aws.add_function(name, handler, timeout=timeout)
            text = text.replace(f"${{{name}Function}}", f"{function}:live")
        beside = {
            name: aws.add_function(name, handler, timeout=timeout)
            for name, (handler, timeout) in _BESIDE.items()
        }
        _route("alarms", _ALARMS, beside["Breaker"])
        _route("requests", _REQUESTS, beside["Start"])
        _schedule(aws, beside["Watchdog"])
        definition = json.loads(text)
        aws.add_machine(definition)
        yield Deployment(aws, definition)
        wiring.forget_clients()


def _ended(name: str) -> bool:
    record = wiring.ports_from_environment().store.load(name)
    return record is None or record.phase in ENDS


def _route(rule: str, pattern: Mapping[str, Any], function: str) -> None:
    """The rule that invokes a function with the events that match."""
    client = boto3.client("events")
    client.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    client.put_targets(Rule=rule, Targets=[{"Id": rule, "Arn": f"{function}:live"}])


def _schedule(aws: Account, function: str) -> None:
    """Invoke the watchdog again and again, for as long as the account is there."""
    client = boto3.client("lambda")
    event = json.dumps(_SCHEDULED).encode()

    def invoke() -> None:
        client.invoke(FunctionName=f"{function}:live", Payload=event)

    aws.every(WATCH_EVERY.total_seconds(), invoke)
