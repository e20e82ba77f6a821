"""The events that functions are invoked with, and how they are parsed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)

from shifter.core.directive import Directive
from shifter.core.errors import BadEvent
from shifter.core.gates.alarm import AlarmState
from shifter.core.model import Model

Parsed = TypeVar("Parsed", bound=BaseModel)


class StartInput(Model):
    """What whoever starts a cutover gives the state machine."""

    plan: dict[str, Any]
    started_by: str = Field(default="unknown", max_length=256)


class StartEvent(Model):
    """A fresh execution: its name, and the input that it was started with."""

    cutover_id: str
    input: StartInput


class PreflightOrder(Model):
    """A question: whether a cutover with this plan could start now."""

    plan: dict[str, Any]
    test_page: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]{1,32}$")
    """Code that a test page has to show; without one nobody is paged."""
    by: str = Field(default="unknown", min_length=1, max_length=256)
    """Who asks, for those who are paged."""


class PreflightEvent(Model):
    """The event of a preflight."""

    preflight: PreflightOrder


class RollBackOrder(Model):
    """An order to go back that comes from outside the cutover's execution."""

    model_config = ConfigDict(extra="ignore")

    cutover_id: str | None = Field(default=None, min_length=1, max_length=80)
    """None means the environment's active cutover."""
    by: str = Field(min_length=1, max_length=256)
    reason: str = Field(min_length=1, max_length=1024)


class BreakGlass(Model):
    """An order to go back without the record."""

    environment: str = Field(min_length=1, max_length=64)
    without_record: Literal[True]
    by: str = Field(min_length=1, max_length=256)
    reason: str = Field(min_length=1, max_length=1024)


class AlarmChange(Model):
    """What an alarm has changed to, and when."""

    model_config = ConfigDict(extra="ignore")

    value: AlarmState
    timestamp: AwareDatetime


class AlarmDetail(Model):
    """Which alarm has changed."""

    model_config = ConfigDict(extra="ignore")

    alarm_name: str = Field(alias="alarmName", min_length=1, max_length=255)
    state: AlarmChange


class AlarmChanged(Model):
    """EventBridge's event for a change of a CloudWatch alarm."""

    model_config = ConfigDict(extra="ignore")

    source: Literal["aws.cloudwatch"]
    detail_type: Literal["CloudWatch Alarm State Change"] = Field(alias="detail-type")
    detail: AlarmDetail


class Scheduled(Model):
    """EventBridge's event for a rule with a schedule."""

    model_config = ConfigDict(extra="ignore")

    source: Literal["aws.events"]
    detail_type: Literal["Scheduled Event"] = Field(alias="detail-type")


class StartDetail(Model):
    """What an event that asks for a cutover says about it."""

    plan: dict[str, Any]
    cutover_id: str | None = None
    """The token that makes two such events one start; without one the event's id."""


class StartRequested(Model):
    """An event that asks for a cutover, from a rule or from a schedule."""

    model_config = ConfigDict(extra="ignore")

    id: str
    source: str = Field(min_length=1, max_length=128)
    detail_type: Literal["Cutover Requested"] = Field(alias="detail-type")
    detail: StartDetail


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


def is_without_record(event: object) -> bool:
    """Tell an order to break the glass from the others."""
    return isinstance(event, Mapping) and "without_record" in event


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
