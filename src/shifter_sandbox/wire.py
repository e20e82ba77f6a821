"""The wire: AWS's answers and errors as bytes, in the protocol of the request.

Rule: the protocol is the request's own, so botocore parses what comes back exactly as
it parses AWS.  Sources: Smithy documentation, "AWS JSON 1.1 protocol", "AWS REST JSON
1.0 protocol", "AWS Query protocol", "AWS REST XML protocol".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

SERVICES = {
    # as botocore's events spell a service: as boto3.client spells it
    "application-auto-scaling": "application-autoscaling",
    "elastic-load-balancing-v2": "elbv2",
    "route-53": "route53",
    "database-migration-service": "dms",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "resource-groups-tagging-api": "resourcegroupstaggingapi",
    "secrets-manager": "secretsmanager",
}


class Refused(Exception):
    """An answer that is an error: code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a client: `elbv2.ModifyRule`, and the bytes it sends."""

    service: str
    operation: str
    request: AWSPreparedRequest

    @classmethod
    def of(cls, event_name: str, request: AWSPreparedRequest) -> Call:
        """Read the call out of the name of botocore's `before-send` event."""
        _, service, operation = event_name.split(".", 2)
        return cls(SERVICES.get(service, service), operation, request)

    @property
    def name(self) -> str:
        return f"{self.service}.{self.operation}"

    @property
    def text(self) -> str:
        """Address and body, readable: what a fault looks into for a resource."""
        return unquote_plus(f"{self.request.url} {_text(self.request.body)}")

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a call in a JSON protocol."""
        found: dict[str, Any] = json.loads(_text(self.request.body) or "{}")
        return found


def answer(call: Call, content: Mapping[str, Any]) -> AWSResponse:
    """A good answer, for services that speak JSON."""
    body = json.dumps(content, default=_timestamp).encode()
    return _response(call, 200, {"content-type": "application/x-amz-json-1.1"}, body)


def error(call: Call, refused: Refused) -> AWSResponse:
    """An error as the service would send it."""
    headers = {name.lower(): _text(v) for name, v in call.request.headers.items()}
    code, message = refused.code, refused.message
    if "x-amz-target" in headers or call.service == "lambda":
        sent = {"content-type": "application/json"}
        body = json.dumps({"__type": code, "message": message}).encode()
    else:
        sent = {"content-type": "text/xml"}
        body = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
            "<RequestId>sandbox</RequestId></ErrorResponse>"
        ).encode()
    sent["x-amzn-errortype"] = code  # where a service of REST and JSON looks
    return _response(call, refused.status, sent, body)


def _response(
    call: Call, status: int, headers: Mapping[str, str], body: bytes
) -> AWSResponse:
    sent = HTTPHeaders.from_dict({**headers, "x-amzn-requestid": "sandbox"})
    return AWSResponse(call.request.url, status, sent, MockRawResponse(body))


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return str(value or "")


def _timestamp(value: Any) -> float:
    return float(value.timestamp())
