"""Every scenario through the real state machine, handlers and adapters.

Asserted for each: weights at every edge and in DNS, the journal, the notices, the
reason, and that nothing is left behind.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache

import pytest

from shifter.core.journal import broken_at
from shifter.core.lanes import ALL_BLUE, Split, dns_weights
from shifter.core.phases import ENDS, Action, Phase
from shifter.engine.watchdog import UNSEEN
from shifter_sandbox.play import Played, play
from shifter_sandbox.scenarios import DEMO, SCENARIOS, End, Scenario
from shifter_sandbox.summary import as_json, summarise

ALL_GREEN = Split(green=1000)


def _grouped(scenario: Scenario) -> object:
    """One worker plays a scenario once, for all of its tests."""
    mark = pytest.mark.xdist_group(f"scenario {scenario.name}")
    return pytest.param(scenario, marks=mark, id=scenario.name)


@pytest.fixture(scope="module", params=[_grouped(s) for s in SCENARIOS.values()])
def played(request: pytest.FixtureRequest) -> Played:
    """Each scenario, played once for all tests of this module, in any order."""
    scenario: Scenario = request.param
    return _played(scenario.name)


@cache
def _played(name: str) -> Played:
    return play(SCENARIOS[name])


def test_a_run_ends_as_its_story_says(played: Played) -> None:
    scenario, record = played.scenario, played.record

    assert scenario.end.value == record.phase
    assert scenario.because in record.reason


def test_every_edge_shows_what_the_end_promises(played: Played) -> None:
    """COMPLETED means all green at every edge, ROLLED_BACK all blue."""
    wanted = ALL_GREEN if played.scenario.end is End.COMPLETED else ALL_BLUE

    assert all(weights.matches(wanted) for weights in played.weights.values())


def test_dns_shows_the_share_of_the_end(played: Played) -> None:
    """After a rollback it is what prepare found, else what the plan named last."""
    if not played.dns:
        pytest.skip("this system has no weighted record")
    record = played.record
    share = record.baseline.dns_share
    if played.scenario.end is End.COMPLETED:
        share = record.plan.dns_share(record.step)
    assert share is not None
    first, second = dns_weights(share)

    assert {"edge-1": first, "edge-2": second} == played.dns


def test_the_journal_is_whole_and_its_head_is_the_record_s(played: Played) -> None:
    assert broken_at(played.journal) is None
    assert played.record.journal_head == played.journal[-1].hash
    assert played.record.journal_length == len(played.journal)


def test_no_step_is_skipped_and_each_is_settled_before_the_next(
    played: Played,
) -> None:
    """A step is intended only after the one before was read back and assessed."""
    settled = [e.step for e in played.journal if e.phase is Phase.BAKING]
    steps = sorted(set(settled))

    assert list(range(1, len(steps) + 1)) == steps
    for before, entry in zip(played.journal, played.journal[1:], strict=False):
        if entry.step > before.step:
            assert entry.action == Action.SHIFT
            assert before.phase in {Phase.BAKING, Phase.PREPARED}


def test_each_transition_is_told_once_with_the_journal_s_head(played: Played) -> None:
    """One event and one message for each notice, each anchoring the journal."""
    hashes = {entry.hash: entry for entry in played.journal}
    details = [event["detail"] for event in played.events]

    assert len(played.events) == len(played.messages)
    assert len(details) == len({detail["journal_head"] for detail in details})
    for detail in details:
        entry = hashes[detail["journal_head"]]
        assert (entry.phase, entry.step) == (detail["phase"], detail["step"])
        assert entry.reason == detail["reason"]
    told = [(detail["phase"], detail["step"]) for detail in details]
    changed = [
        (e.phase, e.step)
        for e in played.journal
        if e.phase_before is not e.phase and e.action != Action.HOLD
    ]
    assert set(changed) <= set(told)


def test_a_rollback_pages_and_a_clean_run_does_not(played: Played) -> None:
    severities = [event["detail"]["severity"] for event in played.events]

    if played.scenario.end is End.ROLLED_BACK:
        assert "page" in severities
    elif not played.scenario.happenings:
        assert "page" not in severities


def test_nothing_is_left_behind(played: Played) -> None:
    """No lock, no running execution, no undelivered notice, no open proof."""
    record = played.record

    assert not played.locked
    assert record.phase in ENDS
    assert record.outbox == ()
    assert all(execution.status != "RUNNING" for execution in played.executions)
    if record.phase is Phase.ROLLED_BACK and not played.scenario.execution_dies:
        assert record.proof is not None
        assert record.proof.safe


def test_the_execution_is_red_exactly_when_it_did_not_complete(
    played: Played,
) -> None:
    last = played.executions[-1]
    if played.scenario.execution_dies:
        assert last.status == "ABORTED"
        return
    wanted = {
        End.COMPLETED: ("SUCCEEDED", None),
        End.ROLLED_BACK: ("FAILED", "RolledBack"),
    }

    assert wanted[played.scenario.end] == (last.status, last.error)


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


def test_neither_breaker_nor_watchdog_comes_without_a_reason(played: Played) -> None:
    """Each one's reason is told by the scenario."""
    came = {"breaker", "watchdog"} & {e.actor for e in played.journal}

    if played.scenario.end is End.COMPLETED:
        assert not came
    assert ("watchdog" in came) == played.scenario.execution_dies


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xdist_group(f"scenario {name}"))
        for name in ("execution-dies", "alarm-between-polls")
    ],
)
def test_a_run_with_breaker_and_watchdog_is_the_same_again(name: str) -> None:
    again = play(SCENARIOS[name])

    assert _played(name).record.journal_head == again.record.journal_head


def test_the_summary_is_json_and_says_how_the_run_ended(played: Played) -> None:
    summary = summarise(played)
    told = json.loads(json.dumps(as_json(summary)))

    assert summary.as_told
    assert played.record.phase == told["end"]
    assert told["journal"]["whole"] is True
    assert (played.scenario.end is End.ROLLED_BACK) == (told["way_back"] is not None)


def test_the_demo_plays_a_rollback_an_edit_and_a_completion() -> None:
    ends = [SCENARIOS[name].end for name in DEMO]

    assert [End.ROLLED_BACK, End.ROLLED_BACK, End.COMPLETED] == ends
