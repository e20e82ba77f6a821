"""What the guard needs of AWS: a stack's status, and the environment's lock.

Rules of this file
* The table is found by the parameter that Shifter's stack writes.  Where there is no
  such parameter, Shifter was never deployed.
* Of an error only its code is told: a message can quote what it was about.

AWS documentation: AWS CloudFormation API, "DescribeStacks"; AWS Systems Manager API,
"GetParameter".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.guard import Lock, Unreachable
from interlock.lock import EnvironmentLock, Holder, HolderName
from interlock.occupant import occupant

ANSWER_SECONDS = 5
ATTEMPTS, PAUSE_SECONDS = 3, 2.0


class AwsWorld:
    """Fits `guard.World`."""

    def __init__(self, environment: str, client: Any) -> None:
        self.environment = environment
        self._client = client
        """Gives a client for a service's name."""

    def status(self, stack_id: str) -> str:
        with _told("DescribeStacks"):
            answer = self._client("cloudformation").describe_stacks(StackName=stack_id)
        return str(answer["Stacks"][0]["StackStatus"])

    def lock(self) -> Lock | None:
        name = f"/shifter/{self.environment}/deployment"
        ssm = self._client("ssm")
        with _told("GetParameter"):
            try:
                answer = ssm.get_parameter(Name=name)
            except ssm.exceptions.ParameterNotFound:
                return None
        try:
            table = json.loads(answer["Parameter"]["Value"])["table"]
        except (ValueError, KeyError, TypeError):
            raise Unreachable(f"{name} does not name Shifter's table") from None
        return _TableLock(self._client("dynamodb"), str(table), self.environment)


class _TableLock:
    """Fits `guard.Lock`."""

    def __init__(self, client: Any, table: str, environment: str) -> None:
        self._client, self._table = client, table
        self._environment = environment
        self._lock = EnvironmentLock(client, table)

    def acquire(self, holder: HolderName, now: datetime, lease: timedelta) -> None:
        with _told("UpdateItem"):
            self._lock.acquire(self._environment, holder, now, lease)

    def release(self, holder: HolderName) -> None:
        with _told("DeleteItem"):
            self._lock.release(self._environment, holder)

    def holder(self) -> Holder | None:
        with _told("GetItem"):
            return self._lock.holder(self._environment)

    def occupant(self, now: datetime) -> Holder | None:
        with _told("Query"):
            return occupant(self._client, self._table, self._environment, now)


@contextmanager
def _told(action: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        denied = "AccessDenied" in code or "Unauthorized" in code
        raise Unreachable(f"{action}: {code}", denied=denied) from None
    except BotoCoreError as error:
        raise Unreachable(f"{action}: {type(error).__name__}") from None


def put(
    url: str, answer: Mapping[str, Any], sleep: Callable[[float], object] = time.sleep
) -> None:
    """Send an answer, again if need be.  Raises Unreachable, which shows no address.

    The signature covers an empty content type (AWS CloudFormation user guide, "Custom
    resource response objects").
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _put(url, json.dumps(answer).encode())
        except Unreachable:
            if attempt == ATTEMPTS:
                raise
        sleep(PAUSE_SECONDS * attempt)
    raise AssertionError("the last attempt returns or raises")


def _put(url: str, body: bytes) -> None:
    request = Request(  # noqa: S310 - a sender without https is refused
        url, data=body, method="PUT", headers={"Content-Type": ""}
    )
    try:
        with urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            answer.read()
    except HTTPError as error:
        error.close()
        raise Unreachable(f"CloudFormation's bucket answers {error.code}") from None
    except (OSError, HTTPException) as error:
        reason = type(getattr(error, "reason", error)).__name__
        raise Unreachable(
            f"CloudFormation's bucket does not answer: {reason}"
        ) from None
