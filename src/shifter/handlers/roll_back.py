"""The function `roll_back`: makes every edge all blue.

Two events lead here: a directive of the execution that owns the cutover, and an order
from outside, which names who asks and why, and means the active cutover if it names
none."""

from __future__ import annotations

from typing import Any

from shifter.engine.active import named_or_active
from shifter.engine.roll_back import go_back, roll_back
from shifter.handlers.events import (
    RollBackOrder,
    directive_in,
    failure_in,
    is_directive,
    parse,
)
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out a directive, or an order from outside, to go back."""
    del context
    failure = failure_in(event)
    if is_directive(event):
        directive = directive_in(event)
        reason = failure or "the state machine asked"
        done = roll_back(directive, ports_from_environment(), reason)
    else:
        order = parse(RollBackOrder, event)
        reason = f"{order.reason} ({failure})" if failure else order.reason
        ports = ports_from_environment()
        record = named_or_active(order.cutover_id, ports)
        done = go_back(record, ports, actor=order.by, reason=reason)
    return done.model_dump(mode="json")
