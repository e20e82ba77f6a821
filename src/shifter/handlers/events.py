"""The events that functions are invoked with, and how they are parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shifter.core.directive import Directive
from shifter.core.errors import BadEvent

Parsed = TypeVar("Parsed", bound=BaseModel)


class StartInput(BaseModel):
    """What whoever starts a cutover gives the state machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: dict[str, Any]
    started_by: str = Field(default="unknown", max_length=256)


class StartEvent(BaseModel):
    """A fresh execution: its name, and the input that it was started with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cutover_id: str
    input: StartInput


class RollBackOrder(BaseModel):
    """An order to go back that comes from outside the cutover's execution."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cutover_id: str = Field(min_length=1, max_length=80)
    by: str = Field(min_length=1, max_length=256)
    reason: str = Field(min_length=1, max_length=1024)


def parse(model: type[Parsed], event: object) -> Parsed:
    """The event as a value.  Raises BadEvent with the first thing that is wrong."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "event"
        raise BadEvent(f"{field}: {first['msg']}") from None


def is_directive(event: object) -> bool:
    """Tell a directive from an order that comes from outside: only it has an owner."""
    return isinstance(event, Mapping) and "owner" in event


def directive_in(event: object) -> Directive:
    """The directive that the event carries."""
    return parse(Directive, event)


def failure_in(event: object) -> str | None:
    """What a Catch of the state machine put beside the directive, in words."""
    error = event.get("error") if isinstance(event, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    name, cause = str(error.get("Error", "Error")), str(error.get("Cause", ""))
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, TypeError, KeyError):
        message = cause
    return f"{name}: {str(message)[:500]}"
