from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from shifter.cli.forecast import CALL, forecast
from shifter.core.plan import parse_plan
from tests.cli.command import COLUMNS, run, trimmed
from tests.cli.plans import good_plan

ROOT = Path(__file__).parents[2]
SHIPPED = str(ROOT / "examples" / "plan.yaml")


def _shown(plan: dict[str, Any], *options: str) -> dict[str, Any]:
    result = run("plan", "show", "--json", *options, "-", stdin=json.dumps(plan))
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def test_each_step_is_one_line_of_numbers() -> None:
    lines = trimmed(run("plan", "show", SHIPPED).stdout).splitlines()
    rows = [line.split() for line in lines if re.match(r" +\d+ +\d+ %", line)]

    assert [row[:3] for row in rows] == [
        ["1", "1", "%"],
        ["2", "5", "%"],
        ["3", "10", "%"],
        ["4", "25", "%"],
        ["5", "50", "%"],
        ["6", "95", "%"],
        ["7", "100", "%"],
    ]
    assert " ".join(rows[0][3:]) == "99/1 99/1 as is as is 5m 0s 42 7 45s"
    assert " ".join(rows[3][3:]) == "75/25 3/1 50 % 1/1 5m 15m 1,042 157 45s"
    assert " ".join(rows[6][3:]) == "0/100 0/1 50 % 1/1 1d 35m 1,200,000 625 45s"


def test_no_line_is_wider_than_the_terminal() -> None:
    lines = run("plan", "show", SHIPPED).stdout.splitlines()

    assert max(len(line) for line in lines) <= int(COLUMNS)
    assert "…" not in "".join(lines)


def test_a_narrow_terminal_loses_only_what_is_said_elsewhere() -> None:
    shown = run("plan", "show", SHIPPED, columns="80").stdout

    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "…" not in shown
    assert "3   10 %      9/1    25 %       3/1    5m     10m" in shown
    assert "45s at worst" in shown


def test_totals_say_when_how_much_and_how_fast_back() -> None:
    shown = " ".join(run("plan", "show", SHIPPED).stdout.split())

    assert "all on green 35m after the start" in shown
    assert "complete 1d 35m after the start" in shown
    assert "11,709 reach green before the last step" in shown
    assert "45s at worst from a breach to all blue: 30s until the next look" in shown


@pytest.mark.parametrize(
    ("gate", "leads_to"),
    [
        ("errors", "in ALARM: roll back hold hold 1h: hold and page"),
        ("latency", "in ALARM: hold hold hold 1h: hold and page"),
        ("replication", "lag above 5s: hold hold hold 30m: roll back"),
        ("green-targets", "healthy green targets below 2: roll back hold hold 1h"),
        ("evidence", "too little evidence: hold hold hold 1h: hold and page"),
        ("enough-requests", "requests on green below 20: hold hold hold 1h"),
        ("weights", "changed by hand: hold and page - hold 1h"),
        ("capacity", "less blue than at the start: hold hold hold 1h"),
        ("hold", "paused: hold - - 1d: hold and page"),
    ],
)
def test_each_gate_says_what_it_leads_to(gate: str, leads_to: str) -> None:
    lines = [line.split() for line in run("plan", "show", SHIPPED).stdout.splitlines()]

    [row] = [line[1:] for line in lines if line[:1] == [gate]]

    assert " ".join(row).startswith(leads_to)


def test_json_has_the_numbers_of_a_step() -> None:
    plan = good_plan()
    plan["steps"].insert(1, {"share": "50 %", "dns_share": "25 %", "bake": "1h"})

    first, second, last = _shown(plan, "--requests-per-hour", "1000")["steps"]

    assert first == {
        "step": 1,
        "share_per_mille": 100,
        "lanes_per_mille": {"blue": 900, "canary": 0, "green": 100},
        "edge_weights": {"blue": 9, "canary": 0, "green": 1},
        "dns_share_per_mille": None,
        "dns_weights": None,
        "bake_seconds": 1800,
        "earliest_start_seconds": 0,
        "requests_on_green": 50,
        "exposed_requests": 2,
        "slow": [],
    }
    assert second["dns_weights"] == {"edge-1": 3, "edge-2": 1}
    assert last["dns_share_per_mille"] == 250, "stays as the step before left it"
    assert last["earliest_start_seconds"] == 5400
    assert last["bake_seconds"] == 86400


