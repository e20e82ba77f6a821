"""Step Functions: moto's interpreter, on the virtual clock.

Rules: every execution is a task of `turns`, so one that a handler starts runs while its
starter ends; Wait states and retry intervals move the virtual clock, and a Wait until a
timestamp does not end before it; TimeoutSeconds and
HeartbeatSeconds are still real seconds in moto, so a virtual wait never trips them
(a Lambda's own timeout is virtual, see `functions`).  moto does not validate: validate
a definition elsewhere first.

Source: AWS Step Functions developer guide, "Using Amazon States Language"; API
reference, "StartExecution" (a name is generated when none is given).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import jsonata  # type: ignore[import-untyped]
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import (
    lambda_eval_utils,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import (
    timestamp,
    wait_function,
)
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import (
    StepFunctionsParserBackend,
    stepfunctions_parser_backends,
)

from shifter_sandbox.patching import patched
from shifter_sandbox.turns import Task, Turns

_BOTO_NAMES = {"elasticloadbalancingv2": "elbv2", "databasemigration": "dms"}


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How an execution ended, and everything that AWS tells about it."""

    name: str
    status: str
    output: Any
    error: str | None
    cause: str | None
    duration: timedelta
    history: tuple[Mapping[str, Any], ...]

    @property
    def states(self) -> list[str]:
        """Names of the states entered, in order."""
        return [
            event["stateEnteredEventDetails"]["name"]
            for event in self.history
            if "stateEnteredEventDetails" in event
        ]


class StateMachines:
    """The state machines of one account, and their executions."""

    def __init__(self, turns: Turns, region: str) -> None:
        self._turns = turns
        self._region = region
        self._tasks: dict[str, Task] = {}

    def add(self, name: str, definition: Mapping[str, Any]) -> str:
        """Create the state machine, or give it a new definition; return its ARN."""
        client = boto3.client("stepfunctions")
        arn = f"arn:aws:states:{self._region}:{DEFAULT_ACCOUNT_ID}:stateMachine:{name}"
        text = json.dumps(definition)
        if arn in {m["stateMachineArn"] for m in self._machines(client)}:
            client.update_state_machine(stateMachineArn=arn, definition=text)
        else:
            role = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/states"
            client.create_state_machine(name=name, definition=text, roleArn=role)
        return arn

    def start(self, machine_arn: str, payload: Any, name: str) -> None:
        """Start an execution; it runs when this thread gives its turn away."""
        boto3.client("stepfunctions").start_execution(
            stateMachineArn=machine_arn, name=name, input=json.dumps(payload)
        )

    def finish(self) -> None:
        """Wait until no execution runs any more, those started meanwhile included."""
        while running := [task for task in self._tasks.values() if not task.done]:
            self._turns.join(running[0])

    def result(self, name: str) -> ExecutionResult:
        """What became of an execution; its status is RUNNING while it runs."""
        found = [e for e in self._executions() if e.name == name]
        if not found:
            raise LookupError(f"no execution is called {name}")
        execution = found[-1]
        end = execution.stop_date or self._turns.clock.now()
        return ExecutionResult(
            name=name,
            status=str(execution.exec_status.value),
            output=execution.output,
            error=execution.error,
            cause=execution.cause,
            duration=end - execution.start_date,
            history=tuple(execution.to_history_output()["events"]),
        )

    def names(self) -> list[str]:
        """Names of all executions, in the order of their start."""
        return [str(execution.name) for execution in self._executions()]

    @contextmanager
    def interpreted(self) -> Iterator[None]:
        """Run executions on the virtual clock inside the context."""
        start_execution = StepFunctionsParserBackend.start_execution
        stop = ExecutionWorker.stop
        service: Any = state_task_service.StateTaskService
        boto_name = service._get_boto_service_name

        def named_start(
            backend: Any, state_machine_arn: str, name: str | None = None, *rest: Any
        ) -> Any:
            name = name or str(mock_random.uuid4())
            return start_execution(backend, state_machine_arn, name, *rest)

        def start_worker(worker: Any) -> None:
            arn = worker._evaluation_details.execution_details.arn
            self._tasks[arn] = self._turns.spawn(arn, worker._execution_logic)

        def stop_worker(worker: Any, **why: Any) -> None:
            stop(worker, **why)
            execution = worker._execution_communication.execution
            execution.stop_date = execution.stop_date or self._turns.clock.now()
            self._turns.hurry(worker._evaluation_details.execution_details.arn)

        def wait(_: Any, env: Any, wait_seconds: float) -> None:
            execution = env.states.context_object.context_object_data["Execution"]
            self._turns.sleep(wait_seconds, key=execution["Id"])

        def boto_service_name(task: Any, name: str | None = None) -> str:
            found = str(boto_name(task, name))
            return _BOTO_NAMES.get(found, found)

        changes: tuple[tuple[Any, str, Any], ...] = (
            (StepFunctionsParserBackend, "start_execution", named_start),
            (ExecutionWorker, "start", start_worker),
            (ExecutionWorker, "stop", stop_worker),
            (wait_function.WaitFunction, "_wait_interval", wait),
            (retrier_decl, "time", SimpleNamespace(sleep=self._turns.sleep)),
            (service, "_get_boto_service_name", boto_service_name),
            (lambda_eval_utils, "boto_client_for", _cached_clients()),
            (moto_jsonata, "_eval_jsonata", _eval_jsonata),
        )
        with ExitStack() as stack:
            for owner, name, new in changes:
                stack.enter_context(patched(owner, name, new))
            # moto cuts the time until a timestamp down to whole seconds: too early.
            stack.enter_context(patched(timestamp, "int", float, create=True))
            yield

    def _executions(self) -> list[Any]:
        backend = stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][self._region]
        found = [e for m in backend.state_machines for e in m.executions]
        return sorted(found, key=lambda execution: execution.start_date)

    @staticmethod
    def _machines(client: Any) -> list[Mapping[str, str]]:
        found: list[Mapping[str, str]] = client.list_state_machines()["stateMachines"]
        return found


def _cached_clients() -> Any:
    """Moto builds a client for each invocation; one for each service will do."""
    original: Any = vars(lambda_eval_utils)["boto_client_for"]

    @cache
    def client_for(region: str, service: str) -> Any:
        return original(region=region, service=service)

    def cached(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001  there is one account
        return client_for(region, service)

    return cached


def _eval_jsonata(expression: str) -> Any:
    try:
        return jsonata.Jsonata(expression).evaluate(None)
    except jsonata.JException as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error
