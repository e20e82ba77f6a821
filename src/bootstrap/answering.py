"""Sending CloudFormation its answer: a PUT to the address that it gave.

AWS documentation: AWS CloudFormation user guide, "Custom resource response objects";
Amazon S3 user guide, "Uploading objects with presigned URLs" (the signature is for a
request without a content type).
"""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Protocol

from bootstrap.errors import Unreachable
from bootstrap.steps import Clock

ATTEMPTS = 4
PAUSE_S = 2.0
_PATIENCE_S = 10


class Put(Protocol):
    """Sends a body to an address.  Raises Unreachable."""

    def __call__(self, address: str, body: bytes) -> None: ...


def put(address: str, body: bytes) -> None:
    """Send the body.  Raises Unreachable, which does not show the address."""
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's, https alone
        address, data=body, method="PUT", headers={"Content-Type": ""}
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
            answer.read()
    except urllib.error.HTTPError as error:
        error.close()
        raise Unreachable(f"CloudFormation's bucket answers {error.code}") from None
    except (OSError, HTTPException) as error:
        raise Unreachable(
            f"CloudFormation's bucket does not answer ({type(error).__name__}): look "
            "at the endpoint of S3 in the network"
        ) from None


def put_patiently(send: Put, address: str, body: bytes, clock: Clock) -> None:
    """Send it, again if need be.  Raises Unreachable after the last attempt.

    Then the function fails, and Lambda runs it again: every step bears that.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return send(address, body)
        except Unreachable:
            if attempt == ATTEMPTS:
                raise
        clock.sleep(PAUSE_S * attempt)
    raise AssertionError("the last attempt returns or raises")
