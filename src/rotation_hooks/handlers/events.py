"""The events that the functions get, as values."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from rotation_hooks.core.errors import BadEvent
from rotation_hooks.core.labels import Step
from rotation_hooks.core.roles import Side

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


class ProbeLogin(BaseModel):
    """A question to the probe: whether a secret logs in."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    secret: Annotated[str, StringConstraints(pattern=r"^arn:aws")]
    label: Literal["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]


class ProbeWriters(BaseModel):
    """A question to the probe: who may write that no template names."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    side: Side


class GuardOrder(BaseModel):
    """A question of a cutover that is about to take the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    action: Literal["prepare"]
    cutover_id: Annotated[str, Field(min_length=1, max_length=80)]
    window_s: Annotated[int, Field(ge=0, le=30 * 24 * 3600)]
    """The rest of the plan and its last bake, in seconds."""


class LookOrder(BaseModel):
    """A question that changes nothing, of people and of a preflight."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    action: Literal["look"]
    window_s: Annotated[int, Field(ge=0, le=30 * 24 * 3600)]
    """How long a cutover would last, in seconds."""


class ReleaseOrder(BaseModel):
    """A cutover has ended."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    action: Literal["release"]


def parse(model: type[Parsed], event: object) -> Parsed:
    """The event as a value.  Raises BadEvent with the first thing that is wrong."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "event"
        raise BadEvent(f"{field}: {first['msg']}") from None
    except RecursionError:  # Python shows no value that is nested so deeply
        raise BadEvent("event: it is nested too deeply") from None
