"""The function `prepare`: checks everything, takes the lock, begins."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shifter.core.model import Model
from shifter.core.plan import parse_plan
from shifter.engine.prepare import Start, prepare
from shifter.handlers.events import parse
from shifter.wiring import ports_from_environment


class StartInput(Model):
    """What whoever starts a cutover gives the state machine."""

    plan: dict[str, Any]
    started_by: str = Field(default="unknown", max_length=256)


class StartEvent(Model):
    """A fresh execution: its name, and the input that it was started with."""

    cutover_id: str
    input: StartInput


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
