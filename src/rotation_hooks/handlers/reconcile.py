"""The function `reconcile`: finds every five minutes what events have not told."""

from __future__ import annotations

from typing import Any

from rotation_hooks.engine.reconcile import reconcile
from rotation_hooks.telemetry import logger
from rotation_hooks.wiring import outside_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Look once; what was found, by what the secret is for."""
    del event, context
    found = reconcile(outside_from_environment())
    for name, told in found.items():
        logger().info(told, extra={"secret": name})
    return found
