"""Orders to `control`, over its Function URL, signed with the operator's credentials.

Rules of this file
* An order is sent once: whether it took effect is unknown when no answer came, and the
  operator is told so.
* AWS answers 403 itself when the caller may not invoke the function; `control` answers
  with `error` and `message`, which become the error that it names.
* No header of the request is ever told: it holds the signature.

AWS documentation: AWS Lambda developer guide, "Invoking Lambda function URLs" and
"Control access to Lambda function URLs" (service `lambda` in the signature).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from shifter.adapters.failures import scrubbed, translated
from shifter.adapters.functions import named_error
from shifter.core.errors import (
    AwsError,
    Denied,
    Rejected,
    ShifterError,
    Throttled,
    Unavailable,
)

ACTION = "InvokeFunctionUrl"
SECONDS = 35
"""`control` itself ends after 30 seconds."""


class ControlUrl:
    """The URL of one `control`.

    `credentials` are botocore's; `heard` is told the headers of every answer.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Any,
        region: str,
        heard: Callable[[Mapping[str, str]], object],
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._region = region
        self._heard = heard

    def send(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Send an order; return the answer.  Raises the error that `control` names."""
        request = AWSRequest(
            method="POST",
            url=self._url,
            data=json.dumps(order).encode(),
            headers={"content-type": "application/json"},
        )
        with translated(ACTION, "control"):
            SigV4Auth(self._credentials, "lambda", self._region).add_auth(request)
            answer = URLLib3Session(timeout=SECONDS).send(request.prepare())
        self._heard(answer.headers)
        told = _parsed(answer.content)
        if answer.status_code == HTTPStatus.OK and told is not None:
            return told
        raise _failure(answer.status_code, told)


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(content)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _failure(status: int, told: Mapping[str, Any] | None) -> ShifterError:
    """What an answer other than 200 stands for."""
    told = told or {}
    message = scrubbed(str(told.get("message") or told.get("Message") or ""))
    if status == HTTPStatus.FORBIDDEN:
        return Denied(ACTION, "control", message or "Forbidden")
    if "error" in told:
        return named_error(str(told["error"]), message)
    detail = f"HTTP {status}{': ' if message else ''}{message}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        detail += " (control failed: its log says why)"
    return _kind(status)(ACTION, "control", detail)


def _kind(status: int) -> type[AwsError]:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled
    return Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Rejected
