from __future__ import annotations

import pytest

from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.gate import (
    Judgement,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.orders import Answer
from tests.core.examples import APPROVED, DECLINED, situation

ELDER = ApprovalGate(name="elder", before="50 %")  # type: ignore[arg-type]
STRANGER = Answer(
    gate="somebody-else", approved=False, by="Magpie", at=APPROVED.at, reason="no!"
)


@pytest.mark.parametrize(
    ("next_share", "answers", "state", "detail", "verdict"),
    [
        (50, (), State.GOOD, "not due before 50 %", Verdict.PASS),
        (1000, (), State.GOOD, "not due before 50 %", Verdict.PASS),
        (None, (), State.GOOD, "not due before 50 %", Verdict.PASS),
        (500, (), State.BAD, "awaited before 50 %", Verdict.WAIT),
        (500, (STRANGER,), State.BAD, "awaited before 50 %", Verdict.WAIT),
        (
            500,
            (APPROVED,),
            State.GOOD,
            "approved by Old Willow: the ice holds",
            Verdict.PASS,
        ),
        (50, (APPROVED,), State.GOOD, "not due before 50 %", Verdict.PASS),
        (
            500,
            (DECLINED,),
            State.BAD,
            "declined by Grey Heron: the ice cracks",
            Verdict.BREACH,
        ),
        (
            50,
            (DECLINED,),
            State.BAD,
            "declined by Grey Heron: the ice cracks",
            Verdict.BREACH,
        ),
        (
            500,
            (APPROVED, DECLINED, STRANGER),
            State.BAD,
            "declined by Grey Heron: the ice cracks",
            Verdict.BREACH,
        ),
        (
            500,
            (DECLINED, APPROVED),
            State.GOOD,
            "approved by Old Willow: the ice holds",
            Verdict.PASS,
        ),
    ],
)
def test_an_approval_waits_for_its_step_and_the_last_word_counts(
    next_share: int | None,
    answers: tuple[Answer, ...],
    state: State,
    detail: str,
    verdict: Verdict,
) -> None:
    """Declining leads back at once, whether or not it was due."""
    assert Judgement(
        gate="elder",
        kind="approval",
        reading=Reading(state=state, detail=detail, source="record"),
        verdict=verdict,
    ) == ELDER.judge(None, situation(next_share=next_share, answers=answers))


@pytest.mark.parametrize("seen", [None, Unreadable("fog")])
@pytest.mark.parametrize(
    "where", [situation(next_share=500), situation(answers=(DECLINED,))]
)
def test_an_approval_that_is_still_to_come_does_not_refuse_the_start(
    seen: Unreadable | None, where: Situation
) -> None:
    assert ELDER.refusal(seen, where) is None


def test_an_approval_is_asked_of_the_record_alone() -> None:
    assert ApprovalGate.from_record
