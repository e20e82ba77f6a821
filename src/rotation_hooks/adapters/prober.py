"""The login probe, which is another function: the one that is within the network.

AWS documentation: AWS Lambda API, `Invoke` (`FunctionError`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import Rejected, Unavailable
from rotation_hooks.core.readiness import LoginSeen
from rotation_hooks.core.roles import Side

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LambdaProber:
    """Fits `ports.Prober`."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def log_in(self, arn: str, label: str) -> LoginSeen:
        answer = self._ask({"secret": arn, "label": label})
        try:
            return LoginSeen(**answer["login"])
        except (KeyError, TypeError):
            raise self._strange() from None

    def unknown_writers(self, side: Side) -> Sequence[str]:
        answer = self._ask({"side": side})
        try:
            return tuple(str(one) for one in answer["unknown_writers"])
        except (KeyError, TypeError):
            raise self._strange() from None

    def _ask(self, question: Mapping[str, str]) -> Mapping[str, Any]:
        with translated("Invoke", self._function):
            answer = self._client.invoke(
                FunctionName=self._function, Payload=json.dumps(question)
            )
            text = answer["Payload"].read()
        try:
            said: Any = json.loads(text)
        except ValueError:
            raise self._strange() from None
        if answer.get("FunctionError") or not isinstance(said, dict):
            told = said.get("errorMessage", "") if isinstance(said, dict) else ""
            raise Unavailable("Invoke", self._function, f"it failed: {told}")
        return said

    def _strange(self) -> Rejected:
        told = "it answers in another form: deploy both functions from one package"
        return Rejected("Invoke", self._function, told)
