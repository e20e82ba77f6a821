"""A stage with a deployed Shifter that the command line finds, all in this process.

Time is the stage's: a command that waits lets virtual time pass.  `control` is reached
over HTTP, as in AWS, and the access key of the signature is the caller's name.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID

from shifter.cli import connection
from shifter.cli.main import app
from shifter.core.plan import Plan
from shifter.telemetry import logger
from shifter_sandbox.account import MACHINE, REGION, Account
from shifter_sandbox.emf import Console
from shifter_sandbox.function_url import FunctionUrl
from shifter_sandbox.identity import Signer
from shifter_sandbox.outside import Answer, Request
from shifter_sandbox.patching import environment, patched
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import CUTOVER, OPERATOR, Stage, stage

MACHINE_ARN = f"arn:aws:states:{REGION}:{DEFAULT_ACCOUNT_ID}:stateMachine:{MACHINE}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout)
        return found


def run(on: Stage, *arguments: str, redrawn: bool = False) -> Ended:
    """Run a command on a stage; `redrawn` is a terminal that can be redrawn."""
    return run_in(on.aws, *arguments, redrawn=redrawn)


def run_in(
    aws: Account, *arguments: str, stdin: Any = None, redrawn: bool = False
) -> Ended:
    """Run a command in an account, on its time, in a terminal of 100 columns.

    What functions print meanwhile becomes metrics, as it does outside of a command.
    """
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        environment(
            {"COLUMNS": "100", "NO_COLOR": "1", "TTY_COMPATIBLE": str(int(redrawn))}
        ),
        patched(sys, "stdin", stdin or io.StringIO()),
        redirect_stdout(Console(aws.metrics, out)),
        redirect_stderr(err),
    ):
        try:
            app(list(arguments), prog_name="shifter")
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def operated_stage(**parts: Any) -> Iterator[Stage]:
    """A stage whose `control` is served, with Ada before the terminal."""
    with control_url() as served, ExitStack() as stack:
        on = stack.enter_context(
            stage(**{"edges": 2, **parts}, control_url=served.address)
        )
        served.url = FunctionUrl(on.shifter.functions["Control"])
        served.now = on.aws.now
        stack.enter_context(operator("ada"))
        stack.enter_context(patched(connection, "sleep", on.aws.sleep))
        logger().setLevel(logging.CRITICAL)
        stack.callback(logger().setLevel, logging.INFO)
        yield on


def begin(on: Stage, name: str = CUTOVER, **changes: Any) -> Plan:
    """Start a cutover as another operator would, and let it prepare."""
    plan = shipped_plan(**changes)
    on.aws.state_machines.start(
        MACHINE_ARN,
        {"plan": plan.model_dump(mode="json"), "started_by": OPERATOR},
        name,
    )
    wait(on, 20)
    return plan


def wait(on: Stage, seconds: float) -> None:
    """Let virtual time pass; what functions print meanwhile becomes metrics.

    pytest has its own standard output for each part of a test, the fixture's included.
    """
    with redirect_stdout(Console(on.aws.metrics, sys.stdout)):
        on.aws.advance(seconds)


@contextmanager
def operator(name: str) -> Iterator[None]:
    """Be another operator."""
    with environment({"AWS_ACCESS_KEY_ID": name}):
        yield


@dataclass
class Served:
    """The Function URL as other processes reach it."""

    address: str
    url: FunctionUrl | None = None
    now: Callable[[], datetime] | None = None

    def answer(self, request: Request) -> Answer:
        signer = Signer.of(request.headers.get("Authorization"))
        assert self.url is not None
        assert self.now is not None
        if signer is not None and signer.access_key == "nobody":
            return Answer(403, {}, b'{"Message":"Forbidden"}')
        return self.url.answer(request, self.now())


@contextmanager
def control_url() -> Iterator[Served]:
    """Serve `control` on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = served.answer(Request("POST", self.path, self.headers, body))
            self.send_response(answer.status)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_address[1]}/control-url/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
