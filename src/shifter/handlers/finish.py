"""The function `finish`: completes, or proves that green is quiet."""

from __future__ import annotations

from typing import Any

from shifter.engine.finish import finish
from shifter.handlers.events import directive_in
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out a directive to finish."""
    del context
    done = finish(directive_in(event), ports_from_environment())
    return done.model_dump(mode="json")
