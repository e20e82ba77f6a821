"""The function `hand_over`: lets a fresh execution go on."""

from __future__ import annotations

from typing import Any

from shifter.engine.hand_over import hand_over
from shifter.handlers.events import directive_in
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Carry out a directive to hand over."""
    del context
    done = hand_over(directive_in(event), ports_from_environment())
    return done.model_dump(mode="json")
