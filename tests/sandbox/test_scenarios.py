"""Scenarios through the real state machine, handlers and adapters.

The stories with the shipped plan are played here, and some of each other kind; all runs
of all stories are played by `make scenarios`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache

import pytest

from shifter.core.gates.gate import Verdict
from shifter.core.phases import GOING_BACK, Action, Phase
from shifter.engine.watchdog import UNSEEN
from shifter_sandbox.flaws import flaws
from shifter_sandbox.play import Played, play
from shifter_sandbox.scenario import Onset
from shifter_sandbox.scenarios import DEMO, RUNS, SCENARIOS, End, Scenario
from shifter_sandbox.summary import as_json, summarise

PLAYED = (
    "outage",
    "complete",
    "errors",
    "slow-leak",
    "latency",
    "lag",
    "replication-stops",
    "green-unhealthy",
    "alarm-between-polls",
    "edit-higher",
    "edit-lower",
    "approved",
    "declined",
    "throttled",
    "execution-dies",
    "one-edge",
    "worse",
    "both-fail",
    "counts-stop",
    # One of each other kind.
    "metrics-stop@first",
    "edit-unknown-targets@first",
    "second-start",
    "redriven-old-owner",
    "alarm-and-poll@first",
    "unwritable-for-good@first",
    "shift-dies-write",
)


def _grouped(scenario: Scenario) -> object:
    """One worker plays a scenario once, for all of its tests."""
    mark = pytest.mark.xdist_group(f"scenario {scenario.key}")
    return pytest.param(scenario, marks=mark, id=scenario.key)


@pytest.fixture(scope="module", params=[_grouped(RUNS[key]) for key in PLAYED])
def played(request: pytest.FixtureRequest) -> Played:
    """Each scenario, played once for all tests of this module, in any order."""
    scenario: Scenario = request.param
    return _played(scenario.key)


@cache
def _played(key: str) -> Played:
    return play(RUNS[key])


def test_a_run_is_as_its_story_says_and_leaves_nothing_behind(played: Played) -> None:
    assert flaws(played) == ()


def test_each_decision_follows_from_what_its_entry_says(played: Played) -> None:
    """Whoever has the journal alone sees which gates decided, and that they had to."""
    for entry in (e for e in played.journal if e.actor == "assess"):
        told = f"{entry.number}: {entry.rule}: {entry.reason}"
        by = {
            verdict: {j.gate for j in entry.judgements if j.verdict is verdict}
            for verdict in Verdict
        }
        under_way = entry.phase_before not in GOING_BACK
        assert entry.judgements, told
        if by[Verdict.BREACH] and under_way and entry.rule != "abort":
            assert (Action.ROLL_BACK, "breach") == (entry.action, entry.rule), told
            assert all(gate in entry.reason for gate in by[Verdict.BREACH]), told
        if entry.rule == "gate_waits":
            assert by[Verdict.WAIT], told
            assert all(gate in entry.reason for gate in by[Verdict.WAIT]), told
        if entry.rule in {"next_step", "last_step_baked", "still_baking"}:
            assert by[Verdict.PASS] == {j.gate for j in entry.judgements}, told


def test_each_notice_is_sent_once_where_nobody_dies(played: Played) -> None:
    heads = [event["detail"]["journal_head"] for event in played.events]

    assert len(played.events) == len(played.messages)
    assert len(heads) == len(set(heads))


def test_a_clean_run_pages_nobody() -> None:
    severities = {e["detail"]["severity"] for e in _played("complete").events}

    assert {"info"} == severities


@pytest.mark.xdist_group("scenario execution-dies")
def test_a_cutover_whose_execution_died_is_brought_home_by_the_watchdog() -> None:
    """Not before the owner counts as dead, and at the next minute then."""
    played = _played("execution-dies")
    [died] = played.happened.values()
    going = [e for e in played.journal if e.actor == "watchdog"]

    assert [(Action.ROLL_BACK, Phase.ROLLING_BACK)] == [
        (e.action, e.phase) for e in going
    ]
    assert UNSEEN < going[0].at - died < UNSEEN + timedelta(minutes=2)
    assert all(e.actor != "assess" for e in played.journal if e.at > going[0].at)


@pytest.mark.xdist_group("scenario alarm-between-polls")
def test_the_breaker_does_not_wait_for_the_poll() -> None:
    """The alarm is seen a second after it fired; the next poll was minutes away."""
    played = _played("alarm-between-polls")
    numbers = {e.number: e for e in played.journal}
    [tripped] = [e for e in played.journal if e.actor == "breaker"]
    before = numbers[tripped.number - 1]

    assert (Action.ROLL_BACK, "asked") == (tripped.action, tripped.rule)
    assert tripped.at - before.at < timedelta(minutes=4)
    assert played.record.plan.poll == timedelta(minutes=5)
    assert summarise(played).way_back is not None


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xdist_group(f"scenario {name}"))
        for name in ("execution-dies", "alarm-between-polls")
    ],
)
def test_a_run_with_breaker_and_watchdog_is_the_same_again(name: str) -> None:
    again = play(RUNS[name])

    assert _played(name).record.journal_head == again.record.journal_head


def test_the_summary_is_json_and_says_how_the_run_ended(played: Played) -> None:
    summary = summarise(played)
    told = json.loads(json.dumps(as_json(summary)))

    assert summary.as_told
    assert played.record.phase == told["end"]
    assert told["journal"]["whole"] is True
    assert [] == told["flaws"]
    assert (played.scenario.end is End.ROLLED_BACK) == (told["way_back"] is not None)


def test_the_demo_plays_three_rollbacks_and_a_completion() -> None:
    ends = [SCENARIOS[name].end for name in DEMO]

    assert [*[End.ROLLED_BACK] * 3, End.COMPLETED] == ends


def test_every_key_names_one_run() -> None:
    assert [run.key for run in RUNS.values()] == list(RUNS)
    assert {run.name for run in RUNS.values()} == set(SCENARIOS)


@pytest.mark.parametrize(
    "name",
    [
        "outage",
        "errors",
        "slow-leak",
        "latency",
        "lag",
        "replication-stops",
        "metrics-stop",
        "edit-lower",
        "edit-other-lane",
        "throttled",
        "shift-dies-save",
        "redriven",
        "stale-alarm",
        "alarm-and-poll",
        "approval-never",
        "second-start",
        "unwritable",
        "blue-shrinks",
        "execution-dies",
    ],
)
def test_a_fault_is_played_at_the_first_a_middle_and_the_last_step(name: str) -> None:
    onsets = {run.onset for run in RUNS.values() if run.name == name}

    assert {Onset.FIRST, Onset.MIDDLE, Onset.LAST} == onsets


@pytest.mark.parametrize(
    "function", ["prepare", "assess", "shift", "roll-back", "finish", "hand-over"]
)
def test_a_function_is_killed_before_its_first_call_and_after_each_effect(
    function: str,
) -> None:
    places = {
        name.removeprefix(f"{function}-dies-")
        for name in SCENARIOS
        if name.startswith(f"{function}-dies-")
    }

    assert {"first-call", "save"} < places
    assert {"write", "notice"} & places
