"""The function `shift`: makes the edges match the step."""

from __future__ import annotations

from typing import Any

from shifter.engine.shift import shift
from shifter.handlers.events import directive_in
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out a directive to shift."""
    del context
    done = shift(directive_in(event), ports_from_environment())
    return done.model_dump(mode="json")
