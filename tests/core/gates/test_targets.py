from __future__ import annotations

import pytest

from shifter.core.gates.gate import Judgement, OnBad, Reading, State, Verdict
from shifter.core.gates.targets import TargetsGate, TargetsSeen
from shifter.core.lanes import Lane
from tests.core.examples import situation

BURROWS = TargetsGate(name="burrows", lane=Lane.GREEN, minimum_healthy=2)
PATIENT = TargetsGate(
    name="burrows", lane=Lane.GREEN, minimum_healthy=2, on_unhealthy=OnBad.HOLD
)


@pytest.mark.parametrize(
    ("gate", "healthy", "state", "detail", "verdict"),
    [
        (
            BURROWS,
            {"edge-2": 3, "edge-1": 2},
            State.GOOD,
            "edge-1 2 of 4 healthy, edge-2 3 of 0 healthy",
            Verdict.PASS,
        ),
        (
            BURROWS,
            {"edge-1": 1},
            State.BAD,
            "edge-1 1 of 4 healthy, 2 needed",
            Verdict.BREACH,
        ),
        (
            PATIENT,
            {"edge-1": 4, "edge-2": 0},
            State.BAD,
            "edge-1 4 of 4 healthy, edge-2 0 of 0 healthy, 2 needed",
            Verdict.WAIT,
        ),
    ],
)
def test_every_edge_needs_enough_healthy_targets(
    gate: TargetsGate,
    healthy: dict[str, int],
    state: State,
    detail: str,
    verdict: Verdict,
) -> None:
    seen = TargetsSeen(healthy=healthy, registered={"edge-1": 4})

    assert Judgement(
        gate="burrows",
        kind="targets",
        reading=Reading(
            state=state,
            detail=detail,
            value=min(healthy.values()),
            unit="targets",
            source="targets of green",
        ),
        verdict=verdict,
    ) == gate.judge(seen, situation())


def test_edges_that_say_nothing_are_no_data() -> None:
    """Whatever an unhealthy target leads to, silence follows its own policy."""
    judged = BURROWS.judge(TargetsSeen(healthy={}, registered={}), situation())

    assert (
        Judgement(
            gate="burrows",
            kind="targets",
            reading=Reading(
                state=State.NO_DATA,
                detail="no edge answered",
                source="targets of green",
            ),
            verdict=Verdict.WAIT,
        )
        == judged
    )
