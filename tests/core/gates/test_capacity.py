from __future__ import annotations

import pytest

from shifter.core.gates.capacity import CapacityGate, CapacitySeen
from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from tests.core.examples import situation

BEFORE = {"edge-1": 6, "edge-2": 6, "running": 6}


@pytest.mark.parametrize(
    ("counts", "state", "detail", "value", "verdict"),
    [
        (
            {"running": 6, "edge-1": 6, "edge-2": 7},
            State.GOOD,
            "edge-1 6 healthy, edge-2 7 healthy, 6 tasks running",
            6,
            Verdict.PASS,
        ),
        (
            {"running": 6, "edge-1": 5, "edge-2": 6},
            State.BAD,
            "edge-1 5 healthy, was 6",
            5,
            Verdict.WAIT,
        ),
        (
            {"running": 4, "edge-1": 6},
            State.BAD,
            "edge-2 0 healthy, was 6, 4 tasks running, was 6",
            4,
            Verdict.WAIT,
        ),
    ],
)
def test_blue_keeps_what_it_had_at_prepare(
    counts: dict[str, int], state: State, detail: str, value: float, verdict: Verdict
) -> None:
    """What is not counted any more counts as gone."""
    assert Judgement(
        gate="capacity",
        kind="capacity",
        reading=Reading(
            state=state,
            detail=detail,
            value=value,
            unit="lowest count",
            source="capacity of blue",
        ),
        verdict=verdict,
    ) == CapacityGate().judge(CapacitySeen(counts), situation(capacity=BEFORE))


def test_nothing_counted_is_no_data() -> None:
    assert Judgement(
        gate="capacity",
        kind="capacity",
        reading=Reading(
            state=State.NO_DATA, detail="nothing counted", source="capacity of blue"
        ),
        verdict=Verdict.WAIT,
    ) == CapacityGate().judge(CapacitySeen({}), situation(capacity=BEFORE))


@pytest.mark.parametrize(
    ("counts", "detail", "verdict"),
    [
        (
            {"running": 2, "edge-1": 1},
            "edge-1 1 healthy, 2 tasks running",
            Verdict.PASS,
        ),
        (
            {"running": 2, "edge-1": 0, "edge-2": 0},
            "edge-1 0 healthy, edge-2 0 healthy",
            Verdict.WAIT,
        ),
    ],
)
def test_before_prepare_any_capacity_will_do_but_none(
    counts: dict[str, int], detail: str, verdict: Verdict
) -> None:
    judged = CapacityGate().judge(CapacitySeen(counts), situation())

    assert (detail, verdict) == (judged.reading.detail, judged.verdict)
