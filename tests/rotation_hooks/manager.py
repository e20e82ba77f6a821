"""Secrets Manager as a rotation function meets it: moto, and the repetitions.

moto keeps the versions and their labels; what it cannot do without Docker is to invoke
a function.  So the four events are sent from here, to the real handler, and all of them
again after a failure, as Secrets Manager does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ReadTimeoutError

from rotation_hooks.core.errors import RotationError
from rotation_hooks.core.labels import Step
from rotation_hooks.handlers.rotate import handler
from rotation_hooks.wiring import forget_clients
from tests.rotation_hooks.passwords import KnownPasswords

SERVICES = ("secretsmanager", "dynamodb")
ATTEMPTS = 5


@dataclass
class Line:
    """The line to AWS, which loses one call: on its way there, or on its way back."""

    calls: list[str] = field(default_factory=list)
    lose: int | None = None
    on_the_way_back: bool = False

    def begin(self, lose: int | None, *, on_the_way_back: bool = False) -> None:
        self.calls, self.lose, self.on_the_way_back = [], lose, on_the_way_back

    def there(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        if not self.on_the_way_back:
            self._maybe_lose()

    def back(self, **_: Any) -> None:
        if self.on_the_way_back:
            self._maybe_lose()

    def _maybe_lose(self) -> None:
        if len(self.calls) == self.lose:
            raise ReadTimeoutError(endpoint_url="https://example.invalid")


@contextmanager
def line_to_aws() -> Iterator[Line]:
    """Clients that wiring builds go over this line."""
    line = Line()
    boto3.setup_default_session(region_name="eu-west-1")
    events: Any = boto3._get_default_session().events
    for service in SERVICES:
        events.register(f"before-call.{service}", line.there)
        events.register(f"after-call.{service}", line.back)
    forget_clients()
    try:
        yield line
    finally:
        boto3.DEFAULT_SESSION = None
        forget_clients()


def drive(arn: str, token: str, passwords: KnownPasswords) -> int:
    """Send the four events until all of them were taken; how many attempts it took."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            for step in Step:
                handler(event(arn, token, step), None)
        except RotationError as error:
            passwords.tell(error)
        else:
            return attempt
    raise AssertionError(f"not rotated after {ATTEMPTS} attempts")


def event(arn: str, token: str, step: str) -> dict[str, str]:
    return {"SecretId": arn, "ClientRequestToken": token, "Step": step}
