"""The events that functions are invoked with, and how they are parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from shifter.core.directive import Directive
from shifter.core.errors import BadEvent
from shifter.core.gates.alarm import AlarmState

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

    cutover_id: str | None = Field(default=None, min_length=1, max_length=80)
    """None means the environment's active cutover."""
    by: str = Field(min_length=1, max_length=256)
    reason: str = Field(min_length=1, max_length=1024)


class AlarmChange(BaseModel):
    """What an alarm has changed to, and when."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: AlarmState
    timestamp: AwareDatetime


class AlarmDetail(BaseModel):
    """Which alarm has changed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alarm_name: str = Field(alias="alarmName", min_length=1, max_length=255)
    state: AlarmChange


class AlarmChanged(BaseModel):
    """EventBridge's event for a change of a CloudWatch alarm."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: Literal["aws.cloudwatch"]
    detail_type: Literal["CloudWatch Alarm State Change"] = Field(alias="detail-type")
    detail: AlarmDetail


class Scheduled(BaseModel):
    """EventBridge's event for a rule with a schedule."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: Literal["aws.events"]
    detail_type: Literal["Scheduled Event"] = Field(alias="detail-type")


class OrderKind(StrEnum):
    """What people can order."""

    ABORT = "abort"
    PAUSE = "pause"
    RESUME = "resume"
    APPROVE = "approve"
    DECLINE = "decline"
    STATUS = "status"


class ControlOrder(BaseModel):
    """The body of a request to `control`.  Who orders is not written in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: OrderKind
    reason: str = Field(default="", max_length=1024)
    gate: str | None = Field(default=None, min_length=1, max_length=80)
    cutover_id: str | None = Field(default=None, min_length=1, max_length=80)
    """None means the environment's active cutover."""
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """How the caller wants to be called: a comment."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.order is not OrderKind.STATUS and not self.reason.strip():
            raise ValueError(f"{self.order} needs a reason")
        answers = self.order in {OrderKind.APPROVE, OrderKind.DECLINE}
        if answers != (self.gate is not None):
            raise ValueError("approve and decline name the gate, and nothing else does")
        return self

    @property
    def told_reason(self) -> str:
        """The reason, with the name that was given marked as given."""
        if self.name is None:
            return self.reason
        return f"{self.reason} (calls themselves {self.name})"


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
