"""The events in the order in which they come, and what each function answers.

A story is played from its first line to its last: what one event has done is there when
the next one comes.  `tests/events/test_events.py` plays them in the sandbox, and
`make local-invoke` with the built packages in docker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shifter.handlers

FOLDER = Path(__file__).parents[2] / "events"
HANDLERS = sorted(
    path.stem
    for path in Path(next(iter(shifter.handlers.__path__))).glob("*.py")
    if "\ndef handler(" in path.read_text("utf-8")
)
NOTHING = "nothing"
"""The answer of a function that had nothing to do."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event, and the word for what comes back.

    The word is a directive's action, an HTTP status, an error's name, or what a report
    says: `ready`, `started`, `verified`.
    """

    event: str
    word: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Fire:
    """An alarm fires, and stays so."""

    alarm: str

    def do(self, cloudwatch: Any) -> None:
        """From now on it misses what it watches; nobody waits until it is noticed."""
        cloudwatch.put_metric_alarm(
            AlarmName=self.alarm,
            Namespace="Nothing",
            MetricName="Nothing",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="breaching",
        )
        cloudwatch.set_alarm_state(
            AlarmName=self.alarm, StateValue="ALARM", StateReason="told so"
        )


Step = Sent | Wait | Fire

BEGUN = (Sent("prepare_start", "assess"), Sent("assess_first", "shift"))
SHIFTED = (*BEGUN, Sent("shift_step", "hold"))

STORIES: Mapping[str, tuple[Step, ...]] = {
    "nothing runs": (
        Sent("watchdog_scheduled", NOTHING),
        Sent("preflight_plan", "ready"),
        Sent("preflight_page", "ready"),
        Sent("roll_back_abandoned_start", "NotFound"),
        Sent("roll_back_without_record", "verified"),
        Sent("control_without_identity", "403"),
    ),
    "a step, a pause, an abort": (
        *SHIFTED,
        Sent("preflight_plan", "not ready"),  # the environment is held
        Sent("assess_hold", "hold"),
        Sent("assess_after_failure", "hold"),
        Sent("control_status", "200"),
        Sent("control_pause", "200"),
        Sent("control_resume", "200"),
        Sent("control_resolve", "409"),  # nothing is stuck
        Sent("roll_back_without_record", "Refused"),  # the record can be read
        Sent("watchdog_scheduled", NOTHING),
        Sent("control_abort", "200"),
        Sent("assess_hold", "roll_back"),
        Sent("roll_back_directive", "roll_back_later"),
        Wait(45),  # until no write can be under way any more
        Sent("roll_back_directive", "finish"),
        Sent("finish_prove", "finish_later"),
    ),
    "an alarm": (
        *SHIFTED,
        Sent("breaker_ok", NOTHING),
        Fire("payments-prod-green-5xx"),
        Sent("breaker_alarm", "roll_back_later"),
    ),
    "a hand-over, and an order to go back": (
        *SHIFTED,
        Sent("hand_over_history", "end_superseded"),
        Sent("roll_back_order", "roll_back_later"),
    ),
    "an approval": (
        Sent("prepare_start_asking", "assess"),
        Sent("assess_first", "hold"),
        Sent("control_approve", "200"),
    ),
    "a refusal": (
        Sent("prepare_start_asking", "assess"),
        Sent("assess_first", "hold"),
        Sent("control_decline", "200"),
    ),
    "a start by event": (Sent("start_requested", "started"),),
    "a start by order": (Sent("control_start", "200"),),
}


def event(name: str) -> Any:
    """The event of this name."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def handler_of(name: str) -> str:
    """The handler that an event is for: its name begins with the handler's."""
    return max((h for h in HANDLERS if name.startswith(f"{h}_")), key=len)


def function_of(name: str) -> str:
    """The function that an event is for, as templates and sandbox name it."""
    return "".join(word.title() for word in handler_of(name).split("_"))


def word(answer: Any) -> str:
    """What an answer says, in a word."""
    if answer is None:
        return NOTHING
    if "errorType" in answer:
        return str(answer["errorType"])
    if "statusCode" in answer:
        return str(answer["statusCode"])
    if "started" in answer:
        return "started"
    if "ready" in answer:
        return "ready" if answer["ready"] else "not ready"
    if "verified" in answer:
        return "verified" if answer["verified"] else "not verified"
    return str(answer["action"])
