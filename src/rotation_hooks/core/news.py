"""Events about rotations, whichever way they come, as one kind of value.

Rules of this file
* Secrets Manager tells of a label by itself; of starts, ends and failures only
  CloudTrail tells, as well as it can.  So each may come late, twice or never.
* What is no news for a rotation is None; what has another form is an error.

AWS documentation: Secrets Manager user guide, "Match Secrets Manager events with Amazon
EventBridge" and "Log Secrets Manager events with AWS CloudTrail" (RotationStarted,
RotationSucceeded, RotationFailed, RotationAbandoned).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from rotation_hooks.core.errors import BadEvent
from rotation_hooks.core.labels import CURRENT

NATIVE = "Secret Label Updated"
TRAIL = "AWS Service Event via CloudTrail"
_SOURCE = "aws.secretsmanager"


class Kind(StrEnum):
    """What happened."""

    STARTED = "started"
    CURRENT = "current"
    FAILED = "failed"


_KINDS = {
    "RotationStarted": Kind.STARTED,
    "RotationSucceeded": Kind.CURRENT,
    "RotationFailed": Kind.FAILED,
    "RotationAbandoned": Kind.FAILED,
}
Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:secretsmanager:")]


class News(BaseModel):
    """One event about one secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: Kind
    arn: Arn
    version: str | None = None
    """None where the event does not say: Secrets Manager has to be asked."""
    event_id: Annotated[str, Field(min_length=1)]
    at: AwareDatetime


def understood(event: object) -> News | None:
    """What an event of EventBridge says; None when it says nothing to us.

    Raises BadEvent.
    """
    if not isinstance(event, dict) or event.get("source") != _SOURCE:
        raise BadEvent(f"source: it has to be {_SOURCE}")
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise BadEvent("detail: it has to be an object")
    match event.get("detail-type"):
        case "Secret Label Updated":
            return _of_label(event, detail)
        case "AWS Service Event via CloudTrail":
            return _of_trail(event, detail)
        case _:
            raise BadEvent(f"detail-type: it has to be {NATIVE!r} or {TRAIL!r}")


def _of_label(event: dict[str, Any], detail: dict[str, Any]) -> News | None:
    if detail.get("labelUpdated") != CURRENT:
        return None
    resources = event.get("resources")
    return _news(
        kind=Kind.CURRENT,
        arn=resources[0] if isinstance(resources, list) and resources else None,
        version=detail.get("versionId"),
        event_id=event.get("id"),
        at=event.get("time"),
    )


def _of_trail(event: dict[str, Any], detail: dict[str, Any]) -> News | None:
    name = detail.get("eventName")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        return None  # a test of the configuration, or nothing that we know
    data = detail.get("additionalEventData")
    return _news(
        kind=kind,
        arn=data.get("SecretId") if isinstance(data, dict) else None,
        event_id=detail.get("eventID") or event.get("id"),
        at=detail.get("eventTime") or event.get("time"),
    )


def _news(**found: object) -> News:
    try:
        return News.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadEvent(f"{first['loc'][0]}: {first['msg']}") from None
