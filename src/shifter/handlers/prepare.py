"""The function `prepare`: checks everything, takes the lock, begins.

Two events lead here: a fresh execution, and a preflight, which asks for the checks only
and writes nothing.
"""

from __future__ import annotations

from typing import Any

from shifter.core.plan import parse_plan
from shifter.engine.preflight import preflight
from shifter.engine.prepare import Start, prepare
from shifter.handlers.events import PreflightEvent, StartEvent, is_preflight, parse
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Start the cutover that the execution is named for, or check a plan."""
    del context
    if is_preflight(event):
        return _preflight(event)
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


def _preflight(event: dict[str, Any]) -> dict[str, Any]:
    order = parse(PreflightEvent, event).preflight
    start = Start(
        cutover_id="preflight", plan=parse_plan(order.plan), started_by=order.by
    )
    found = preflight(start, ports_from_environment(), order.test_page)
    return found.model_dump(mode="json")
