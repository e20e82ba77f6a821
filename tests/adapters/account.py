"""An AWS account for one test: clients over moto, and hooks that make calls fail.

Clients are kept for the whole run, because making one takes longer than most tests;
what a test hooks into them is taken out again at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

REGION = "eu-west-1"

_ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


@cache
def _session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # not a secret
        region_name=REGION,
    )


@cache
def _client(service: str) -> Any:
    make: Any = _session().client
    return make(service, config=_ONCE)


class Account:
    """Clients and hooks of one test."""

    def __init__(self) -> None:
        self._hooked: list[tuple[Any, str, Callable[..., Any]]] = []

    def client(self, service: str) -> Any:
        return _client(service)

    def hook(
        self,
        moment: str,
        service: str,
        operation: str,
        handler: Callable[..., Any],
    ) -> None:
        """Register a botocore event handler, before all others, until the test ends."""
        client, event = self.client(service), f"{moment}.{service}.{operation}"
        client.meta.events.register_first(event, handler)
        self._hooked.append((client, event, handler))

    def close(self) -> None:
        for client, event, handler in self._hooked:
            client.meta.events.unregister(event, handler)

    def answer(
        self,
        service: str,
        operation: str,
        answer: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        """Answer an operation that moto lacks or gets wrong."""

        def handler(params: dict[str, Any], **_: Any) -> Any:
            return SimpleNamespace(status_code=200), answer(params)

        self.hook("before-call", service, operation, handler)

    def refuse(
        self,
        service: str,
        operation: str,
        code: str = "ThrottlingException",
        *,
        message: str = "Rate exceeded",
        status: int = 400,
        about: str = "",
    ) -> None:
        """Let AWS refuse a call; `about` limits it to requests that contain a text."""

        def handler(params: dict[str, Any], **_: Any) -> Any:
            if about and about not in str(params["body"]):
                return None
            return SimpleNamespace(status_code=status), {
                "Error": {"Code": code, "Message": message},
                "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1"},
            }

        self.hook("before-call", service, operation, handler)

    def lose_answer(self, service: str, operation: str, *, about: str = "") -> None:
        """Let a call take effect, then time out."""
        sent: list[str] = []

        def before(params: dict[str, Any], **_: Any) -> None:
            sent.append(str(params["body"]))

        def after(parsed: dict[str, Any], **_: Any) -> None:
            if about in "".join(sent):
                raise ReadTimeoutError(endpoint_url="https://example.invalid")

        self.hook("before-call", service, operation, before)
        self.hook("after-call", service, operation, after)

    def send(self, service: str, operation: str, status: int, body: str) -> None:
        """Let the network bring this answer instead of moto's."""

        headers, raw = HTTPHeaders(), _Body(body.encode())

        def handler(request: Any, **_: Any) -> AWSResponse:
            return AWSResponse(request.url, status, headers, raw)

        self.hook("before-send", service, operation, handler)

    def record(self, service: str, operation: str) -> list[Any]:
        """Record the parameters of each call."""
        calls: list[Any] = []

        def handler(params: dict[str, Any], **_: Any) -> None:
            calls.append(params)

        self.hook("provide-client-params", service, operation, handler)
        return calls


class _Body:
    """What botocore needs of a urllib3 response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._content
