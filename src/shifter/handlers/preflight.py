"""The function `preflight`: tells whether a cutover could start; begins nothing.

It is a function of its own, so that whoever may look before a start need not be
allowed to invoke `prepare`, which believes what it is told about who starts.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from shifter.core.model import Model
from shifter.core.plan import parse_plan
from shifter.engine.preflight import preflight
from shifter.engine.prepare import Start
from shifter.handlers.events import parse
from shifter.wiring import ports_from_environment


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


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Look at everything that a start would look at."""
    del context
    order = parse(PreflightEvent, event).preflight
    start = Start(
        cutover_id="preflight", plan=parse_plan(order.plan), started_by=order.by
    )
    found = preflight(start, ports_from_environment(), order.test_page)
    return found.model_dump(mode="json")
