from __future__ import annotations

import pytest

from shifter.core.errors import Problem
from shifter.core.gates.gate import Judgement, Reading, State, Unreadable, Verdict
from shifter.core.gates.line import LineGate, LineSeen
from tests.core.examples import situation

LINE = LineGate()
WAY_ON = (
    "; to let it go: aws ssm put-parameter --name /river/line --overwrite --value go"
)
LONG = "the dam breaks " * 20


@pytest.mark.parametrize(
    ("value", "state", "detail"),
    [
        ("go", State.GOOD, "go"),
        (" go\n", State.GOOD, "go"),
        ("Go", State.BAD, f"stopped: Go{WAY_ON}"),
        ("go!", State.BAD, f"stopped: go!{WAY_ON}"),
        ("", State.BAD, f"stopped: {WAY_ON}"),
        ("the dam\n breaks", State.BAD, f"stopped: the dam breaks{WAY_ON}"),
        ("d" * 200, State.BAD, f"stopped: {'d' * 200}{WAY_ON}"),
        (LONG, State.BAD, f"stopped: {LONG[:199]}…{WAY_ON}"),
        (None, State.NO_DATA, "no parameter is named /river/line"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_only_go_lets_the_line_go(value: str | None, state: State, detail: str) -> None:
    """Whatever else stands there is the reason, told on one line; it only holds."""
    assert Judgement(
        gate="line",
        kind="line",
        reading=Reading(state=state, detail=detail, source="parameter /river/line"),
        verdict=Verdict.PASS if state is State.GOOD else Verdict.WAIT,
    ) == LINE.judge(LineSeen("/river/line", value), situation())


def test_without_a_parameter_there_is_no_line_to_stop() -> None:
    assert Judgement(
        gate="line",
        kind="line",
        reading=Reading(state=State.GOOD, detail="no parameter", source="topology"),
        verdict=Verdict.PASS,
    ) == LINE.judge(LineSeen(None), situation())


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        (LineSeen("/river/line", "a flood"), f"stopped: a flood{WAY_ON}"),
        (LineSeen("/river/line"), "no parameter is named /river/line"),
        (Unreadable("fog"), "fog"),
    ],
)
def test_a_line_that_does_not_go_refuses_the_start(
    seen: LineSeen | Unreadable, value: str
) -> None:
    assert Problem(
        "gate line", value, 'write "go" into the parameter to let the line go'
    ) == LINE.refusal(seen, situation())


def test_a_line_that_goes_does_not_refuse_the_start() -> None:
    assert LINE.refusal(LineSeen("/river/line", "go"), situation()) is None