def test_json_has_totals_and_gates() -> None:
    shown = _shown(good_plan())

    assert shown["plan"] == "Payments to green"
    assert shown["environment"] == "payments-prod"
    assert shown["requests_per_hour"] == 50_000
    assert shown["totals"] == {
        "all_on_green_after_seconds": 1800,
        "complete_after_seconds": 88200,
        "requests_on_green_before_the_last_step": 2500,
        "time_to_safe_seconds": 45,
        "time_to_safe_parts_seconds": {
            "until_the_next_look": 30,
            "look": 5,
            "write": 5,
            "read_back": 5,
        },
        "looks": 4413,
        "aws_calls": 48597,
        "state_transitions": 13249,
        "cost_usd": 0.5448,
        "cost_usd_by_service": {
            "Step Functions": 0.3312,
            "Lambda": 0.0745,
            "DynamoDB": 0.0508,
            "CloudWatch": 0.0883,
        },
    }
    gates = {gate["gate"]: gate for gate in shown["gates"]}
    assert list(gates) == [
        "weights",
        "dns_settled",
        "capacity",
        "hold",
        "line",
        "watchdog",
        "errors",
    ]
    assert gates["errors"] == {
        "gate": "errors",
        "kind": "alarm",
        "standing": False,
        "can_roll_back": True,
        "bad": [{"when": "in ALARM", "then": "roll back"}],
        "no_data": "hold",
        "unreadable": "hold",
        "deadline_seconds": 3600,
        "on_deadline": "hold and page",
    }
    assert gates["hold"]["standing"] is True


def test_a_slow_poll_makes_the_time_to_safe_longer() -> None:
    quick = _shown(good_plan() | {"poll": "10s"})["totals"]
    slow = _shown(good_plan() | {"poll": "5m"})["totals"]

    assert quick["time_to_safe_seconds"] == 45, "a shift may be under way"
    assert slow["time_to_safe_seconds"] == 315


def test_a_step_that_bakes_too_short_to_count_enough_requests_is_named() -> None:
    plan = good_plan()
    plan["gates"].append(
        {"kind": "sufficiency", "name": "enough", "minimum_requests": 200}
    )

    shown = " ".join(
        run(
            "plan",
            "show",
            "--requests-per-hour",
            "1000",
            "-",
            stdin=yaml.safe_dump(plan),
        ).stdout.split()
    )

    assert (
        "step 1 is slow enough wants 200 requests, which takes about 2h 2m; "
        "the bake is 30m" in shown
    )
    assert "step 2 is slow" not in shown


def test_a_plan_without_any_requests_can_be_shown() -> None:
    steps = _shown(good_plan(), "--requests-per-hour", "0")["steps"]

    assert [step["requests_on_green"] for step in steps] == [0, 0]


def test_a_negative_rate_is_a_wrong_call() -> None:
    result = run("plan", "show", "--requests-per-hour", "-1", SHIPPED)

    assert result.exit_code == 2
    assert "--requests-per-hour" in result.stderr


def test_a_bad_plan_is_not_shown() -> None:
    result = run("plan", "show", "--json", "-", stdin="name: x")

    assert result.exit_code == 3
    assert result.stdout == ""


def test_a_call_to_aws_ends_within_the_time_that_is_counted_for_it() -> None:
    """The time limits of wiring's clients; importing it would load all of AWS."""
    text = (ROOT / "src" / "shifter" / "wiring.py").read_text(encoding="utf-8")
    limits = re.findall(r"^(?:CONNECT|READ)_SECONDS = (\d+)$", text, re.MULTILINE)

    assert len(limits) == 2
    assert timedelta(seconds=sum(map(int, limits))) == CALL


def test_what_is_shown_is_computed_from_the_plan_alone() -> None:
    expected = forecast(parse_plan(good_plan()), 50_000)

    assert expected.time_to_safe.total == timedelta(seconds=30) + 3 * CALL
    assert expected.ends_at == timedelta(days=1, minutes=30)


@pytest.mark.parametrize(
    ("gate", "slow"),
    [
        ({"slow_above_ms": 500}, {1: (20, 360), 5: (1249, 360), 6: None}),
        ({"slow_above_ms": 500, "budget": 5}, {1: (96, 900), 5: (1249, 360)}),
        ({"slow_above_ms": 500, "minimum_requests": 100}, {1: (100, 900)}),
        ({"source": "application"}, {1: None, 5: None, 6: None}),
    ],
    ids=["as shipped", "a small budget", "many requests", "ten seconds"],
)
def test_a_step_that_bakes_for_less_than_evidence_takes_is_slow(
    gate: dict[str, Any], slow: dict[int, tuple[int, int] | None]
) -> None:
    """A bake that is too short is no mistake: the gate waits."""
    plan = yaml.safe_load(Path(SHIPPED).read_text("utf-8"))
    others = [g for g in plan["gates"] if g["kind"] != "evidence"]
    plan["gates"] = [{"kind": "evidence", "name": "proof", **gate}, *others]
    steps = _shown(plan)["steps"]

    for number, told in slow.items():
        found = [s for s in steps[number - 1]["slow"] if s["gate"] == "proof"]
        shown = [(s["minimum_requests"], s["expected_seconds"]) for s in found]
        assert ([] if told is None else [told]) == shown, number
    assert [] == steps[-1]["slow"], "at 100 % it does not wait"


def test_evidence_of_no_traffic_at_all_is_not_forecast() -> None:
    plan = yaml.safe_load(Path(SHIPPED).read_text("utf-8"))

    assert all(
        s["slow"] == [] for s in _shown(plan, "--requests-per-hour", "0")["steps"]
    )
