"""Lambda functions: Python callables behind Lambda's own API.

Rules: whatever a handler raises becomes a function error with its type as `errorType`,
so that Retry and Catch of the state machine see the names that they see in AWS; a
handler that runs past its timeout, in virtual time, is killed at its next call; an
asynchronous invocation runs as a task of its own.  Names, versions, aliases and full
ARNs all reach the same handler.  (AWS Lambda developer guide, "Python handler
exceptions" and "Invoking a function asynchronously".)
"""

from __future__ import annotations

import io
import json
import traceback
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
from moto.awslambda_simple.models import (
    LambdaSimpleBackend,
    lambda_simple_backends,
)
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from shifter_sandbox.patching import patched
from shifter_sandbox.turns import SandboxClosed, Turns

Handler = Callable[[Any, Any], Any]


class Killed(BaseException):
    """The runtime ends this invocation; no handler can catch it as an Exception."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


@dataclass(frozen=True, slots=True)
class Invocation:
    """One finished run of a function; `error` is its errorType, if it failed."""

    function: str
    at: datetime
    payload: Any
    answer: Any
    error: str | None


class LambdaContext:
    """The part of Lambda's context object that handlers use."""

    memory_limit_in_mb = "256"  # Lambda's Python runtime gives a string
    function_version = "1"

    def __init__(self, name: str, arn: str, remaining: Callable[[], float]) -> None:
        self.function_name = name
        self.invoked_function_arn = arn
        self.aws_request_id = str(mock_random.uuid4())
        self._remaining = remaining

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the timeout, in virtual milliseconds."""
        return max(0, int(self._remaining() * 1000))


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    arn: str
    handler: Handler
    timeout: float


@dataclass(frozen=True, slots=True)
class _Run:
    function: _Function
    end: datetime


_RUNNING: ContextVar[_Run | None] = ContextVar("running", default=None)


def running_function() -> str:
    """Name of the Lambda on whose behalf this code runs; empty outside of one."""
    run = _RUNNING.get()
    return run.function.name if run else ""


class Functions:
    """The Lambda functions of one account."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._functions: dict[str, _Function] = {}
        self.invocations: list[Invocation] = []

    def add(self, name: str, handler: Handler, *, timeout: float = 900.0) -> str:
        """Create the function, its version 1 and its alias `live`; return its ARN."""
        client = boto3.client("lambda")
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("unused.py", "")
        made = client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=_role(),
            Handler="unused.handler",
            Code={"ZipFile": package.getvalue()},
        )
        client.publish_version(FunctionName=name)
        client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        arn = str(made["FunctionArn"])
        self._functions[name] = _Function(name, arn, handler, timeout)
        return arn

    def give_url(self, name: str, url: str) -> None:
        """Let the function have this URL, for callers whom IAM knows."""
        client = boto3.client("lambda")
        client.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
        backend = lambda_simple_backends[DEFAULT_ACCOUNT_ID][client.meta.region_name]
        backend.get_function(name).get_url_config().url = url

    def check_alive(self) -> None:
        """Kill the running invocation when its timeout has passed."""
        run = _RUNNING.get()
        now = self._turns.clock.now()
        if run is not None and now > run.end:
            raise Killed(
                "Sandbox.Timedout",
                f"Task timed out after {run.function.timeout:.2f} seconds",
            )

    @contextmanager
    def served(self) -> Iterator[None]:
        """Let moto's Lambda call the handlers inside the context."""

        def invoke(  # noqa: PLR0917  moto calls it so
            backend: LambdaSimpleBackend,
            function_name: str,
            qualifier: str | None,  # noqa: ARG001  every version is the same code
            body: Any,
            headers: Mapping[str, str],
            response_headers: dict[str, str],
        ) -> bytes:
            name = function_name.rsplit(":function:", 1)[-1].split(":", maxsplit=1)[0]
            backend.get_function(name)  # raises ResourceNotFoundException, as Lambda
            payload = json.loads(body or "{}")
            if headers.get("X-Amz-Invocation-Type") == "Event":
                self._turns.spawn(f"async {name}", lambda: self._run(name, payload))
                return b""
            answer, failed = self._run(name, payload)
            if failed:
                response_headers["x-amz-function-error"] = "Unhandled"
            return answer

        with patched(LambdaSimpleBackend, "invoke", invoke):
            yield

    def _run(self, name: str, payload: Any) -> tuple[bytes, bool]:
        function = self._functions[name]
        start = self._turns.clock.now()
        end = start + timedelta(seconds=function.timeout)

        def remaining() -> float:
            return (end - self._turns.clock.now()).total_seconds()

        context = LambdaContext(name, function.arn, remaining)
        token = _RUNNING.set(_Run(function, end))
        answer: Any
        kind: str | None = None
        try:
            answer = function.handler(payload, context)
            encoded = json.dumps(answer).encode()
        except SandboxClosed:
            raise
        except BaseException as error:  # noqa: BLE001  Lambda reports every exception
            kind = (
                error.error_type if isinstance(error, Killed) else type(error).__name__
            )
            answer = {
                "errorMessage": str(error),
                "errorType": kind,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
            encoded = json.dumps(answer).encode()
        finally:
            _RUNNING.reset(token)
        self.invocations.append(Invocation(name, start, payload, answer, kind))
        return encoded, kind is not None


def _role() -> str:
    iam = boto3.client("iam")
    try:
        made = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName="lambda")["Role"]["Arn"])
    return str(made["Role"]["Arn"])
