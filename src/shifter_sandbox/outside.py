"""Outside: requests of other processes, passed to the gateway like our own clients'.

A request is told apart by its signature: service and region stand in the credential
scope.  It is addressed anew, to the host that the service has in AWS, and then goes
where botocore's requests of this process go: through moto's hook, whose place the
gateway has taken.  Hence latency, faults, counting and answers are one path for all.

Rules: whatever is wrong becomes an error as AWS sends it, in the protocol of the
request, and the server lives on; a client whose answer is lost hears nothing.
Sources: AWS Signature Version 4, "Credential scope"; Amazon EC2 API reference, "Common
error codes" (MissingAuthenticationToken, InternalFailure).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import HTTPClientError, UnknownServiceError
from moto.core.models import botocore_stubber
from moto.core.request import normalize_request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from shifter_sandbox import wire
from shifter_sandbox.identity import Signer
from shifter_sandbox.turns import SandboxClosed
from shifter_sandbox.wire import Call, Refused

_SIGNED_AS = {
    # as a signature spells a service: as boto3.client spells it
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_NOT_SENT_ON = {"connection", "content-length", "date", "server", "status"}
_UNKNOWN_URL = (404, b"Not yet implemented")
"""What moto answers to a service that it does not have."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came in."""

    method: str
    target: str
    """Path and query."""
    headers: Message
    body: bytes

    @property
    def signer(self) -> Signer | None:
        """Who signed it; None when nobody did."""
        return Signer.of(self.headers["Authorization"])


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer_of(request: Request) -> Answer:
    """What the account answers; what a planted fault raises passes."""
    signer = request.signer
    prepared = _addressed(request, signer)
    try:
        return _plain(_passed_on(prepared, signer))
    except Refused as refused:
        service = signer.service if signer else ""
        return _plain(wire.error(Call(service, "", prepared), refused))


def _addressed(request: Request, signer: Signer | None) -> AWSPreparedRequest:
    """The request as botocore would send it to AWS."""
    host = f"{signer.service}.{signer.region}.amazonaws.com" if signer else "unknown"
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = host if name.lower() == "host" else value
    url = f"https://{host}{request.target}"
    return AWSPreparedRequest(request.method, url, headers, request.body, False)


def _passed_on(prepared: AWSPreparedRequest, signer: Signer | None) -> AWSResponse:
    if signer is None:
        message = "the request has no signature of version 4: sign it with any key"
        raise Refused("MissingAuthenticationToken", message, 403)
    name, operation = _named(prepared, signer)
    try:
        found = botocore_stubber(f"before-send.{name}.{operation}", prepared)
    except NotImplementedError as missing:
        raise _unknown(str(missing)) from missing
    except (SandboxClosed, HTTPClientError):
        raise
    except Exception as bug:  # moto does not check what it is sent as AWS does
        message = f"the sandbox failed at {operation}: {type(bug).__name__}: {bug}"
        raise Refused("InternalFailure", message, 500) from bug
    if found is None or (found.status_code, found.content) == _UNKNOWN_URL:
        raise _unknown(f"moto has no {signer.service} in {signer.region}")
    return found


def _named(prepared: AWSPreparedRequest, signer: Signer) -> tuple[str, str]:
    """Service and operation, as botocore's events spell them."""
    service = _SIGNED_AS.get(signer.service, signer.service)
    try:
        model = get_service_model(service)
        router = get_service_router(service)
        operation, _ = router.match(normalize_request(prepared))
    except UnknownServiceError:
        raise _unknown(f"there is no service {signer.service}") from None
    except (HTTPException, NotImplementedError):
        what = f"{prepared.method} {prepared.url}"
        raise _unknown(f"{service} has no such operation: {what}") from None
    return model.service_id.hyphenize(), operation.name


def _unknown(message: str) -> Refused:
    return Refused("UnknownOperationException", message, 501)


def _plain(response: AWSResponse) -> Answer:
    headers: Any = response.headers
    kept = {
        str(name): str(value)
        for name, value in headers.items()
        if str(name).lower() not in _NOT_SENT_ON
    }
    return Answer(int(response.status_code), kept, response.content)
