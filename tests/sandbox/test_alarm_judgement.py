"""AWS's own examples of missing data, and the grammar of composite alarms.

The tables are those of the Amazon CloudWatch user guide, "Configuring how CloudWatch
alarms treat missing data": five datapoints, three evaluation periods.
"""

from __future__ import annotations

import pytest

from shifter_sandbox import alarm_rule
from shifter_sandbox.alarms import State, judge
from shifter_sandbox.wire import Refused

POINTS = {"0": False, "X": True, "-": None}
ALL = ("missing", "ignore", "breaching", "notBreaching")


def judged(text: str, to_alarm: int, missing: str, current: State = "OK") -> str:
    points = [POINTS[letter] for letter in text]
    return judge(points, needed=3, to_alarm=to_alarm, missing=missing, current=current)


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("0-X-X", ("OK", "OK", "OK", "OK")),
        ("0----", ("OK", "OK", "OK", "OK")),
        ("-----", ("INSUFFICIENT_DATA", "OK", "ALARM", "OK")),
        ("0XX-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("--X--", ("ALARM", "OK", "ALARM", "OK")),
    ],
)
def test_three_of_three(text: str, states: tuple[str, ...]) -> None:
    assert tuple(judged(text, 3, missing) for missing in ALL) == states


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("0-X-X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("00X0X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("0-X--", ("OK", "OK", "ALARM", "OK")),
        ("----0", ("OK", "OK", "ALARM", "OK")),
        ("---X-", ("ALARM", "OK", "ALARM", "OK")),
        ("-XX--", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ],
)
def test_two_of_three(text: str, states: tuple[str, ...]) -> None:
    assert tuple(judged(text, 2, missing) for missing in ALL) == states


def test_ignoring_keeps_the_state_that_there_is() -> None:
    assert judged("-----", 3, "ignore", current="ALARM") == "ALARM"


def test_too_few_and_too_young_breaches_keep_the_state() -> None:
    assert judged("----X", 3, "missing", current="OK") == "OK"
    assert judged("----X", 3, "missing", current="INSUFFICIENT_DATA") == (
        "INSUFFICIENT_DATA"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('ALARM("a")', True),
        ("ALARM(b)", False),
        ("OK(b) AND NOT OK(a)", True),
        ("ALARM(b) OR ALARM('a') AND FALSE", False),
        ("(ALARM(b) OR ALARM(a)) AND TRUE", True),
        ("INSUFFICIENT_DATA(c)", True),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a)", True),
    ],
)
def test_a_rule_asks_the_states_of_other_alarms(text: str, value: bool) -> None:
    states = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA"}
    rule, names = alarm_rule.parse(text)

    assert rule(states.__getitem__) is value
    assert names <= set(states)


@pytest.mark.parametrize(
    "text",
    ["", "ALARM", "ALARM(a) AND", "(ALARM(a)", "ALARM(a) ALARM(b)", "BAD(a)", "OR"],
)
def test_what_is_not_a_rule_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="AlarmRule is invalid"):
        alarm_rule.parse(text)
