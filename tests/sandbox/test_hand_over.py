"""A cutover that outlives its execution goes on in the next one."""

from __future__ import annotations

from functools import cache

import pytest

from shifter.core.phases import Action, Phase
from shifter_sandbox.play import Played, play
from shifter_sandbox.scenarios import End, Scenario
from shifter_sandbox.stage import Happening, Stage
from tests.sandbox.examples import two_hours


def decisions(played: Played) -> list[tuple[str, Phase, int]]:
    """What was decided and settled, without the holds between."""
    telling = {Action.SHIFT, Action.SETTLE, Action.COMPLETE, Action.ROLL_BACK}
    return [
        (entry.action, entry.phase, entry.step)
        for entry in played.journal
        if entry.action in telling
    ]


@cache
def _two_hours(history_limit: int) -> Played:
    scenario = Scenario(
        "two-hours", "two hours of baking", End.COMPLETED, plan=two_hours()
    )
    return play(scenario, history_limit=history_limit)


@pytest.fixture
def limited() -> Played:
    """Two hours in executions of at most 500 history events."""
    return _two_hours(500)


@pytest.fixture
def whole() -> Played:
    """Two hours in one execution."""
    return _two_hours(20_000)


@pytest.mark.xdist_group("two hours")
def test_a_two_hour_cutover_crosses_executions_and_ends_the_same(
    limited: Played, whole: Played
) -> None:
    """With a limit of 500 history events it crosses at least three executions, and
    makes the same decisions and splits as one without a limit."""
    assert len(limited.executions) >= 3
    assert len(whole.executions) == 1
    assert decisions(whole) == decisions(limited)
    assert whole.weights == limited.weights
    assert whole.dns == limited.dns
    assert whole.duration.total_seconds() >= 2 * 3600
    assert limited.record.phase is whole.record.phase is Phase.COMPLETED


@pytest.mark.xdist_group("two hours")
def test_no_execution_uses_more_history_than_it_was_allowed(limited: Played) -> None:
    """The estimate of history events is never lower than the truth."""
    assert all(len(execution.history) <= 500 for execution in limited.executions)
    assert [f"demo.{n}" for n in range(2, len(limited.executions) + 1)] == [
        execution.name for execution in limited.executions[1:]
    ]


@pytest.mark.xdist_group("two hours")
def test_the_executions_before_the_last_end_as_superseded(limited: Played) -> None:
    """Only the last one may say how the cutover ended."""
    states = [execution.states[-1] for execution in limited.executions]

    assert {"Superseded"} == set(states[:-1])
    assert states[-1] == "Completed"


@pytest.mark.xdist_group("two hours")
def test_a_hand_over_that_is_refused_for_a_while_is_tried_until_it_works() -> None:
    """The new owner is saved first, so nobody else could go on from there."""

    def refuse(stage: Stage) -> None:
        stage.aws.faults.deny(
            "stepfunctions.StartExecution", times=9, function="HandOver"
        )

    scenario = Scenario(
        "refused-hand-over",
        "the next execution cannot be started for a while",
        End.COMPLETED,
        happenings=(Happening("StartExecution is denied", refuse, at_share=100),),
        plan=two_hours(),
    )

    played = play(scenario, history_limit=500)

    assert played.record.phase is Phase.COMPLETED
    assert any("WaitToHandOver" in e.states for e in played.executions)
    assert not played.locked
