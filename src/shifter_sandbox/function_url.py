"""The Function URL of `control`: HTTP in, the event of payload format 2.0 out.

A caller without a signature for Lambda is refused, as AWS refuses it when the URL's
authorisation is IAM; who calls stands in the request context, where only AWS writes.
Source: AWS Lambda developer guide, "Invoking Lambda function URLs".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from shifter_sandbox.identity import Signer
from shifter_sandbox.outside import Answer, Request

PATH = "/control-url"
_JSON = {"content-type": "application/json"}


class FunctionUrl:
    """The URL of one function."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._client: Any = boto3.client("lambda")

    @staticmethod
    def takes(request: Request) -> bool:
        """Tell whether a request is for the function rather than for AWS's API."""
        return urlsplit(request.target).path.rstrip("/") == PATH

    def answer(self, request: Request, now: datetime) -> Answer:
        """What the function answers to a request."""
        signer = request.signer
        if signer is None or signer.service != "lambda":
            return Answer(403, _JSON, b'{"Message":"Forbidden"}')
        done = self._client.invoke(
            FunctionName=self._function,
            Payload=json.dumps(_event(request, signer, now)).encode(),
        )
        told = json.loads(done["Payload"].read())
        if "FunctionError" in done:
            return Answer(502, _JSON, b'{"Message":"Internal Server Error"}')
        return Answer(told["statusCode"], told["headers"], told["body"].encode())


def _event(request: Request, signer: Signer, now: datetime) -> Mapping[str, Any]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    id_, arn = signer.identity
    try:
        body, encoded = request.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(request.body).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": urlsplit(request.target).query,
        "headers": headers,
        "requestContext": {
            "accountId": DEFAULT_ACCOUNT_ID,
            "apiId": "sandbox",
            "authentication": None,
            "authorizer": {
                "iam": {
                    "accessKey": signer.access_key,
                    "accountId": DEFAULT_ACCOUNT_ID,
                    "callerId": id_,
                    "cognitoIdentity": None,
                    "principalOrgId": None,
                    "userArn": arn,
                    "userId": id_,
                }
            },
            "domainName": headers.get("host", ""),
            "domainPrefix": "sandbox",
            "http": {
                "method": request.method,
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(mock_random.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S %z}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "body": body,
        "isBase64Encoded": encoded,
    }
