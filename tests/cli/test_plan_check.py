from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import run
from tests.cli.plans import good_plan, spoiled, without

APPROVAL = {"kind": "approval", "name": "half", "before": "10 %"}

# A plan with one thing wrong; then field, value and remedy as they are told.
BAD_PLANS: dict[str, tuple[Any, str]] = {
    "a list": (
        [good_plan()],
        "plan: list: write a mapping of fields",
    ),
    "no steps": (
        without("steps"),
        "steps: missing: required",
    ),
    "an unknown field": (
        spoiled("stepz", value=1),
        "stepz: unknown field: remove it or correct its spelling",
    ),
    "a bare number for a share": (
        spoiled("steps", 0, "share", value=10),
        'steps.0.share: 10: write a percentage such as "10 %" or "0.5 %"',
    ),
    "a share that no weights give": (
        spoiled("steps", 0, "share", value="0.55 %"),
        (
            "steps.0.share: '0.55 %': no load-balancer weights give this share "
            "exactly: use steps of 0.1 %"
        ),
    ),
    "more than everything": (
        spoiled("steps", 0, "share", value="101 %"),
        "steps.0.share: '101 %': a share is at most 100 %",
    ),
    "a DNS share that no weights give": (
        spoiled("steps", 0, "dns_share", value="0.3 %"),
        (
            "steps.0.dns_share: '0.3 %': no Route 53 weights up to 255 give this share "
            "exactly: use 0.4 %"
        ),
    ),
    "a bare number for a duration": (
        spoiled("steps", 0, "bake", value=30),
        'steps.0.bake: 30: write a number with its unit, such as "90s", "5m" or "2h"',
    ),
    "a step backwards": (
        spoiled(
            "steps",
            value=[
                {"share": "10 %", "bake": "5m"},
                {"share": "5 %", "bake": "5m"},
                {"share": "100 %"},
            ],
        ),
        "steps.1.share: 5 %: a step never goes backwards: at least 10 %",
    ),
    "a way that does not reach the end": (
        spoiled("steps", 1, "share", value="95 %"),
        "steps.1.share: 95 %: the last step completes the cutover: 100 %",
    ),
    "a step without a bake": (
        without("steps", 0, "bake"),
        "steps.0.bake: missing: every step needs a bake",
    ),
    "no gates": (
        spoiled("gates", value=[]),
        "gates: []: a plan without gates would pass everything: write at least one",
    ),
    "only approvals": (
        spoiled("gates", value=[APPROVAL]),
        "gates: only approvals: write at least one gate that measures",
    ),
    "an approval before no step": (
        spoiled("gates", value=[*good_plan()["gates"], APPROVAL | {"before": "50 %"}]),
        "gates.1.before: 50 %: no step has this share: one of 10 %, 100 %",
    ),
    "an alarm without its main decision": (
        without("gates", 0, "on_alarm"),
        "gates.0.on_alarm: missing: required",
    ),
    "a name that is taken": (
        spoiled("gates", 0, "name", value="hold"),
        "gates.0.name: hold: taken: give it another name",
    ),
    "a deadline before the end of a bake": (
        spoiled("gates", 0, "deadline", value="1m"),
        "gates.0.deadline: 1m: shorter than the longest bake: at least 30m",
    ),
    "a poll that is too fast": (
        spoiled("poll", value="1s"),
        "poll: 1s: between 10s and 5m",
    ),
    "a database cutover": (
        spoiled("database", value="fenced"),
        (
            'database: fenced: the data cutover is not built yet: write "none" and '
            "keep both environments on one database"
        ),
    ),
}


def test_a_good_plan_is_said_to_be_good(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(good_plan()))

    result = run("plan", "check", str(file))

    assert result.exit_code == 0
    assert "The plan is good: Payments to green (payments-prod)" in result.stdout
    assert "10 %, 100 %" in result.stdout
    assert "1, of which 1 can roll back" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(("plan", "told"), BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_bad_plan_is_told_by_field_value_and_remedy(plan: Any, told: str) -> None:
    result = run("plan", "check", "-", stdin=json.dumps(plan))

    assert result.exit_code == 3
    assert result.stdout == ""
    assert f"standard input: {told}" in result.stderr.splitlines()
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("plan", "told"), BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_yaml_plan_is_told_with_the_line(plan: Any, told: str) -> None:
    result = run("plan", "check", "-", stdin=yaml.safe_dump(plan))

    [sentence] = [line for line in result.stderr.splitlines() if line.endswith(told)]
    place = sentence.removesuffix(f": {told}").split(":")
    assert place[0] == "standard input"
    assert all(int(number) >= 1 for number in place[1:])
    assert len(place) == 3


def test_problems_are_told_from_the_top_of_the_document_down() -> None:
    text = """\
name: Payments to green
environment: payments prod
steps:
  - share: 10
    bake: 30m
  - share: 100 %
gates:
  - kind: alarm
    name: errors
    alarm: payments-prod-green-5xx
    on_alarm: explode
  - kind: targets
    name: green-targets
    lane: green
unknown: 1
"""

    result = run("plan", "check", "-", stdin=text)

    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        "standard input:2:14",
        "standard input:4:12",
        "standard input:11:15",
        "standard input:15:10",
    ]


def test_a_standing_gate_is_found() -> None:
    plan = good_plan() | {"standing": {"capacity": {"deadline": "1m"}}}

    result = run("plan", "check", "-", stdin=yaml.safe_dump(plan, sort_keys=False))

    assert result.stderr == (
        "standard input:14:15: standing.capacity.deadline: 1m: "
        "shorter than the longest bake: at least 30m\n"
    )


def test_json_says_that_a_good_plan_is_good() -> None:
    result = run("plan", "check", "--json", "-", stdin=json.dumps(good_plan()))

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"ok": True, "problems": []}


def test_json_has_each_problem_in_parts() -> None:
    plan = yaml.safe_dump(spoiled("poll", value="1s"), sort_keys=False)

    result = run("plan", "check", "--json", "-", stdin=plan)

    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "ok": False,
        "problems": [
            {
                "sentence": "poll: 1s: between 10s and 5m",
                "line": 12,
                "column": 7,
                "field": "poll",
                "value": "1s",
                "remedy": "between 10s and 5m",
            }
        ],
    }
    assert "between 10s and 5m" in result.stderr


def test_json_has_a_document_that_cannot_be_read() -> None:
    result = run("plan", "check", "--json", "-", stdin="steps: [")

    [problem] = json.loads(result.stdout)["problems"]
    assert problem["line"] == 1
    assert problem["field"] is None
