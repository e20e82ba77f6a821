"""The function `breaker`: goes back when an alarm fires."""

from __future__ import annotations

from typing import Any

from shifter.core.gates.alarm import AlarmState
from shifter.engine.breaker import trip
from shifter.handlers.events import AlarmChanged, parse
from shifter.telemetry import logger
from shifter.wiring import ports_from_environment


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
