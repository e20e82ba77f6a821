"""The function `guard`: whether a cutover may begin, asked by its preflight."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rotation_hooks.engine.guard import prepare
from rotation_hooks.handlers.events import GuardOrder, parse
from rotation_hooks.telemetry import logger
from rotation_hooks.wiring import outside_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer with every reason that keeps a cutover from beginning."""
    del context
    asked = parse(GuardOrder, event)
    answer = prepare(timedelta(seconds=asked.window_s), outside_from_environment())
    told = {"cutover_id": asked.cutover_id, "codes": [r.code for r in answer.reasons]}
    logger().info("it may begin" if answer.ok else "it must not begin", extra=told)
    return answer.model_dump(mode="json")
