"""The function `guard`: asked before a cutover begins, and told when it has ended.

{"action": "prepare", "cutover_id": "...", "window_s": 86400}
    → {"ok": false, "reasons": [{"code", "secret", "detail"}], "rotate_first": [...],
       "move_window": "2027-03-20T18:00:00Z"}
{"action": "look", "window_s": 86400}
    → the same, and {"secrets": [{"secret": "blue/app", "rotated_at", ...}]}; nothing is
      changed
{"action": "release"}
    → {"followed": {"blue/app": "VERIFIED"}}
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rotation_hooks.engine.guard import look, prepare
from rotation_hooks.engine.release import release
from rotation_hooks.handlers.events import GuardOrder, LookOrder, ReleaseOrder, parse
from rotation_hooks.telemetry import logger
from rotation_hooks.wiring import outside_from_environment


def handler(event: object, context: object) -> dict[str, Any]:
    """Tell every reason that keeps a cutover from beginning, or go on after it."""
    del context
    if isinstance(event, dict) and event.get("action") == "release":
        parse(ReleaseOrder, event)
        return {"followed": release(outside_from_environment())}
    if isinstance(event, dict) and event.get("action") == "look":
        window = timedelta(seconds=parse(LookOrder, event).window_s)
        return look(window, outside_from_environment()).model_dump(mode="json")
    asked = parse(GuardOrder, event)
    answer = prepare(timedelta(seconds=asked.window_s), outside_from_environment())
    told = {"cutover_id": asked.cutover_id, "codes": [r.code for r in answer.reasons]}
    logger().info("it may begin" if answer.ok else "it must not begin", extra=told)
    return answer.model_dump(mode="json")
