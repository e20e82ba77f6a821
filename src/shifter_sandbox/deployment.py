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
    preflight,
    prepare,
    roll_back,
    shift,
    start,
    watchdog,
)
from shifter_sandbox.account import MACHINE, Account
from shifter_sandbox.build_alarms import build_heartbeat_alarm
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
    "Preflight": (preflight.handler, 60),
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
NOWHERE = "https://control.invalid/"
"""The Function URL of a sandbox that nobody serves."""
ABANDONED = timedelta(minutes=30)
"""How long a cutover without an execution may take to come home."""


class Deployment:
    """Shifter, deployed: starts cutovers and waits for their end."""

    def __init__(
        self,
        aws: Account,
        definition: Mapping[str, Any],
        functions: Mapping[str, str],
    ) -> None:
        self._aws = aws
        self._definition = definition
        self.functions = functions
        """ARN by name, with the alias."""

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
    aws: Account,
    system: System,
    *,
    history_limit: int = 20_000,
    control_url: str = NOWHERE,
) -> Iterator[Deployment]:
    """Shifter in this account, for this system."""
    arn = f"arn:aws:states:{aws.region}:{aws.id}:stateMachine:{MACHINE}"
    variables = {
        "TABLE_NAME": system.table,
        "TOPOLOGY_PARAMETER": system.topology_parameter,
        "TOPIC_ARN": system.topic_arn,
        "EVENT_BUS": system.event_bus,
        "STATE_MACHINE_ARN": arn,
        "HEARTBEAT_ALARM": build_heartbeat_alarm(system.topology.environment),
        "HISTORY_LIMIT": str(history_limit),
    }
    with environment(variables):
        wiring.forget_clients()
        functions = {
            name: f"{aws.add_function(name, handler, timeout=timeout)}:live"
            for name, (handler, timeout) in {**_FUNCTIONS, **_BESIDE}.items()
        }
        text = DEFINITION.read_text()
        for name in _FUNCTIONS:
            text = text.replace(f"${{{name}Function}}", functions[name])
        _route("alarms", _ALARMS, functions["Breaker"])
        _route("requests", _REQUESTS, functions["Start"])
        _schedule(aws, functions["Watchdog"])
        definition = json.loads(text)
        aws.add_machine(definition)
        aws.functions.give_url("Control", control_url)
        _describe(system, arn, functions, control_url)
        yield Deployment(aws, definition, functions)
        wiring.forget_clients()


def _ended(name: str) -> bool:
    record = wiring.ports_from_environment().store.load(name)
    return record is None or record.phase in ENDS


def _describe(
    system: System, machine_arn: str, functions: Mapping[str, str], control_url: str
) -> None:
    """Write where everything is to the parameter that the command line looks for."""
    environment = system.topology.environment
    told = {
        "schema_version": 1,
        "environment": environment,
        "table": system.table,
        "topology_parameter": system.topology_parameter,
        "state_machine_arn": machine_arn,
        "control_url": control_url,
        "functions": {
            "preflight": functions["Preflight"],
            "roll_back": functions["RollBack"],
        },
    }
    boto3.client("ssm").put_parameter(
        Name=f"/shifter/{environment}/deployment", Type="String", Value=json.dumps(told)
    )


def _route(rule: str, pattern: Mapping[str, Any], function: str) -> None:
    """The rule that invokes a function with the events that match."""
    client = boto3.client("events")
    client.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    client.put_targets(Rule=rule, Targets=[{"Id": rule, "Arn": function}])


def _schedule(aws: Account, function: str) -> None:
    """Invoke the watchdog again and again, for as long as the account is there."""
    client = boto3.client("lambda")
    event = json.dumps(_SCHEDULED).encode()

    def invoke() -> None:
        client.invoke(FunctionName=function, Payload=event)

    aws.every(WATCH_EVERY.total_seconds(), invoke)
