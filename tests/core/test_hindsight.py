from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from shifter.core.case import Case
from shifter.core.decide import decide
from shifter.core.gates.gate import Verdict
from shifter.core.hindsight import decided_otherwise
from shifter.core.journal import Entry
from shifter.core.phases import Action
from tests.core.examples import HOUR, MINUTE, NOW, OTTERS, baked, case, judgement
from tests.core.strategies import cases


def told(of: Case, **changes: Any) -> Entry:
    """The entry of a decision, as it is read from the journal."""
    decision = decide(of)
    entry = Entry(
        cutover_id="otters",
        number=7,
        at=of.now,
        actor="assess",
        action=decision.action,
        rule=decision.rule,
        reason=decision.reason,
        phase_before=of.grounds.phase,
        phase=of.grounds.phase,
        step=decision.step,
        judgements=of.judgements,
        grounds=of.grounds,
        previous="",
    )
    return Entry.model_validate_json(entry.model_copy(update=changes).model_dump_json())


@given(cases())
def test_every_decision_is_made_again_from_its_entry_alone(of: Case) -> None:
    assert list(decided_otherwise([told(of)], of.plan)) == []


BAKED = case(baked())


@pytest.mark.parametrize(
    "changes",
    [
        {"action": Action.HOLD},
        {"rule": "resume"},
        {"reason": "somebody wanted it"},
        {"at": NOW - MINUTE},
        {"judgements": (judgement("otters", Verdict.BREACH),)},
        {"grounds": BAKED.grounds.model_copy(update={"failures": 2, "degraded": "no"})},
        {"grounds": BAKED.grounds.model_copy(update={"step": 2})},
    ],
)
def test_an_entry_that_was_changed_decides_otherwise(changes: dict[str, Any]) -> None:
    """A whole chain of hashes can be made anew; a decision must still follow."""
    entry = told(BAKED, **changes)

    ((found, now),) = decided_otherwise([entry], BAKED.plan)

    assert entry == found
    assert (now.action, now.rule, now.reason) != (
        entry.action,
        entry.rule,
        entry.reason,
    )


def test_under_another_plan_it_decides_otherwise() -> None:
    """Nobody can change the plan afterwards, and keep the journal."""
    first, *rest = OTTERS.steps
    longer = first.model_copy(update={"bake": HOUR})
    slower = OTTERS.model_copy(update={"steps": (longer, *rest)})

    assert list(decided_otherwise([told(BAKED)], slower)) != []


def test_orders_and_acts_are_no_decisions() -> None:
    entry = told(BAKED, grounds=None, action="shift", rule="made up")

    assert list(decided_otherwise([entry], BAKED.plan)) == []
