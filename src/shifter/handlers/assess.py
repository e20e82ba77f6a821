"""The function `assess`: observes, decides, saves the intent."""

from __future__ import annotations

from typing import Any

from shifter.engine.assess import assess
from shifter.handlers.events import directive_in, failure_in
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Assess, in degraded mode when a Catch put an error beside the directive."""
    del context
    done = assess(directive_in(event), ports_from_environment(), failure_in(event))
    return done.model_dump(mode="json")
