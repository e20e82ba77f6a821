"""Events as EventBridge sends them, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rotation_hooks.core.errors import BadEvent
from rotation_hooks.core.news import Kind, News, understood

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app-AbCdEf"
AT = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)


def label(**detail: Any) -> dict[str, Any]:
    """Secrets Manager's own event."""
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": "Secret Label Updated",
        "source": "aws.secretsmanager",
        "time": "2027-03-20T12:00:00Z",
        "resources": [ARN],
        "detail": {
            "name": "payments/blue/app",
            "labelUpdated": "AWSCURRENT",
            "versionId": "v-1",
        }
        | detail,
    }


def trail(name: str, **detail: Any) -> dict[str, Any]:
    """CloudTrail's event."""
    return {
        "version": "0",
        "id": "e-2",
        "detail-type": "AWS Service Event via CloudTrail",
        "source": "aws.secretsmanager",
        "time": "2027-03-20T12:00:05Z",
        "resources": [],
        "detail": {
            "eventSource": "secretsmanager.amazonaws.com",
            "eventName": name,
            "eventID": "t-1",
            "eventTime": "2027-03-20T12:00:00Z",
            "additionalEventData": {"SecretId": ARN},
            "errorMessage": "Task timed out",
        }
        | detail,
    }


def test_a_label_that_moved() -> None:
    assert News(
        kind=Kind.CURRENT, arn=ARN, version="v-1", event_id="e-1", at=AT
    ) == understood(label())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RotationStarted", Kind.STARTED),
        ("RotationSucceeded", Kind.CURRENT),
        ("RotationFailed", Kind.FAILED),
        ("RotationAbandoned", Kind.FAILED),
    ],
)
def test_what_cloudtrail_tells(name: str, kind: Kind) -> None:
    assert News(kind=kind, arn=ARN, event_id="t-1", at=AT) == understood(trail(name))


@pytest.mark.parametrize(
    "event",
    [label(labelUpdated="MINE"), trail("TestRotationStarted"), trail("PutSecretValue")],
)
def test_what_is_no_news(event: dict[str, Any]) -> None:
    assert understood(event) is None


def test_a_name_that_is_nested_without_end_is_no_news() -> None:
    """Python cannot even show such a value."""
    name: dict[str, Any] = {}
    for _ in range(100_000):
        name = {"eventName": name}

    assert understood(trail("PutSecretValue", **name)) is None


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (None, "source: it has to be aws.secretsmanager"),
        ({"source": "aws.ecs"}, "source: it has to be"),
        ({"source": "aws.secretsmanager"}, "detail: it has to be an object"),
        (label() | {"detail-type": "Else"}, "detail-type: it has to be 'Secret Label"),
        (label() | {"resources": []}, "arn: Input should be a valid string"),
        (label() | {"resources": 7}, "arn: Input should be a valid string"),
        (label() | {"resources": {"0": "a"}}, "arn: Input should be a valid string"),
        (label() | {"time": "soon"}, "at: Input should be a valid datetime"),
        (trail("RotationFailed", additionalEventData=None), "arn: Input should be"),
        (trail("RotationFailed", additionalEventData="a"), "arn: Input should be"),
        (
            trail("RotationFailed", additionalEventData={"SecretId": "app"}),
            "arn: String should match",
        ),
    ],
)
def test_what_has_another_form_is_refused(event: object, told: str) -> None:
    with pytest.raises(BadEvent, match=told):
        understood(event)
