"""The function `roll_back`: makes every edge all blue.

Three events lead here: a directive of the execution that owns the cutover; an order
from outside, which names who asks and why, and means the active cutover if it names
none; and an order to break the glass, for when the table cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from shifter.core.model import Model
from shifter.core.plain import MADE_PLAIN
from shifter.engine.active import named_or_active
from shifter.engine.break_glass import break_glass
from shifter.engine.roll_back import go_back, roll_back
from shifter.handlers.events import directive_in, failure_in, is_directive, parse
from shifter.handlers.ids import MaybeId
from shifter.telemetry import logger
from shifter.wiring import ports_from_environment

By = Annotated[str, StringConstraints(min_length=1, max_length=256), MADE_PLAIN]
Why = Annotated[str, StringConstraints(min_length=1, max_length=1024), MADE_PLAIN]


class RollBackOrder(Model):
    """An order to go back that comes from outside the cutover's execution."""

    model_config = ConfigDict(extra="ignore")

    cutover_id: MaybeId = None
    by: By
    reason: Why


class BreakGlass(Model):
    """An order to go back without the record."""

    environment: str = Field(min_length=1, max_length=64)
    without_record: Literal[True]
    by: By
    reason: Why


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out a directive, or an order from outside, to go back."""
    del context
    if is_directive(event):
        return _follow(event)
    if _is_without_record(event):
        return _without_record(event)
    order, failure = parse(RollBackOrder, event), failure_in(event)
    reason = f"{order.reason} ({failure})" if failure else order.reason
    ports = ports_from_environment()
    record = named_or_active(order.cutover_id, ports)
    done = go_back(record, ports, actor=order.by, reason=reason)
    return done.model_dump(mode="json")


def _follow(event: dict[str, Any]) -> dict[str, Any]:
    directive = directive_in(event)
    reason = failure_in(event) or "the state machine asked"
    done = roll_back(directive, ports_from_environment(), reason)
    return done.model_dump(mode="json")


def _without_record(event: dict[str, Any]) -> dict[str, Any]:
    order = parse(BreakGlass, event)
    told = {"by": order.by, "reason": order.reason}
    logger().warning("going back without the record", extra=told)
    ports = ports_from_environment()
    done = break_glass(order.environment, ports, by=order.by, reason=order.reason)
    logger().warning("went back without the record", extra=done.model_dump(mode="json"))
    return done.model_dump(mode="json")


def _is_without_record(event: object) -> bool:
    """Tell an order to break the glass from the others."""
    return isinstance(event, Mapping) and "without_record" in event
