from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from shifter.core.errors import PlanError, Problem
from shifter.core.lanes import ALL_BLUE, PER_MILLE, Split
from shifter.core.plan import Plan, parse_plan
from tests.core.examples import HOUR, MINUTE, OTTERS, plan, plan_document
from tests.core.strategies import (
    DOCUMENTS,
    parsed_plans,
    plan_documents,
    spoiled_plan_documents,
)

# --- plans that are right -----------------------------------------------------


@given(plan_documents())
def test_a_valid_plan_survives_json(document: dict[str, Any]) -> None:
    """What is kept in the record is the plan that was written."""
    written = parse_plan(document)

    assert written == parse_plan(json.loads(written.model_dump_json()))


@given(parsed_plans())
def test_steps_rise_to_everything(written: Plan) -> None:
    """Step 0 is all blue; no step takes back what the one before gave."""
    shares = [written.split(number).share for number in range(len(written.steps) + 1)]

    assert ALL_BLUE == written.split(0)
    assert sorted(shares) == shares
    assert PER_MILLE == shares[-1]
    assert all(
        written.bake(number) >= timedelta(seconds=10)
        for number in range(1, len(shares))
    )


@given(parsed_plans())
def test_every_gate_has_its_own_name_and_outlasts_every_bake(written: Plan) -> None:
    names = [gate.name for gate in written.all_gates]

    assert ["weights", "dns_settled", "capacity", "hold"] == names[:4]
    assert len(names) == len(set(names))
    assert all(
        written.deadline(gate) >= written.longest_bake for gate in written.all_gates
    )


def test_a_plan_is_read_as_it_was_meant() -> None:
    assert [Split(blue=950, green=50), Split(blue=500, green=500)] == [
        OTTERS.split(1),
        OTTERS.split(2),
    ]
    assert [10 * MINUTE, 30 * MINUTE, 6 * HOUR] == [OTTERS.bake(n) for n in (1, 2, 3)]
    assert 30 * MINUTE == OTTERS.longest_bake


def test_a_dns_share_stays_in_force_until_another_step_changes_it() -> None:
    assert [None, None, 500, 500] == [OTTERS.dns_share(step) for step in range(4)]


def test_a_deadline_that_is_left_out_is_an_hour_or_the_longest_bake() -> None:
    slow = plan(steps=[{"share": "50 %", "bake": "3h"}, {"share": "100 %"}])

    assert 1 * HOUR == OTTERS.deadline(OTTERS.standing.capacity)
    assert 3 * HOUR == slow.deadline(slow.standing.capacity)
    assert 24 * HOUR == slow.deadline(slow.standing.hold)
    assert 8 * HOUR == slow.deadline(slow.gates[-1])


def test_a_plan_of_one_step_needs_no_bake_but_the_final_one() -> None:
    leap = plan(steps=[{"share": "100 %"}], gates=plan_document()["gates"][:1])

    assert timedelta() == leap.longest_bake
    assert 6 * HOUR == leap.bake(1)


def test_two_steps_may_share_a_share_if_dns_moves() -> None:
    steps = [
        {"share": "50 %", "dns_share": "10 %", "bake": "5m"},
        {"share": "50 %", "dns_share": "50 %", "bake": "5m"},
        {"share": "100 %"},
    ]

    assert [100, 500, 500] == [plan(steps=steps).dns_share(n) for n in (1, 2, 3)]


def test_a_plan_may_change_the_policy_of_a_standing_gate() -> None:
    strict = plan(standing={"capacity": {"on_no_data": "breach", "deadline": "2h"}})

    assert "breach" == strict.standing.capacity.on_no_data
    assert 2 * HOUR == strict.deadline(strict.standing.capacity)
    assert OTTERS.standing.weights == strict.standing.weights


# --- plans that are wrong: one problem, with field, value and remedy ----------

