"""Failures of AWS calls, translated to the four kinds that a rotation knows.

What AWS says is never shown, only its code: a message may quote the request, and a
request of Secrets Manager carries a password.

AWS documentation: "Common Error Types" of each service's API reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)

from rotation_hooks.core.errors import (
    AwsError,
    Denied,
    Rejected,
    Throttled,
    Unavailable,
)

_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500
_UNAVAILABLE = frozenset({"InternalServiceError", "InternalServerError"})
_DENIED_WORDS = ("AccessDenied", "Decryption", "Encryption", "ExpiredToken", "KMS")
_DENIED = frozenset(
    {"InvalidSignatureException", "NotAuthorized", "UnrecognizedClientException"}
)


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Raise the AwsError that tells what went wrong with one API action."""
    try:
        yield
    except ClientError as error:
        raise _from_response(error.response, action, resource) from None
    except (HTTPClientError, IncompleteReadError) as error:
        told = f"no answer ({type(error).__name__}); it may have taken effect"
        raise Unavailable(action, resource, told) from None
    except (NoCredentialsError, PartialCredentialsError) as error:
        told = f"no usable credentials ({type(error).__name__})"
        raise Denied(action, resource, told) from None
    except BotoCoreError as error:
        told = f"botocore refused the call ({type(error).__name__})"
        raise Rejected(action, resource, told) from None


def _from_response(response: Any, action: str, resource: str) -> AwsError:
    metadata = response.get("ResponseMetadata", {})
    code = str(response.get("Error", {}).get("Code", "Unknown"))
    told = f"{code} (request {metadata.get('RequestId', 'unknown')})"
    return _kind(code, int(metadata.get("HTTPStatusCode", 0)))(action, resource, told)


def _kind(code: str, status: int) -> type[AwsError]:
    if "Throttl" in code or status == _TOO_MANY_REQUESTS:
        return Throttled
    if code in _UNAVAILABLE or status >= _SERVER_FAULT:
        return Unavailable
    if code in _DENIED or code.startswith(_DENIED_WORDS):
        return Denied
    return Rejected
