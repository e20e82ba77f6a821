"""Executions of the state machine.

A name is started once: it is the cutover's id, with the number of its owner behind it
when that is not the first.

AWS documentation: AWS Step Functions API, "StartExecution" (idempotent for the same
name and input while the execution runs; afterwards the name is refused for 90 days).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shifter.adapters.failures import translated

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StepFunctionsExecutions:
    """Fits `ports.Executions`."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, payload: Mapping[str, Any]) -> bool:
        with translated("StartExecution", name):
            try:
                self._client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=name,
                    input=json.dumps(payload, sort_keys=True),
                )
            except self._client.exceptions.ExecutionAlreadyExists:
                return False
        return True
