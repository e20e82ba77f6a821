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
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from shifter.core.errors import (
    BadEvent,
    Conflict,
    LockHeld,
    NotFound,
    Refused,
    ShifterError,
)
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.active import named_or_active
from shifter.handlers.events import ControlOrder, OrderKind, parse
from shifter.ports import Ports
from shifter.telemetry import logger
from shifter.wiring import ports_from_environment

BODY_LIMIT = 16_384
"""More characters than any order has."""
_STATUS: Mapping[type[ShifterError], HTTPStatus] = {
    BadEvent: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Refused: HTTPStatus.CONFLICT,
    Conflict: HTTPStatus.CONFLICT,
    LockHeld: HTTPStatus.CONFLICT,
}


def handler(event: Any, context: object) -> dict[str, Any]:
    """Take one order; the answer is an HTTP response."""
    del context
    caller = _caller(event)
    if caller is None:
        told = {"error": "Forbidden", "message": "the caller has no IAM identity"}
        return _answer(HTTPStatus.FORBIDDEN, told)
    try:
        order = parse(ControlOrder, _body(event))
        told = _told(_take(order, caller, ports_from_environment()))
    except tuple(_STATUS) as error:
        logger().warning(f"{caller}: {type(error).__name__}: {error}")
        told = {"error": type(error).__name__, "message": str(error)}
        return _answer(_STATUS[type(error)], told)
    return _answer(HTTPStatus.OK, told)


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


def _take(order: ControlOrder, by: str, ports: Ports) -> Record:
    """Carry out an order; return the record as it is then."""
    record = named_or_active(order.cutover_id, ports)
    cutover_id, reason = record.cutover_id, order.told_reason
    match order.order:
        case OrderKind.STATUS:
            return record
        case OrderKind.ABORT:
            return control.abort(cutover_id, ports, by=by, reason=reason)
        case OrderKind.PAUSE:
            return control.pause(cutover_id, ports, by=by, reason=reason)
        case OrderKind.RESUME:
            return control.resume(cutover_id, ports, by=by, reason=reason)
        case OrderKind.APPROVE | OrderKind.DECLINE:
            return control.answer(
                cutover_id,
                ports,
                gate=order.gate or "",
                approved=order.order is OrderKind.APPROVE,
                by=by,
                reason=reason,
            )


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
