"""Calendar, line and watchdog, and the preflight, over a whole deployment."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest

from shifter.core.phases import Phase
from shifter.telemetry import heartbeat
from shifter_sandbox.account import account
from shifter_sandbox.build_alarms import build_heartbeat_alarm
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import CUTOVER, OPERATOR, Happening, stage

MINUTE = timedelta(minutes=1)
ERRORS = {
    "kind": "alarm",
    "name": "errors",
    "alarm": "payments-prod-green-5xx",
    "lane": "green",
    "on_alarm": "roll_back",
}
HOURS = {"kind": "calendar", "name": "hours", "calendar": "office-hours"}
SHORT = {
    "steps": [
        {"share": "10 %", "bake": "3m"},
        {"share": "50 %", "bake": "3m"},
        {"share": "100 %"},
    ],
    "gates": [ERRORS, HOURS],
    "final_bake": "1m",
}


def test_the_heartbeat_alarm_follows_the_heart() -> None:
    """Silent for three minutes is dead; one beat in three minutes is alive."""
    with account() as aws:
        name = build_heartbeat_alarm("riverbank")
        aws.add_function("watchdog", lambda _event, _context: heartbeat("riverbank"))
        aws.advance(240)
        assert "ALARM" == aws.monitoring.state(name)

        boto3.client("lambda").invoke(FunctionName="watchdog", Payload=b"{}")
        aws.advance(60)
        assert "OK" == aws.monitoring.state(name)

        aws.advance(360)
        assert "ALARM" == aws.monitoring.state(name)


def _written(value: str, later: timedelta) -> Happening:
    return Happening(
        told=f"{value} is written",
        do=lambda stage: stage.system.write_line(value),
        at_share=100,
        later=later,
    )


def test_a_line_that_is_stopped_and_a_calendar_that_closes_hold_the_cutover() -> None:
    """And when both let go, it goes on to its end."""
    with stage(edges=1, dns=False) as on:
        now = on.aws.now().replace(second=0, microsecond=0)
        closes, opens = now + 6 * MINUTE, now + 12 * MINUTE
        on.aws.calendars.put("office-hours", (closes, opens))
        on.expect(_written("the till\nin Lyon is down", MINUTE))
        on.expect(_written("go", 3 * MINUTE))

        on.shifter.run(shipped_plan(**SHORT), CUTOVER, OPERATOR)

        record = on.record()
        assert record is not None
        assert Phase.COMPLETED is record.phase
        told = {
            entry.reason.partition("; to let it go: ")[0]
            for entry in on.ports.store.journal(CUTOVER)
        }
        closing = f"closes at {closes.isoformat(timespec='minutes')}"
        closed = f"closed until {opens.isoformat(timespec='minutes')}"
        assert {
            "waiting for line: stopped: the till in Lyon is down",
            f"waiting for hours: {closing}, before the next step has baked for 3m",
            f"waiting for hours: {closed}",
        } <= told


def test_a_cutover_does_not_start_while_nobody_watches() -> None:
    with stage(edges=1, dns=False) as on:
        on.aws.calendars.put("office-hours")
        # The watchdog cannot even learn what it looks after.
        on.aws.faults.throttle("ssm.GetParameter", times=10**6)
        on.aws.advance(300)
        on.aws.faults.clear()

        [result] = on.shifter.run(shipped_plan(**SHORT), CUTOVER, OPERATOR)

        assert "gate watchdog: payments-prod-watchdog-heartbeat is in ALARM" in (
            str(result.cause)
        )
        assert on.record() is None


@pytest.mark.parametrize("stopped", [False, True])
def test_a_preflight_pages_and_writes_nothing(stopped: bool) -> None:
    with stage(edges=2) as on:
        if stopped:
            on.system.write_line("a flood")
        plan = shipped_plan().model_dump(mode="json")
        order = {"plan": plan, "test_page": "4821", "by": OPERATOR}

        answer: Any = boto3.client("lambda").invoke(
            FunctionName="Preflight:live", Payload=json.dumps({"preflight": order})
        )

        found = json.loads(answer["Payload"].read())
        problems = [problem["value"].partition(";")[0] for problem in found["problems"]]
        assert (not stopped, True, None) == (
            found["ready"],
            found["paged"],
            found["holder"],
        )
        assert (["stopped: a flood"] if stopped else []) == problems
        assert {"running": 3, "edge-1": 3, "edge-2": 3} == found["capacity"]
        [message] = on.system.messages()
        assert message["message"].startswith("PAGE: payments-prod: PREFLIGHT")
        assert "Type 4821 where" in message["message"]
        assert f"Asked for by {OPERATOR}." in message["message"]
        assert on.record() is None
        assert on.ports.store.environment("payments-prod").holder is None
