"""The function `control`: takes orders from people, over a Function URL.

Rules of this file
* The actor is the ARN of the caller, which AWS puts into the request context when the
  URL's authorisation is IAM.  Without one nothing is done.
* A name in the body is a comment, and is marked as one.
* Whoever may invoke the function directly can pretend to be anybody: nobody may.

AWS documentation: AWS Lambda developer guide, "Invoking Lambda function URLs" (payload
format 2.0) and "Control access to Lambda function URLs".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from shifter.core.errors import (
    AwsError,
    BadEvent,
    Conflict,
    LockHeld,
    NotFound,
    Refused,
    SettingsError,
    ShifterError,
    UserError,
)
from shifter.core.plan import parse_plan
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.active import named_or_active
from shifter.engine.prepare import Start
from shifter.engine.resolve import resolve
from shifter.engine.start import start
from shifter.handlers.events import parse
from shifter.handlers.orders import Answer, Begin, Change, Order, Status
from shifter.ports import Ports
from shifter.telemetry import logger
from shifter.wiring import ports_from_environment

BODY_LIMIT = 200_000
"""More characters than any order has; a plan is the longest part of one."""
_CHANGES: Mapping[str, Callable[..., Record]] = {
    "abort": control.abort,
    "pause": control.pause,
    "resume": control.resume,
    "resolve": resolve,
}


def handler(event: Any, context: object) -> dict[str, Any]:
    """Take one order; the answer is an HTTP response."""
    del context
    caller = _caller(event)
    if caller is None:
        told = {"error": "Forbidden", "message": "the caller has no IAM identity"}
        return _answer(HTTPStatus.FORBIDDEN, told)
    try:
        order = parse(Order, _body(event)).root
        told = _take(order, caller, ports_from_environment())
    except SettingsError:
        raise  # the deployment is wrong, and an alarm watches for failed invocations
    except (UserError, LockHeld, Conflict, AwsError) as error:
        logger().warning(f"{caller}: {type(error).__name__}: {error}")
        told = {"error": type(error).__name__, "message": str(error)}
        return _answer(_status(error), told)
    return _answer(HTTPStatus.OK, told)


def _status(error: ShifterError) -> HTTPStatus:
    """Who must act: the caller (4xx), or somebody who looks after AWS."""
    match error:
        case NotFound():
            return HTTPStatus.NOT_FOUND
        case Refused() | Conflict() | LockHeld():
            return HTTPStatus.CONFLICT
        case AwsError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.BAD_REQUEST


def _caller(event: Any) -> str | None:
    """The caller's ARN, from where only AWS can write."""
    found = event
    for name in ("requestContext", "authorizer", "iam", "userArn"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) and found else None


def _body(event: Mapping[str, Any]) -> Any:
    """The body as JSON.  Raises BadEvent."""
    if event.get("version") != "2.0":
        raise BadEvent("version: the event is not of payload format 2.0")
    text = event.get("body")
    if not isinstance(text, str) or len(text) > BODY_LIMIT:
        raise BadEvent(f"body: write an order in at most {BODY_LIMIT} characters")
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        return json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        raise BadEvent("body: it is not JSON") from None


def _take(
    order: Status | Begin | Change | Answer, by: str, ports: Ports
) -> dict[str, Any]:
    """Carry out an order; return what the caller wants to know."""
    if isinstance(order, Begin):
        return _start(order, by, ports)
    record = named_or_active(order.cutover_id, ports)
    match order:
        case Status():
            return _told(record)
        case Answer():
            return _told(
                control.answer(
                    record.cutover_id,
                    ports,
                    gate=order.gate,
                    approved=order.order == "approve",
                    by=by,
                    reason=order.told_reason,
                )
            )
        case Change():
            change = _CHANGES[order.order]
            reason = order.told_reason
            return _told(change(record.cutover_id, ports, by=by, reason=reason))


def _start(order: Begin, by: str, ports: Ports) -> dict[str, Any]:
    asked = {
        "cutover_id": order.cutover_id,
        "plan": parse_plan(order.plan),
        "started_by": by,
    }
    done = start(parse(Start, asked), ports)
    logger().info(
        f"{by} started {order.cutover_id}: {order.told_reason}",
        extra={"cutover_id": order.cutover_id},
    )
    return done.model_dump(mode="json")


def _told(record: Record) -> dict[str, Any]:
    """What people want to know about a cutover."""
    return {
        "cutover_id": record.cutover_id,
        "environment": record.environment,
        "phase": record.phase,
        "step": record.step,
        "steps": len(record.plan.steps),
        "started_by": record.started_by,
        "started_at": record.started_at.isoformat(),
        "reason": record.reason,
        "look_again_at": record.look_again_at.isoformat(),
        "waiting": {
            gate: since.isoformat() for gate, since in sorted(record.waiting.items())
        },
        "paused_by": record.pause.by if record.pause else None,
        "aborted_by": record.abort.by if record.abort else None,
        "version": record.version,
        "journal_head": record.journal_head,
    }


def _answer(status: HTTPStatus, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(told),
    }
