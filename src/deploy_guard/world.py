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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

from botocore.exceptions import BotoCoreError, ClientError

from deploy_guard.guard import Lock, Unreachable
from interlock.lock import EnvironmentLock, Holder, HolderName
from interlock.occupant import occupant

ANSWER_SECONDS = 10


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
        raise Unreachable(f"{action}: {error.response['Error']['Code']}") from None
    except BotoCoreError as error:
        raise Unreachable(f"{action}: {type(error).__name__}") from None


def put(url: str, answer: Mapping[str, Any]) -> None:
    """Send an answer.  Raises OSError when it does not arrive.

    The signature covers an empty content type (AWS CloudFormation user guide, "Custom
    resource response objects").
    """
    request = Request(  # noqa: S310 - a sender without https is refused
        url,
        data=json.dumps(answer).encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    with urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
        pass
