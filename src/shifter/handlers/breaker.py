"""The function `breaker`: goes back when an alarm fires."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from shifter.core.gates.alarm import AlarmState
from shifter.core.model import Model
from shifter.engine.breaker import trip
from shifter.handlers.events import parse
from shifter.telemetry import logger
from shifter.wiring import ports_from_environment


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


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """React to one change of an alarm; only a change to ALARM is one to react to."""
    del context
    detail = parse(AlarmChanged, event).detail
    if detail.state.value is not AlarmState.ALARM:
        return None
    ports = ports_from_environment()
    done = trip(detail.alarm_name, detail.state.timestamp, ports)
    if done is None:
        logger().info(f"alarm {detail.alarm_name} was no reason to go back")
        return None
    return done.model_dump(mode="json")
