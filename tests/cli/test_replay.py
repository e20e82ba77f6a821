"""`shifter replay`, and what `shifter explain` tells of evidence, after real runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from shifter_sandbox.scenario import shipped_gates
from shifter_sandbox.stage import CUTOVER, Stage
from shifter_sandbox.troubles import error_rate
from tests.cli.stages import Ended, begin, operated_stage, run, wait

PROOF = {"kind": "evidence", "name": "proof", "source": "application"}
PLAN: dict[str, Any] = {
    "steps": [
        {"share": "5 %", "bake": "1m"},
        {"share": "25 %", "bake": "1m"},
        {"share": "50 %", "bake": "1m"},
        {"share": "100 %"},
    ],
    "gates": shipped_gates(PROOF, without="evidence enough-requests lag replication"),
}


@pytest.fixture(scope="module")
def on() -> Iterator[Stage]:
    """A cutover of ten minutes; green begins to fail for 4 % after six."""
    with operated_stage(edges=1, dns=False) as opened:
        begin(opened, **PLAN)
        wait(opened, 360)
        opened.traffic.plant(error_rate("green", 0.04))
        wait(opened, 600)
        yield opened


def told(on: Stage, *changes: str) -> Ended:
    given = [part for change in changes for part in ("--set", change)]
    return run(on, "replay", CUTOVER, *given)


def document(on: Stage, *changes: str) -> dict[str, Any]:
    given = [part for change in changes for part in ("--set", change)]
    found: dict[str, Any] = run(on, "replay", "--json", *given).document
    return found


def test_the_same_parameters_judge_as_they_did(on: Stage) -> None:
    again = document(on)

    assert ("proof", CUTOVER) == (again["gate"], again["cutover_id"])
    assert all(look["was"] == look["would"] for look in again["looks"])
    assert all(step["was"] == step["would"] for step in again["steps"])
    assert again["worse"]["was"] == again["worse"]["would"]
    assert again["worse"]["was"] is not None
    assert "0 of " in told(on).stdout


def test_other_parameters_are_told_beside_what_was(on: Stage) -> None:
    strict = document(on, "budget=1")
    tolerant = document(on, "r0=50", "alpha=0.1 %")

    assert strict["steps"][0]["was"] < (strict["steps"][0]["would"] or 10_000)
    assert tolerant["worse"]["would"] is None
    shown = told(on, "r0=50", "alpha=0.1 %").stdout
    assert "Green was found worse at " in shown
    assert "Green would have been found worse at no look" in shown


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("alpha", "--set: alpha: write FIELD=VALUE"),
        ("alpha=30 %", "--set alpha: "),
        ("alpha=much", "--set alpha: 'much'"),
        ("luck=2", "luck: no such parameter"),
        ("luck=big", "--set luck: big: write a number"),
        ("r0=-1", "r0: -1.0: must be a number above 0"),
        ("source=load_balancer", "was so, and is not replayed"),
        ("ladder=3", "was so, and is not replayed"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(
    change: str, problem: str, on: Stage
) -> None:
    ended = told(on, change)

    assert 3 == ended.exit_code, ended.stderr
    assert problem in ended.stderr
    assert "" == ended.stdout


def test_a_gate_that_the_plan_does_not_have_is_not_found(on: Stage) -> None:
    ended = run(on, "replay", "--gate", "tea-leaves")

    assert 5 == ended.exit_code, ended.stderr
    assert f"the plan of {CUTOVER} has not an evidence gate tea-leaves" in ended.stderr
    assert "it has proof" in ended.stderr


def test_explain_tells_the_numbers_whether_they_decided_or_not(on: Stage) -> None:
    decided = run(on, "explain").stdout
    assert "proof: " in decided
    assert "green is worse than blue" in " ".join(decided.split())

    went_on = next(
        entry.number
        for entry in on.ports.store.journal(CUTOVER)
        if entry.rule == "next_step" and entry.step == 2
    )
    quiet = " ".join(run(on, "explain", "--entry", str(went_on)).stdout.split())
    assert "that is enough for 25 %" in quiet
    programs = json.loads(run(on, "explain", "--json", "--entry", str(went_on)).stdout)
    assert [] == programs["readings_that_mattered"]
    assert ["proof"] == [judged["gate"] for judged in programs["evidence"]]
