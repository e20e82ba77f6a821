from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shifter.core.errors import Problem
from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.gates.rotation import NoAnswer, RotationGate
from shifter.core.rotation import RotationAnswer, RotationReason
from tests.core.examples import situation

GATE = RotationGate()
DUE = RotationReason(code="ROTATION_DUE", secret="blue/app", detail="at noon")
STALE = RotationReason(code="STALE_TASKS", secret="green/app", detail="since May")
LATER = datetime(2027, 3, 21, 18, 0, tzinfo=UTC)
BEGIN = "begin after 2027-03-21 18:00 UTC"
FIRST = "rotate blue/app first (shifter rotation rotate-first)"


def test_passwords_that_are_in_nobodys_way_pass() -> None:
    asked = situation()

    assert Judgement(
        gate="rotation",
        kind="rotation",
        reading=Reading(
            state=State.GOOD,
            detail="no rotation is in the way",
            source="rotation guard",
            at=asked.now,
        ),
        verdict=Verdict.PASS,
    ) == GATE.judge(RotationAnswer(ok=True, reasons=()), asked)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            RotationAnswer(
                ok=False,
                reasons=(DUE, STALE),
                rotate_first=("blue/app",),
                move_window=LATER,
            ),
            f"{DUE}; {STALE}; {FIRST}, or {BEGIN}",
        ),
        (
            RotationAnswer(ok=False, reasons=(DUE,), move_window=LATER),
            f"ROTATION_DUE blue/app: at noon; {BEGIN}",
        ),
        (
            RotationAnswer(ok=False, reasons=(STALE,)),
            "STALE_TASKS green/app: since May",
        ),
    ],
)
def test_every_reason_and_every_way_out_is_told(
    answer: RotationAnswer, told: str
) -> None:
    judged = GATE.judge(answer, situation())

    assert (State.BAD, told) == (judged.reading.state, judged.reading.detail)
    assert GATE.refusal(answer, situation()) == Problem(
        "gate rotation", told, RotationGate.to_start
    )


def test_a_reason_tells_its_code_and_whose_it_is() -> None:
    assert "ROTATION_DUE blue/app: at noon" == str(DUE)


def test_no_answer_is_no_data_and_refuses_the_start() -> None:
    """No data is never good news."""
    silence = NoAnswer("Invoke on guard: it timed out")
    judged = GATE.judge(silence, situation())

    assert (State.NO_DATA, Verdict.WAIT) == (judged.reading.state, judged.verdict)
    assert GATE.refusal(silence, situation()) == Problem(
        "gate rotation",
        "the guard gives no answer: Invoke on guard: it timed out",
        RotationGate.to_start,
    )


@given(
    ok=st.booleans(),
    codes=st.lists(st.text(min_size=1, max_size=9), max_size=3),
)
def test_only_an_answer_without_a_reason_can_pass(ok: bool, codes: list[str]) -> None:
    """A reason of a kind that is not known here blocks like any other."""
    reasons = [{"code": code, "secret": "blue/app", "detail": ""} for code in codes]
    document = {"ok": ok, "reasons": reasons}
    if ok is bool(codes):
        with pytest.raises(ValidationError):
            RotationAnswer.model_validate(document)
        return
    judged = GATE.judge(RotationAnswer.model_validate(document), situation())

    assert (judged.verdict is Verdict.PASS) is not bool(codes)
