"""What AWS can answer about calendars and the line, and memory cannot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shifter.adapters.ssm_gates import CalendarReader, LineReader
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.gate import Situation, Unreadable
from shifter.core.gates.line import LineGate, LineSeen
from tests.adapters.account import Account
from tests.adapters.bench import LINE, NOW, invented_topology

HOURS = CalendarGate(name="hours", calendar="office-hours")
AGAIN = CalendarGate(name="again", calendar="office-hours")
SITUATIONS = {name: Situation(now=NOW) for name in ("hours", "again", "line")}
NINE = datetime(2027, 3, 22, 9, tzinfo=UTC)


def _read(account: Account, answer: dict[str, Any]) -> Any:
    account.answer("ssm", "GetCalendarState", lambda _: answer)
    reader = CalendarReader(account.client("ssm"))
    return reader.read([HOURS], SITUATIONS)["hours"]


@pytest.mark.parametrize(
    ("told", "changes_at"),
    [
        ("2027-03-22T09:00:00Z", NINE),
        ("2027-03-22T09:00:00", NINE),
        (
            "2027-03-22T09:00:00+02:00",
            NINE.replace(tzinfo=timezone(timedelta(hours=2))),
        ),
        (None, None),
    ],
)
def test_a_time_is_read_as_aws_may_write_it(
    account: Account, told: str | None, changes_at: datetime | None
) -> None:
    answer = {"State": "CLOSED", "NextTransitionTime": told}

    assert CalendarSeen(open=False, changes_at=changes_at) == _read(account, answer)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({}, "calendar office-hours has an unknown state: None"),
        (
            {"State": "AJAR"},
            "calendar office-hours has an unknown state: AJAR",
        ),
        (
            {"State": "OPEN", "NextTransitionTime": "soon"},
            "calendar office-hours changes at an unknown time: soon",
        ),
    ],
)
def test_an_answer_that_nobody_understands_is_unreadable(
    account: Account, answer: dict[str, Any], detail: str
) -> None:
    """An open calendar that closes nobody knows when is not open."""
    assert Unreadable(detail) == _read(account, answer)


def test_a_calendar_that_does_not_exist_is_unreadable_by_its_name(
    account: Account,
) -> None:
    account.refuse(
        "ssm", "GetCalendarState", "InvalidDocument", message="it does not exist"
    )
    reader = CalendarReader(account.client("ssm"))

    assert {
        "hours": Unreadable(
            "GetCalendarState on office-hours: InvalidDocument: "
            "it does not exist (request r-1)"
        )
    } == reader.read([HOURS], SITUATIONS)


def test_each_calendar_is_asked_about_once(account: Account) -> None:
    calls = account.record("ssm", "GetCalendarState")
    account.answer("ssm", "GetCalendarState", lambda _: {"State": "OPEN"})
    reader = CalendarReader(account.client("ssm"))

    seen = reader.read([HOURS, AGAIN], SITUATIONS)

    assert {"hours", "again"} == set(seen)
    assert [{"CalendarNames": ["office-hours"]}] == calls


def test_an_encrypted_line_is_not_decrypted(account: Account) -> None:
    """So it needs no right to a key, and whatever is in it does not go."""
    client = account.client("ssm")
    client.put_parameter(Name=LINE, Value="go", Type="SecureString")
    reader = LineReader(client, invented_topology())

    seen = reader.read([LineGate()], SITUATIONS)["line"]

    assert isinstance(seen, LineSeen)
    assert "go" != seen.value
