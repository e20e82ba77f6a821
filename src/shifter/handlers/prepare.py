"""The function `prepare`: checks everything, takes the lock, begins."""

from __future__ import annotations

from typing import Any

from shifter.core.plan import parse_plan
from shifter.engine.prepare import Start, prepare
from shifter.handlers.events import StartEvent, parse
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Start the cutover that the execution is named for."""
    del context
    order = parse(StartEvent, event)
    start = parse(
        Start,
        {
            "cutover_id": order.cutover_id,
            "plan": parse_plan(order.input.plan),
            "started_by": order.input.started_by,
        },
    )
    done = prepare(start, ports_from_environment())
    return done.model_dump(mode="json")
