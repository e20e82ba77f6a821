"""The events that the functions get, as values."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rotation_hooks.core.errors import BadEvent
from rotation_hooks.core.labels import Step

Parsed = TypeVar("Parsed", bound=BaseModel)


class RotationStep(BaseModel):
    """What Secrets Manager sends to a rotation function, once for each step.

    AWS documentation: Secrets Manager user guide, "Rotation by Lambda function"; a
    `RotationToken` comes with it where another role than the function's may rotate.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    arn: Annotated[str, StringConstraints(pattern=r"^arn:aws"), Field(alias="SecretId")]
    token: Annotated[str, Field(alias="ClientRequestToken", min_length=1)]
    step: Annotated[Step, Field(alias="Step")]


def parse(model: type[Parsed], event: object) -> Parsed:
    """The event as a value.  Raises BadEvent with the first thing that is wrong."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "event"
        raise BadEvent(f"{field}: {first['msg']}") from None
