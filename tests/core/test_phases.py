from __future__ import annotations

from itertools import product

import pytest

from shifter.core.errors import IllegalTransition
from shifter.core.phases import ENDS, GOING_BACK, TABLE, Action, Phase, after

STEPS = [
    (Phase.PREPARED, Action.SHIFT, Phase.SHIFTING),
    (Phase.PREPARED, Action.HOLD, Phase.PREPARED),
    (Phase.PREPARED, Action.ROLL_BACK, Phase.ROLLING_BACK),
    (Phase.SHIFTING, Action.SHIFT, Phase.SHIFTING),
    (Phase.SHIFTING, Action.SETTLE, Phase.BAKING),
    (Phase.SHIFTING, Action.HOLD, Phase.SHIFTING),
    (Phase.SHIFTING, Action.ROLL_BACK, Phase.ROLLING_BACK),
    (Phase.BAKING, Action.SHIFT, Phase.SHIFTING),
    (Phase.BAKING, Action.HOLD, Phase.BAKING),
    (Phase.BAKING, Action.COMPLETE, Phase.COMPLETED),
    (Phase.BAKING, Action.ROLL_BACK, Phase.ROLLING_BACK),
    (Phase.ROLLING_BACK, Action.ROLL_BACK, Phase.ROLLING_BACK),
    (Phase.ROLLING_BACK, Action.SETTLE, Phase.ROLLED_BACK),
    (Phase.ROLLING_BACK, Action.STUCK, Phase.ROLLBACK_STUCK),
    (Phase.ROLLBACK_STUCK, Action.ROLL_BACK, Phase.ROLLBACK_STUCK),
    (Phase.ROLLBACK_STUCK, Action.STUCK, Phase.ROLLBACK_STUCK),
    (Phase.ROLLBACK_STUCK, Action.SETTLE, Phase.ROLLED_BACK),
    (Phase.ROLLBACK_STUCK, Action.COMPLETE, Phase.COMPLETED),
]
ALLOWED = {(phase, action): to for phase, action, to in STEPS}


@pytest.mark.parametrize(("phase", "action"), list(product(Phase, Action)))
def test_an_action_leads_where_the_table_says_or_is_refused(
    phase: Phase, action: Action
) -> None:
    """A refusal names what would be allowed; whoever has ended allows nothing."""
    if (phase, action) in ALLOWED:
        assert ALLOWED[phase, action] == after(phase, action)
        return
    allowed = ", ".join(a for p, a, _ in STEPS if p is phase)
    with pytest.raises(IllegalTransition) as refused:
        after(phase, action)

    assert (
        f"{action} is not allowed in {phase}; allowed: "
        f"{allowed or 'nothing: it has ended'}"
    ) == str(refused.value)


def test_every_phase_has_a_row() -> None:
    assert set(Phase) == set(TABLE)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_can_reach_an_end(phase: Phase) -> None:
    """No cutover can be caught for ever; and none that was shifting must complete."""
    reached = {phase}
    while more := {to for at in reached for to in TABLE[at].values()} - reached:
        reached |= more

    assert reached & {Phase.ROLLED_BACK, Phase.COMPLETED}
    assert Phase.ROLLED_BACK in reached or phase is Phase.COMPLETED


def test_only_a_fact_enters_an_end() -> None:
    """What was only intended never counts as done."""
    assert {
        (Phase.BAKING, Action.COMPLETE, Phase.COMPLETED),
        (Phase.ROLLING_BACK, Action.SETTLE, Phase.ROLLED_BACK),
        (Phase.ROLLBACK_STUCK, Action.SETTLE, Phase.ROLLED_BACK),
        (Phase.ROLLBACK_STUCK, Action.COMPLETE, Phase.COMPLETED),
    } == {
        (phase, action, to)
        for phase, row in TABLE.items()
        for action, to in row.items()
        if to in ENDS
    }


def test_the_ends_and_the_ways_back_are_named() -> None:
    assert {Phase.ROLLED_BACK, Phase.COMPLETED} == ENDS
    assert {Phase.ROLLING_BACK, Phase.ROLLBACK_STUCK} == GOING_BACK


def test_who_goes_back_never_turns_round() -> None:
    """Only people who made every edge green by hand can say that it is complete."""
    assert {Phase.ROLLED_BACK} | GOING_BACK == {
        to for phase in GOING_BACK for to in TABLE[phase].values()
    } - {Phase.COMPLETED}
    assert Phase.COMPLETED not in TABLE[Phase.ROLLING_BACK].values()


def test_an_end_is_never_left() -> None:
    assert [{}, {}] == [dict(TABLE[end]) for end in ENDS]


def test_rolling_back_is_possible_wherever_traffic_may_have_moved() -> None:
    assert set(Phase) - ENDS == {
        phase for phase, row in TABLE.items() if Action.ROLL_BACK in row
    }
