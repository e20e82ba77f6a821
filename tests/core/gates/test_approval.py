from __future__ import annotations

from datetime import timedelta

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
from tests.core.examples import (
    APPROVED,
    DECLINED,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    situation,
)

ELDER = ApprovalGate(name="elder", before="50 %")  # type: ignore[arg-type]
STRANGER = Answer(
    gate="somebody-else", approved=False, by="Magpie", at=APPROVED.at, reason="no!"
)


@pytest.mark.parametrize(
    ("next_share", "answers", "state", "detail", "verdict"),
    [
        (50, (), State.GOOD, "asked for only before 50 %", Verdict.PASS),
        (1000, (), State.GOOD, "asked for only before 50 %", Verdict.PASS),
        (None, (), State.GOOD, "asked for only before 50 %", Verdict.PASS),
        (500, (), State.BAD, "approval awaited before 50 %", Verdict.WAIT),
        (500, (STRANGER,), State.BAD, "approval awaited before 50 %", Verdict.WAIT),
        (
            500,
            (APPROVED,),
            State.GOOD,
            "approved by Old Willow: the ice holds",
            Verdict.PASS,
        ),
        (50, (APPROVED,), State.GOOD, "asked for only before 50 %", Verdict.PASS),
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


@pytest.mark.parametrize(
    ("ago", "settled", "told"),
    [
        (timedelta(), None, None),
        (HOUR, 2 * HOUR, None),
        (HOUR, HOUR, None),
        (
            HOUR + SECOND,
            2 * HOUR,
            "Old Willow approved more than 1h ago",
        ),
        (
            MINUTE,
            MINUTE - SECOND,
            "Old Willow approved before the present weights were settled",
        ),
    ],
    ids=["fresh", "old enough", "just settled", "too old", "for other weights"],
)
def test_an_approval_counts_for_an_hour_and_for_the_weights_that_it_was_given_for(
    ago: timedelta, settled: timedelta | None, told: str | None
) -> None:
    """Nobody's word of yesterday lets a step begin: it is asked for again."""
    given = APPROVED.model_copy(update={"at": NOW - ago})

    judged = ELDER.judge(
        None,
        situation(
            next_share=500,
            answers=(given,),
            settled_at=None if settled is None else NOW - settled,
        ),
    )

    detail = "approved by Old Willow: the ice holds"
    if told is not None:
        detail = f"approval awaited again before 50 %: {told}"
    assert (Verdict.PASS if told is None else Verdict.WAIT, detail) == (
        judged.verdict,
        judged.reading.detail,
    )


def test_a_plan_says_for_how_long_an_approval_counts() -> None:
    patient = ELDER.model_copy(update={"valid_for": timedelta(days=1)})
    given = APPROVED.model_copy(update={"at": NOW - 24 * HOUR})
    asked = situation(next_share=500, answers=(given,))

    assert (Verdict.PASS, Verdict.WAIT) == (
        patient.judge(None, asked).verdict,
        ELDER.judge(None, asked).verdict,
    )


def test_a_refusal_does_not_grow_old() -> None:
    given = DECLINED.model_copy(update={"at": NOW - 24 * HOUR})
    asked = situation(next_share=500, answers=(given,), settled_at=NOW)

    assert Verdict.BREACH is ELDER.judge(None, asked).verdict


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
