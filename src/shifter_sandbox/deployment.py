"""Deployment: Shifter's own functions and state machine in an emulated account.

The handlers, the wiring and `infra/cutover.asl.json` are the ones that run in AWS; only
the environment variables and the names of the functions are the sandbox's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shifter import wiring
from shifter.core.plan import Plan
from shifter.handlers import assess, finish, hand_over, prepare, roll_back, shift
from shifter_sandbox.account import MACHINE, Account
from shifter_sandbox.functions import Handler
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


class Deployment:
    """Shifter, deployed: starts cutovers and waits for their end."""

    def __init__(self, aws: Account, definition: Mapping[str, Any]) -> None:
        self._aws = aws
        self._definition = definition

    def run(
        self, plan: Plan, name: str, started_by: str
    ) -> tuple[ExecutionResult, ...]:
        """Run a cutover to its end; return its executions, in order."""
        payload = {"plan": plan.model_dump(mode="json"), "started_by": started_by}
        self._aws.run(self._definition, payload, name=name)
        return tuple(
            self._aws.result(found) for found in self._aws.state_machines.names()
        )


@contextmanager
def deployed(
    aws: Account, system: System, *, history_limit: int = 20_000
) -> Iterator[Deployment]:
    """Shifter in this account, for this system."""
    arn = f"arn:aws:states:{aws.region}:{aws.id}:stateMachine:{MACHINE}"
    with _environment(
        TABLE_NAME=system.table,
        TOPOLOGY_PARAMETER=system.topology_parameter,
        TOPIC_ARN=system.topic_arn,
        EVENT_BUS=system.event_bus,
        STATE_MACHINE_ARN=arn,
        HISTORY_LIMIT=str(history_limit),
    ):
        wiring.forget_clients()
        text = DEFINITION.read_text()
        for name, (handler, timeout) in _FUNCTIONS.items():
            function = aws.add_function(name, handler, timeout=timeout)
            text = text.replace(f"${{{name}Function}}", f"{function}:live")
        yield Deployment(aws, json.loads(text))
        wiring.forget_clients()


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