ALARM = {"kind": "alarm", "name": "croaking", "alarm": "frogs", "on_alarm": "hold"}
LAG = {"kind": "replication", "name": "echo", "task": "valley", "hold_above": "2m"}
ELDER = {"kind": "approval", "name": "elder", "before": "50 %"}
SEASON = {"kind": "calendar", "name": "season", "calendar": "salmon-run"}
HALF = {"share": "50 %", "bake": "30m"}
ALL = {"share": "100 %"}
BARE_SHARE = 'write a percentage such as "10 %" or "0.5 %"'
BARE_DURATION = 'write a number with its unit, such as "90s", "5m" or "2h"'
KINDS = "one of alarm, replication, targets, sufficiency, evidence, approval, calendar"
SAME_STEP = "the same as the step before: change the share or the dns_share"

WRONG: dict[str, tuple[dict[str, Any], Problem]] = {
    "an alarm on a lane that no step leads to": (
        {"gates": [ALARM | {"lane": "canary"}]},
        Problem(
            "gates.0.lane",
            "canary",
            "no step leads there, so its alarm would never have data",
        ),
    ),
    "a count of requests that stay on blue": (
        {
            "gates": [
                {
                    "kind": "sufficiency",
                    "name": "headcount",
                    "minimum_requests": 9,
                    "lane": "blue",
                }
            ]
        },
        Problem(
            "gates.0.lane",
            "blue",
            "steps lead to green, so only its requests can suffice",
        ),
    ),
    "evidence where nothing is left on blue": (
        {
            "steps": [{"share": "100 %"}],
            "gates": [ALARM, {"kind": "evidence", "name": "proof", "slow_above_ms": 9}],
        },
        Problem(
            "gates.1.kind",
            "evidence",
            "compares green with blue: begin with a step below 100 %",
        ),
    ),
    "evidence without a latency objective": (
        {"gates": [{"kind": "evidence", "name": "proof"}]},
        Problem(
            "gates.0",
            "a mapping",
            "slow_above_ms: required where the load balancers count",
        ),
    ),
    "a number that Python refuses to write": (
        {"name": 10**5000},
        Problem("name", "a number of many digits", "write a text"),
    ),
    "an unknown field": (
        {"otter": 3},
        Problem("otter", "unknown field", "remove it or correct its spelling"),
    ),
    "an unknown field of a gate": (
        {"gates": [ALARM | {"colour": "green"}]},
        Problem(
            "gates.0.colour",
            "unknown field",
            "remove it or correct its spelling",
        ),
    ),
    "no steps at all": (
        {"steps": []},
        Problem("steps", "[]", "write at least one"),
    ),
    "no gates": (
        {"gates": []},
        Problem(
            "gates",
            "[]",
            "a plan without gates would pass everything: write at least one",
        ),
    ),
    "only approvals": (
        {"gates": [ELDER]},
        Problem("gates", "only approvals", "write at least one gate that measures"),
    ),
    "only approvals and calendars": (
        {"gates": [SEASON, ELDER]},
        Problem(
            "gates",
            "only approvals and calendars",
            "write at least one gate that measures",
        ),
    ),
    "a calendar whose name is none": (
        {"gates": [ALARM, SEASON | {"calendar": "salmon run"}]},
        Problem(
            "gates.1.calendar",
            "'salmon run'",
            'write letters, digits, and "_", ".", ":", "/" and "-"',
        ),
    ),
    "an approval that no look would find in time": (
        {"gates": [ALARM, ELDER | {"valid_for": "39s"}]},
        Problem("gates.1.valid_for", "39s", "shorter than two polls: at least 40s"),
    ),
    "a gate of no kind": (
        {"gates": [{"name": "croaking"}]},
        Problem(
            "gates.0.kind",
            "missing",
            f"required: {KINDS}",
        ),
    ),
    "a gate of another kind": (
        {"gates": [ALARM | {"kind": "moon"}]},
        Problem(
            "gates.0.kind",
            "'moon'",
            KINDS,
        ),
    ),
    "an alarm that leads nowhere": (
        {"gates": [{"kind": "alarm", "name": "croaking", "alarm": "frogs"}]},
        Problem("gates.0.on_alarm", "missing", "required"),
    ),
    "silence that passes": (
        {"gates": [ALARM | {"on_no_data": "pass"}]},
        Problem("gates.0.on_no_data", "'pass'", "write 'wait' or 'breach'"),
    ),
    "a step backwards": (
        {"steps": [HALF, {"share": "5 %", "bake": "5m"}, ALL]},
        Problem("steps.1.share", "5 %", "a step never goes backwards: at least 50 %"),
    ),
    "the same step twice": (
        {"steps": [HALF, HALF, ALL]},
        Problem("steps.1.share", "50 %", SAME_STEP),
    ),
    "the same step with the same DNS share": (
        {"steps": [HALF | {"dns_share": "5 %"}, HALF | {"dns_share": "5 %"}, ALL]},
        Problem("steps.1.share", "50 %", SAME_STEP),
    ),
    "the same step with the DNS share of an earlier one": (
        {
            "steps": [
                {"share": "5 %", "dns_share": "10 %", "bake": "5m"},
                HALF,
                HALF | {"dns_share": "10 %"},
                ALL,
            ]
        },
        Problem("steps.2.share", "50 %", SAME_STEP),
    ),
    "a step that moves nothing": (
        {"steps": [{"share": "0 %", "bake": "5m"}, HALF, ALL]},
        Problem("steps.0.share", "0 %", "a step moves some traffic"),
    ),
    "a last step that is not everything": (
        {"steps": [{"share": "50 %"}]},
        Problem("steps.0.share", "50 %", "the last step completes the cutover: 100 %"),
    ),
    "a step without bake": (
        {"steps": [{"share": "50 %"}, ALL]},
        Problem("steps.0.bake", "missing", "every step needs a bake"),
    ),
    "a bake of the last step": (
        {"steps": [HALF, ALL | {"bake": "1h"}]},
        Problem(
            "steps.1.bake", "1h", "the last step bakes for final_bake: remove this one"
        ),
    ),
    "a bake that is no bake": (
        {"steps": [HALF | {"bake": "9s"}, ALL]},
        Problem("steps.0.bake", "9s", "at least 10s"),
    ),
    "a final bake that is no bake": (
        {"final_bake": "0s"},
        Problem("final_bake", "0s", "at least 10s"),
    ),
    "a name that moves the cursor": (
        {"name": "Otters\x1b[2J\ncross"},
        Problem(
            "name",
            r"'Otters\x1b[2J\ncross'",
            "write it on one line, without control characters",
        ),
    ),
    "two gates of one name": (
        {"gates": [ALARM, LAG | {"name": "croaking"}]},
        Problem("gates.1.name", "croaking", "taken: give it another name"),
    ),
    "a reserved name": (
        {"gates": [ALARM | {"name": "dns_settled"}]},
        Problem("gates.0.name", "dns_settled", "taken: give it another name"),
    ),
    "another name for a standing gate": (
        {"standing": {"weights": {"name": "hold"}}},
        Problem("standing.weights.name", "'hold'", "write 'weights'"),
    ),
    "an approval before a step that is not there": (
        {"gates": [ALARM, ELDER | {"before": "25 %"}]},
        Problem(
            "gates.1.before", "25 %", "no step has this share: one of 5 %, 50 %, 100 %"
        ),
    ),
    "a bare number for a share": (
        {"steps": [{"share": 50, "bake": "30m"}, ALL]},
        Problem("steps.0.share", "50", BARE_SHARE),
    ),
    "a bare number for a duration": (
        {"final_bake": 3600},
        Problem("final_bake", "3600", BARE_DURATION),
    ),
    "a share that no weights give": (
        {"steps": [{"share": "0.05 %", "bake": "5m"}, HALF, ALL]},
        Problem(
            "steps.0.share",
            "'0.05 %'",
            "no load-balancer weights give this share exactly: use steps of 0.1 %",
        ),
    ),
    "a DNS share that no weights give": (
        {"steps": [HALF | {"dns_share": "0.1 %"}, ALL]},
        Problem(
            "steps.0.dns_share",
            "'0.1 %'",
            "no Route 53 weights up to 255 give this share exactly: use 0.4 %",
        ),
    ),
    "a deadline shorter than a bake": (
        {"gates": [ALARM | {"deadline": "29m"}, LAG]},
        Problem(
            "gates.0.deadline", "29m", "shorter than the longest bake: at least 30m"
        ),
    ),
    "a standing deadline shorter than a bake": (
        {"standing": {"hold": {"deadline": "10s"}}},
        Problem(
            "standing.hold.deadline",
            "10s",
            "shorter than the longest bake: at least 30m",
        ),
    ),
    "a poll that is too eager": (
        {"poll": "9s"},
        Problem("poll", "9s", "between 10s and 5m"),
    ),
    "a poll that is too lazy": (
        {"poll": "301s"},
        Problem("poll", "301s", "between 10s and 5m"),
    ),
    "a lag that breaches before it holds": (
        {"gates": [LAG | {"breach_above": "2m"}]},
        Problem(
            "gates.0.breach_above",
            "'2m'",
            "more than hold_above, which is 2m",
        ),
    ),
    "a bake past the end of all calendars": (
        {"steps": [HALF | {"bake": "999999999d"}, ALL]},
        Problem("steps.0.bake", "'999999999d'", "a duration is at most 365d"),
    ),
    "a database that nobody knows": (
        {"database": "both"},
        Problem(
            "database", "'both'", 'write "none": the data cutover is not built yet'
        ),
    ),
    "a data cutover": (
        {"database": "fenced"},
        Problem(
            "database",
            "fenced",
            'the data cutover is not built yet: write "none" and keep both '
            "environments on one database",
        ),
    ),
}


