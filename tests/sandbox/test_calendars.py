"""Change calendars: open, but for the spans in which they are closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter_sandbox.account import START, Account

HOUR = timedelta(hours=1)
ARN = "arn:aws:ssm:eu-central-1:123456789012:document/night"


def _ask(*names: str, at: datetime | None = None) -> tuple[str, str | None]:
    client: Any = boto3.client("ssm")
    more = {} if at is None else {"AtTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    answer = client.get_calendar_state(CalendarNames=list(names), **more)
    return answer["State"], answer.get("NextTransitionTime")


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def test_a_calendar_is_open_unless_it_is_closed(aws: Account) -> None:
    aws.calendars.put("always")
    aws.calendars.put("night", (START + HOUR, START + 2 * HOUR))

    assert ("OPEN", None) == _ask("always")
    assert ("OPEN", _told(START + HOUR)) == _ask("night")
    aws.advance(HOUR.total_seconds())
    assert ("CLOSED", _told(START + 2 * HOUR)) == _ask("night")
    assert ("CLOSED", _told(START + 2 * HOUR)) == _ask(ARN)
    aws.advance(HOUR.total_seconds())
    assert ("OPEN", None) == _ask("night")


def test_spans_that_meet_are_one(aws: Account) -> None:
    aws.calendars.put(
        "night", (START, START + 2 * HOUR), (START + HOUR, START + 3 * HOUR)
    )

    assert ("CLOSED", _told(START + 3 * HOUR)) == _ask("night")


def test_several_calendars_are_open_when_all_of_them_are(aws: Account) -> None:
    aws.calendars.put("night", (START + HOUR, START + 2 * HOUR))
    aws.calendars.put("day", (START, START + HOUR))

    assert ("CLOSED", _told(START + 2 * HOUR)) == _ask("night", "day")
    assert ("OPEN", None) == _ask("night", "day", at=START + 2 * HOUR)


def test_a_calendar_that_nobody_knows_is_an_invalid_document(aws: Account) -> None:
    with pytest.raises(ClientError, match="InvalidDocument"):
        _ask("noon")
