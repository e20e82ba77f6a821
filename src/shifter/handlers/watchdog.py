"""The function `watchdog`: looks every minute whether somebody is in charge.

Its heartbeat means that it ran to its end.  It comes last, so a watchdog that fails is
as silent as one that does not run, and the alarm on its silence covers both.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from shifter.core.model import Model
from shifter.engine.watchdog import watch
from shifter.handlers.events import parse
from shifter.telemetry import heartbeat
from shifter.wiring import ports_from_environment


class Scheduled(Model):
    """EventBridge's event for a rule with a schedule."""

    model_config = ConfigDict(extra="ignore")

    source: Literal["aws.events"]
    detail_type: Literal["Scheduled Event"] = Field(alias="detail-type")


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Look once."""
    del context
    parse(Scheduled, event)
    ports = ports_from_environment()
    done = watch(ports)
    heartbeat(ports.topology.environment)
    return None if done is None else done.model_dump(mode="json")
