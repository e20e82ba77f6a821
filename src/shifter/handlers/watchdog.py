"""The function `watchdog`: looks every minute whether somebody is in charge.

Its heartbeat means that it ran to its end.  It comes last, so a watchdog that fails is
as silent as one that does not run, and the alarm on its silence covers both.
"""

from __future__ import annotations

from typing import Any

from shifter.engine.watchdog import watch
from shifter.handlers.events import Scheduled, parse
from shifter.telemetry import heartbeat
from shifter.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Look once."""
    del context
    parse(Scheduled, event)
    ports = ports_from_environment()
    done = watch(ports)
    heartbeat(ports.topology.environment)
    return None if done is None else done.model_dump(mode="json")
