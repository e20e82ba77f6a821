"""Shifter's own functions, invoked by an operator.

A function that fails answers with the name of its error and what it said; here both
become the error again, so that a command ends as if it had run in the function.

AWS documentation: AWS Lambda API, "Invoke" (`FunctionError`); AWS Lambda developer
guide, "Python handler exceptions".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shifter.adapters.failures import scrubbed, translated
from shifter.core.errors import (
    AwsError,
    BadEvent,
    Conflict,
    Denied,
    IllegalTransition,
    NotFound,
    Refused,
    Rejected,
    SettingsError,
    ShifterError,
    Throttled,
    Unavailable,
    UnreadableRecord,
    UserError,
)

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

_AS_SAID: Mapping[str, type[ShifterError]] = {
    **{
        kind.__name__: kind
        for kind in (
            BadEvent,
            Conflict,
            IllegalTransition,
            NotFound,
            Refused,
            SettingsError,
            UnreadableRecord,
        )
    },
    # Their parts are lost on the way; what they said is whole.
    "LockHeld": Refused,
    "NotReady": Refused,
    "PlanError": UserError,
}
_AWS: Mapping[str, type[AwsError]] = {
    kind.__name__: kind for kind in (Denied, Rejected, Throttled, Unavailable)
}
_AWS_SAID = re.compile(r"(\S+) on (.+?): (.*)", re.DOTALL)


def named_error(name: str, message: str) -> ShifterError:
    """The error that a function named, with what it said."""
    if name in _AS_SAID:
        return _AS_SAID[name](message)
    said = _AWS_SAID.fullmatch(message)
    if name in _AWS and said is not None:
        action, resource, detail = said.groups()
        return _AWS[name](action, resource, f"{detail} (told by the function)")
    return ShifterError(f"{name}: {message}")


class Functions:
    """Invokes functions by name or ARN."""

    def __init__(self, client: LambdaClient) -> None:
        self._client = client

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Invoke and wait; return the answer.  Raises the error that it failed with."""
        with translated("Invoke", function):
            answer = self._client.invoke(
                FunctionName=function, Payload=json.dumps(event).encode()
            )
            text = answer["Payload"].read()
        told: Any = json.loads(text or b"null")
        if not answer.get("FunctionError"):
            return told
        raise named_error(
            str(told.get("errorType", "Error")),
            scrubbed(str(told.get("errorMessage", "it failed without a word"))),
        )