@pytest.mark.parametrize(("changes", "problem"), WRONG.values(), ids=list(WRONG))
def test_a_plan_with_one_thing_wrong_has_one_problem(
    changes: dict[str, Any], problem: Problem
) -> None:
    """It names the field, what stands there, and what would be right."""
    with pytest.raises(PlanError) as refused:
        plan(**changes)

    assert (problem,) == refused.value.problems
    assert f"{problem.field}: {problem.value}: {problem.remedy}" == str(refused.value)


def test_every_problem_of_a_plan_is_told_at_once() -> None:
    with pytest.raises(PlanError) as refused:
        plan(poll="1s", database="fenced", steps=[{"share": "0 %"}, ALL])

    assert [
        "steps.0.bake",
        "steps.0.share",
        "gates.4.before",
        "poll",
        "database",
    ] == [problem.field for problem in refused.value.problems]


def test_a_dns_share_may_go_back() -> None:
    """It moves the entry point; how many reach green only ever grows."""
    there = HALF | {"dns_share": "50 %"}
    back = HALF | {"dns_share": "0 %"}

    assert 0 == plan(steps=[there, back, ALL]).dns_share(2)


@pytest.mark.parametrize(
    ("document", "kind"),
    [([], "list"), (None, "NoneType"), ("10 %", "str"), (3, "int")],
)
def test_what_is_no_mapping_is_no_plan(document: Any, kind: str) -> None:
    with pytest.raises(PlanError) as refused:
        parse_plan(document)

    assert (Problem("plan", kind, "write a mapping of fields"),) == (
        refused.value.problems
    )


def test_a_key_that_is_no_text_is_a_problem() -> None:
    """YAML has such keys."""
    with pytest.raises(PlanError) as refused:
        parse_plan(plan_document() | {1: "otter"})

    assert (Problem("1", "1", "Keys should be strings"),) == refused.value.problems


def _problems(document: Any) -> tuple[Problem, ...] | None:
    try:
        written = parse_plan(document)
    except PlanError as refused:
        return refused.problems
    assert written == Plan.model_validate_json(written.model_dump_json())
    return None


@given(DOCUMENTS | spoiled_plan_documents())
def test_whatever_is_written_is_a_plan_or_has_problems(document: Any) -> None:
    """Nothing but PlanError comes out, and every problem says where and what."""
    problems = _problems(document)

    assert () != problems
    assert all(
        problem.field and problem.value and problem.remedy for problem in problems or ()
    )
