"""Failures of AWS calls, translated to the four kinds that the engine knows.

    Throttled     asked to slow down, or to wait for a change that is under way
    Denied        permission, credentials, signature or key: an administrator must act
    Unavailable   no answer, a broken answer or a fault on AWS's side
    Rejected      everything else

Rules of this file
* Every AWS call of an adapter runs inside `translated`, which names the API action and
  what it was about.
* The text never carries a secret: a message about a signature quotes the request, so
  only its code is told, what looks like a secret is struck out elsewhere, and the
  original error is not chained, because a traceback would print it.

AWS documentation: "Common Error Types" of each service's API reference; "Retry
behavior" (AWS SDKs and Tools Reference Guide) for the codes that mean throttling;
"Server-side encryption" error codes `KMS...` of SNS, DMS and Step Functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name for it
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from shifter.core.errors import AwsError, Denied, Rejected, Throttled, Unavailable

if TYPE_CHECKING:
    Kind = type[AwsError]

_THROTTLED = frozenset(
    {
        "bandwidthlimitexceeded",
        "concurrentupdateexception",
        "priorrequestnotcomplete",
        "provisionedthroughputexceededexception",
        "requestlimitexceeded",
        "slowdown",
        "toomanyrequestsexception",
        "toomanyrequests",
        "transactioninprogressexception",
    }
)
_DENIED = frozenset(
    {
        "authfailure",
        "authorizationerror",
        "authorizationerrorexception",
        "forbidden",
        "incompletesignature",
        "invalidclienttokenid",
        "missingauthenticationtoken",
        "notauthorized",
        "optinrequired",
        "requestexpired",
        "unrecognizedclientexception",
    }
)
_DENIED_BEGINNINGS = (
    "accessdenied",
    "expiredtoken",
    "invalidsignature",
    "kms",
    "notauthorized",
    "signature",
    "unauthorized",
)
_UNAVAILABLE = frozenset(
    {
        "internalerror",
        "internalfailure",
        "internalserviceerror",
        "requesttimeout",
        "requesttimeoutexception",
        "serviceunavailable",
        "serviceunavailableexception",
    }
)
_NO_ANSWER = (
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    ResponseParserError,
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    LoginError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
_LONGEST = 300
_TOO_MANY_REQUESTS = 429
_FORBIDDEN = frozenset({401, 403})
_SERVER_FAULT = 500
_SECRET = re.compile(
    r"(?i)((?:secret|password|passwd|token|credential|authorization)[\w-]*"
    r"['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|\S+)"
)


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Raise the AwsError that tells what went wrong with one API action."""
    try:
        yield
    except ClientError as error:
        raise from_response(error.response, action, resource) from None
    except _NO_ANSWER as error:
        raise Unavailable(action, resource, _no_answer(error)) from None
    except _NO_CREDENTIALS as error:
        detail = f"no usable credentials ({type(error).__name__})"
        raise Denied(action, resource, detail) from None
    except BotoCoreError as error:
        detail = f"botocore refused the call ({type(error).__name__})"
        raise Rejected(action, resource, detail) from None


def from_response(response: Any, action: str, resource: str) -> AwsError:
    """The error that an answer of AWS stands for."""
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code = str(error.get("Code", "Unknown"))
    # A message about a signature quotes the request that was signed.
    message = "" if "signature" in code.lower() else str(error.get("Message", ""))
    detail = f"{code}: {scrubbed(message)}".rstrip(": ")
    request = metadata.get("RequestId")
    if request:
        detail += f" (request {request})"
    kind = _kind(code, int(metadata.get("HTTPStatusCode", 0)))
    return kind(action, resource, detail)


def _kind(code: str, status: int) -> Kind:
    word = code.rpartition(".")[2].lower()
    if "throttl" in word or word in _THROTTLED or status == _TOO_MANY_REQUESTS:
        return Throttled
    if word in _DENIED or word.startswith(_DENIED_BEGINNINGS):
        return Denied
    if word in _UNAVAILABLE or status >= _SERVER_FAULT:
        return Unavailable
    if status in _FORBIDDEN:
        return Denied
    return Rejected


def scrubbed(message: str) -> str:
    """A foreign text on one line, not too long, with what looks like a secret out."""
    text = _SECRET.sub(r"\1***", " ".join(message.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _no_answer(error: Exception) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    told = words.removesuffix(" error") + _whence(error)
    return f"no answer ({told}); it may have taken effect"


def _whence(error: Exception) -> str:
    """Where no answer came from: host and port, as the rest of an address is secret."""
    address = getattr(error, "kwargs", {}).get("endpoint_url", "")
    host = urlsplit(str(address)).netloc.rpartition("@")[2]
    return f" at {host}" if host else ""
