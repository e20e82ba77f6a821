"""The function `hear`: an event about a rotation, from EventBridge."""

from __future__ import annotations

from typing import Any

from rotation_hooks.core.news import understood
from rotation_hooks.engine.hear import hear
from rotation_hooks.telemetry import logger
from rotation_hooks.wiring import outside_from_environment


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """Do what the event asks for; `reconcile` goes on with what takes longer."""
    del context
    news = understood(event)
    if news is None:
        return {"done": "it is no news of a rotation"}
    done = hear(news, outside_from_environment())
    logger().info(done, extra={"secret": news.arn, "version": news.version})
    return {"done": done}
