from __future__ import annotations

from datetime import datetime

import pytest

from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.gates.hold import HoldGate
from shifter.core.orders import Pause
from tests.core.examples import HOUR, NOW, OTTERS, PAUSE, situation


@pytest.mark.parametrize(
    ("pause", "state", "detail", "at", "verdict"),
    [
        (None, State.GOOD, "not paused", None, Verdict.PASS),
        (PAUSE, State.BAD, "paused by Bramble: lunch", NOW, Verdict.WAIT),
    ],
)
def test_a_pause_is_a_gate_that_somebody_closed(
    pause: Pause | None,
    state: State,
    detail: str,
    at: datetime | None,
    verdict: Verdict,
) -> None:
    """It waits, and never leads back by itself."""
    assert Judgement(
        gate="hold",
        kind="hold",
        reading=Reading(state=state, detail=detail, source="record", at=at),
        verdict=verdict,
    ) == HoldGate().judge(None, situation(pause=pause))


def test_a_pause_may_last_a_day() -> None:
    assert 24 * HOUR == OTTERS.deadline(HoldGate())
    assert HoldGate.from_record
