"""A sandbox served by a process of its own, for tests that come from outside.

    def test_something(served: Served) -> None:
        served.client("elbv2", key="ada").describe_load_balancers()

The fixture `served` is one sandbox for each file, at sixty times real time; `serve()`
opens one more.  Mark the tests with `xdist_group("served")`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "shifter", "sandbox", "serve"]
REGION = "eu-west-1"


@dataclass(frozen=True)
class Served:
    """A served sandbox, and ways into it."""

    endpoint: str
    environment: str
    process: subprocess.Popen[str]

    def variables(self, key: str = "ada") -> dict[str, str]:
        """The environment of a shell that works with it, as `key`."""
        return {
            **_without_aws(),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
        }

    def client(self, service: str, *, key: str = "ada") -> Any:
        """A client of boto3's, as `key`, that does not try again."""
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key="sandbox",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    @cached_property
    def deployed(self) -> dict[str, Any]:
        """Where everything is, from the deployment parameter."""
        name = f"/shifter/{self.environment}/deployment"
        found = self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return dict(json.loads(found))

    def order(
        self, key: str | None, *, service: str = "lambda", **order: Any
    ) -> tuple[int, dict[str, Any]]:
        """Send an order to `control`, signed by `key` or not at all."""
        request = AWSRequest(
            "POST", self.deployed["control_url"], data=json.dumps(order).encode()
        )
        if key is not None:
            credentials = Credentials(key, "sandbox")
            SigV4Auth(credentials, service, REGION).add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        return answer.status_code, dict(json.loads(answer.content))


@contextmanager
def serve(*arguments: str) -> Iterator[Served]:
    """Serve a sandbox, and end it."""
    process = subprocess.Popen(
        [*COMMAND, "--json", *arguments],
        cwd=ROOT,
        env=_without_aws(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            _, problem = process.communicate()
            raise AssertionError(f"the sandbox did not start: {problem}")
        told = json.loads(line)
        yield Served(told["endpoint"], told["environment"], process)
    finally:
        process.terminate()
        _, problem = process.communicate(timeout=30)
    # A busy machine may be too slow for the pace, and says so.
    told = [line for line in problem.splitlines() if "too slow" not in line]
    if (process.returncode, told) != (0, []):
        raise AssertionError(f"it ended with {process.returncode}: {problem}")


def _without_aws() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
