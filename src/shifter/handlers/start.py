"""The function `start`: begins a cutover that an event asks for.

The event comes from an EventBridge rule or from EventBridge Scheduler, whose input is
written in the same form.  It may come twice: the cutover's id, or else the event's,
makes it one start.  Who sent it is named as the starter, so that an approver is
somebody else; people start through `control`, which knows who they are.

AWS documentation: Amazon EventBridge user guide, "AWS service event metadata"; Amazon
EventBridge Scheduler user guide, "Adding context attributes".
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from shifter.core.model import Model
from shifter.core.plan import parse_plan
from shifter.engine.prepare import Start
from shifter.engine.start import start
from shifter.handlers.events import parse
from shifter.wiring import ports_from_environment


class StartDetail(Model):
    """What an event that asks for a cutover says about it."""

    plan: dict[str, Any]
    cutover_id: str | None = Field(default=None, min_length=1)
    """The token that makes two such events one start; without one the event's id."""


class StartRequested(Model):
    """An event that asks for a cutover, from a rule or from a schedule."""

    model_config = ConfigDict(extra="ignore")

    id: str
    source: str = Field(min_length=1, max_length=128)
    detail_type: Literal["Cutover Requested"] = Field(alias="detail-type")
    detail: StartDetail


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
