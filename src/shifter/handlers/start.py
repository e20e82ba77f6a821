"""The function `start`: begins a cutover that an event asks for.

The event comes from an EventBridge rule or from EventBridge Scheduler, whose input is
written in the same form.  It may come twice: the cutover's id, or else the event's,
makes it one start.  Who sent it is named as the starter, so that an approver is
somebody else; people start through `control`, which knows who they are.

AWS documentation: Amazon EventBridge user guide, "AWS service event metadata"; Amazon
EventBridge Scheduler user guide, "Adding context attributes".
"""

from __future__ import annotations

from typing import Any

from shifter.core.plan import parse_plan
from shifter.engine.prepare import Start
from shifter.engine.start import start
from shifter.handlers.events import StartRequested, parse
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Start what the event asks for; the same event twice starts it once."""
    del context
    asked = parse(StartRequested, event)
    order = parse(
        Start,
        {
            "cutover_id": asked.detail.cutover_id or asked.id,
            "plan": parse_plan(asked.detail.plan),
            "started_by": f"event of {asked.source}",
        },
    )
    return start(order, ports_from_environment()).model_dump(mode="json")
