"""The function `probe`: what only somebody within the network can tell."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rotation_hooks.engine.probe import log_in, unknown_writers
from rotation_hooks.handlers.events import ProbeLogin, ProbeWriters, parse
from rotation_hooks.wiring import ports_from_environment


def handler(event: object, context: object) -> dict[str, Any]:
    """Try a login, or list who may write beside the templates."""
    del context
    if isinstance(event, dict) and "side" in event:
        side = parse(ProbeWriters, event).side
        found = unknown_writers(side, ports_from_environment())
        return {"unknown_writers": list(found)}
    asked = parse(ProbeLogin, event)
    login = log_in(asked.secret, asked.label, ports_from_environment())
    return {"login": asdict(login)}
