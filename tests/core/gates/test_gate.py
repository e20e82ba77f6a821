from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from shifter.core.errors import Problem
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.capacity import CapacityGate, CapacitySeen
from shifter.core.gates.gate import (
    Judgement,
    OnBad,
    OnSilence,
    Reading,
    State,
    Unreadable,
    Verdict,
    lane_of_weight_zero,
)
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.lanes import ALL_BLUE, Lane, Split
from tests.core.examples import situation
from tests.core.properties import OF_GATES, OfGate
from tests.core.strategies import (
    Sight,
    alarm_sights,
    replication_sights,
    sights,
)


@settings(max_examples=300)
@given(sights())
def test_every_gate_holds_whatever_it_sees(sight: Sight) -> None:
    for holds in OF_GATES:
        holds(*sight)


@pytest.mark.parametrize("holds", OF_GATES, ids=lambda f: f.__name__)
@given(sight=alarm_sights() | replication_sights())
def test_gates_of_signals_hold_whatever_they_see(holds: OfGate, sight: Sight) -> None:
    holds(*sight)


@given(sights())
def test_what_refuses_a_start_names_the_gate(sight: Sight) -> None:
    """A gate that passes has no reason to refuse but a muted alarm."""
    gate, seen, where = sight
    problem = gate.refusal(seen, where)
    if problem is not None:
        assert f"gate {gate.name}" == problem.field
        assert problem.value
        assert problem.remedy
        assert gate.judge(seen, where).verdict is not Verdict.PASS or (
            isinstance(seen, AlarmSeen) and not seen.actions_enabled
        )


# --- policy -------------------------------------------------------------------

SEEN: dict[State, AlarmSeen | Unreadable] = {
    State.GOOD: AlarmSeen(AlarmState.OK),
    State.BAD: AlarmSeen(AlarmState.ALARM),
    State.NO_DATA: AlarmSeen(AlarmState.MISSING),
    State.UNREADABLE: Unreadable("the frogs are shy"),
}
POLICIES = list(product(OnBad, OnSilence, OnSilence))


@pytest.mark.parametrize(("on_bad", "on_no_data", "on_unreadable"), POLICIES)
def test_the_plan_makes_a_verdict_of_each_state(
    on_bad: OnBad, on_no_data: OnSilence, on_unreadable: OnSilence
) -> None:
    """Each policy speaks for its own state, and none of them can say PASS."""
    gate = AlarmGate(
        name="croaking",
        alarm="frogs",
        on_alarm=on_bad,
        on_no_data=on_no_data,
        on_unreadable=on_unreadable,
    )
    words = {
        "hold": Verdict.WAIT,
        "roll_back": Verdict.BREACH,
        "wait": Verdict.WAIT,
        "breach": Verdict.BREACH,
    }
    judged = {state: gate.judge(seen, situation()) for state, seen in SEEN.items()}

    assert {state: state for state in State} == {
        state: judgement.reading.state for state, judgement in judged.items()
    }
    assert {
        State.GOOD: Verdict.PASS,
        State.BAD: words[on_bad],
        State.NO_DATA: words[on_no_data],
        State.UNREADABLE: words[on_unreadable],
    } == {state: judgement.verdict for state, judgement in judged.items()}


def test_silence_waits_by_default() -> None:
    gate = CapacityGate()

    assert (OnSilence.WAIT, OnSilence.WAIT) == (gate.on_no_data, gate.on_unreadable)


def test_the_worst_verdict_speaks_for_all() -> None:
    assert Verdict.PASS < Verdict.WAIT < Verdict.BREACH


def test_no_policy_offers_to_pass() -> None:
    assert {Verdict.WAIT, Verdict.BREACH} == {silence.verdict for silence in OnSilence}
    assert {Verdict.WAIT, Verdict.BREACH} == {bad.verdict for bad in OnBad}


# --- what all gates share -----------------------------------------------------


def test_a_gate_that_cannot_ask_keeps_its_memory() -> None:
    """One lost poll must not forget what was counted before it."""
    gate = SufficiencyGate(name="headcount", minimum_requests=400)

    assert Judgement(
        gate="headcount",
        kind="sufficiency",
        reading=Reading(state=State.UNREADABLE, detail="fog"),
        verdict=Verdict.WAIT,
        memory="forty otters",
    ) == gate.judge(Unreadable("fog"), situation(memory="forty otters"))


def test_most_gates_have_no_memory() -> None:
    seen = CapacitySeen({"running": 6})

    assert CapacityGate().judge(seen, situation(memory="a dream")).memory is None


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        (CapacitySeen({}), "nothing counted"),
        (Unreadable("fog"), "fog"),
    ],
)
def test_whatever_does_not_pass_refuses_the_start(
    seen: CapacitySeen | Unreadable, value: str
) -> None:
    assert Problem(
        "gate capacity", value, "must pass before a cutover can start"
    ) == CapacityGate().refusal(seen, situation())


def test_whatever_passes_lets_a_cutover_start() -> None:
    assert CapacityGate().refusal(CapacitySeen({"running": 1}), situation()) is None


@pytest.mark.parametrize(
    ("lane", "expected", "idle"),
    [
        (Lane.GREEN, (ALL_BLUE,), True),
        (Lane.CANARY, (ALL_BLUE, Split.leaving_blue(500)), True),
        (Lane.GREEN, (ALL_BLUE, Split.leaving_blue(500)), True),
        (Lane.GREEN, (Split.leaving_blue(50), Split.leaving_blue(500)), False),
        (Lane.GREEN, (Split.leaving_blue(50),), False),
        (Lane.BLUE, (Split.leaving_blue(1000),), True),
        (None, (ALL_BLUE,), False),
    ],
)
def test_a_lane_is_idle_when_an_edge_may_send_no_request_there(
    lane: Lane | None, expected: tuple[Split, ...], idle: bool
) -> None:
    """While a step moves, either of its two splits counts."""
    assert idle == lane_of_weight_zero(situation(expected=expected), lane)
