"""The function `rotate`: one step of a rotation, as Secrets Manager asks for it."""

from __future__ import annotations

from typing import Any

from rotation_hooks.core.errors import RotationError
from rotation_hooks.engine.rotate import rotate
from rotation_hooks.handlers.events import RotationStep, parse
from rotation_hooks.telemetry import logger
from rotation_hooks.wiring import ports_from_environment


def handler(event: dict[str, Any], context: object) -> None:
    """Do the step, or raise: Secrets Manager then begins again with the same token."""
    del context
    asked = parse(RotationStep, event)
    told = {"secret": asked.arn, "version": asked.token, "step": asked.step}
    try:
        done = rotate(asked.arn, asked.token, asked.step, ports_from_environment())
    except RotationError as error:
        logger().error(str(error), extra=told | {"error": type(error).__name__})
        raise
    logger().info(done, extra=told)
