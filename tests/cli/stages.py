"""A stage with a deployed Shifter that the command line finds, all in this process.

Time is the stage's: a command that waits lets virtual time pass.  `control` is reached
over HTTP, as in AWS, and takes the access key of the signature for the caller's name.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID

from shifter.cli import connection
from shifter.cli.main import app
from shifter.core.plan import Plan
from shifter.handlers import control
from shifter.telemetry import logger
from shifter_sandbox.account import MACHINE, REGION, Account
from shifter_sandbox.emf import Console
from shifter_sandbox.patching import environment, patched
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import CUTOVER, OPERATOR, Stage, stage

ENVIRONMENT = "payments-prod"
MACHINE_ARN = f"arn:aws:states:{REGION}:{DEFAULT_ACCOUNT_ID}:stateMachine:{MACHINE}"
_KEY = re.compile(r"Credential=([^/]+)/.*?/([^/]+)/aws4_request")


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
    """A stage, and its deployment parameter."""
    with ExitStack() as stack:
        on = stack.enter_context(stage(**{"edges": 2, **parts}))
        url = stack.enter_context(control_url())
        stack.enter_context(patched(connection, "sleep", on.aws.sleep))
        logger().setLevel(logging.CRITICAL)
        stack.callback(logger().setLevel, logging.INFO)
        describe(on, url)
        yield on


def describe(on: Stage, url: str, name: str = ENVIRONMENT) -> None:
    """Write the deployment parameter."""
    told = {
        "schema_version": 1,
        "environment": name,
        "table": on.system.table,
        "topology_parameter": on.system.topology_parameter,
        "state_machine_arn": MACHINE_ARN,
        "control_url": url,
        "functions": {"prepare": "Prepare:live", "roll_back": "RollBack:live"},
    }
    boto3.client("ssm").put_parameter(
        Name=f"/shifter/{name}/deployment",
        Type="String",
        Value=json.dumps(told),
        Overwrite=True,
    )


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


@contextmanager
def control_url() -> Iterator[str]:
    """Serve `control` on loopback; yields its URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            answer = _asked(self.headers.get("authorization", ""), body)
            sent = answer["body"].encode()
            self.send_response(answer["statusCode"])
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/control-url/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _asked(signature: str, body: str) -> Mapping[str, Any]:
    signed = _KEY.search(signature)
    if signed is None or signed[2] != "lambda" or signed[1] == "nobody":
        return {"statusCode": 403, "body": json.dumps({"Message": "Forbidden"})}
    arn = f"arn:aws:iam::123456789012:user/{signed[1].lower()}"
    return control.handler(
        {
            "version": "2.0",
            "body": body,
            "requestContext": {"authorizer": {"iam": {"userArn": arn}}},
        },
        None,
    )
