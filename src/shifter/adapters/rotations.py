"""The guard of rotations: a function of another deployable, asked by its alias.

Rules of this file
* A look at every login takes its time, so the client waits longer than others do, and
  asks once: whoever asked may ask again.
* A function that failed, and an answer in an unknown form, are refusals: nobody takes
  them for good news.

AWS documentation: AWS Lambda API, "Invoke" (`InvocationType`, `FunctionError`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.config import Config
from pydantic import ValidationError

from shifter.adapters.failures import scrubbed, translated
from shifter.core.errors import Rejected
from shifter.core.rotation import RotationAnswer, RotationLook

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

Answered = TypeVar("Answered", bound=RotationAnswer)

PATIENT = Config(
    connect_timeout=2,
    read_timeout=40,
    retries={"mode": "standard", "total_max_attempts": 1},
)
"""For a function that ends after 60 seconds, and has more to do besides."""


class LambdaRotations:
    """Fits `ports.Rotations`."""

    def __init__(self, client: LambdaClient, guard: str) -> None:
        self._client = client
        self._guard = guard

    def look(self, window: timedelta) -> RotationLook:
        return self._answer(RotationLook, {"action": "look", **_long(window)})

    def prepare(self, cutover_id: str, window: timedelta) -> RotationAnswer:
        order = {"action": "prepare", "cutover_id": cutover_id, **_long(window)}
        return self._answer(RotationAnswer, order)

    def release(self) -> None:
        with translated("Invoke", self._guard):
            self._client.invoke(
                FunctionName=self._guard,
                InvocationType="Event",
                Payload=json.dumps({"action": "release"}).encode(),
            )

    def _answer(self, form: type[Answered], order: Mapping[str, Any]) -> Answered:
        with translated("Invoke", self._guard):
            answer = self._client.invoke(
                FunctionName=self._guard, Payload=json.dumps(order).encode()
            )
            text = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise self._refused(f"the function failed: {_said(text)}")
        try:
            return form.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"])) or "answer"
            raise self._refused(
                f"it answers in a form that is not known here ({field}: {first['msg']})"
            ) from None

    def _refused(self, why: str) -> Rejected:
        return Rejected("Invoke", self._guard, why)


def _long(window: timedelta) -> dict[str, int]:
    """The window in whole seconds; a part of one counts as a whole."""
    return {"window_s": -(-window // timedelta(seconds=1))}


def _said(text: bytes) -> str:
    """What a function that failed said, in one line."""
    try:
        told = json.loads(text)
        said = f"{told['errorType']}: {told['errorMessage']}"
    except (ValueError, TypeError, KeyError):
        said = "it did not say why"
    return scrubbed(" ".join(said.split()))[:300]
