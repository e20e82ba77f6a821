from __future__ import annotations

import pytest

from shifter.core.edges import EdgeState, Found
from shifter.core.gates.gate import (
    Judgement,
    OnSilence,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.weights import EdgesSeen, WeightsGate
from shifter.core.lanes import ALL_BLUE, Split, Weights
from tests.core.examples import situation

TENTH = situation(expected=(Split.leaving_blue(100),))
MOVING = situation(expected=(ALL_BLUE, Split.leaving_blue(100)))
SAID = "blue 90 %, green 10 %"
FOG = Unreadable("fog over the bridge")


def shows(blue: int, green: int = 0, canary: int = 0, other: int = 0) -> EdgeState:
    return EdgeState(
        weights=Weights(blue=blue, canary=canary, green=green, other=other)
    )


@pytest.mark.parametrize(
    ("seen", "where", "state", "detail", "verdict"),
    [
        pytest.param(
            {"edge-1": shows(9, 1), "edge-2": shows(90, 10)},
            TENTH,
            State.GOOD,
            SAID,
            Verdict.PASS,
            id="as recorded",
        ),
        pytest.param(
            {"edge-1": shows(1), "edge-2": shows(9, 1)},
            MOVING,
            State.GOOD,
            f"blue 100 % or {SAID}",
            Verdict.PASS,
            id="one edge has moved",
        ),
        pytest.param(
            {"edge-1": shows(9, 1), "edge-2": shows(1)},
            TENTH,
            State.BAD,
            f"edge-2: blue 100 %; the record says {SAID}",
            Verdict.WAIT,
            id="lowered by hand",
        ),
        pytest.param(
            {"edge-1": shows(19, 1)},
            MOVING,
            State.BAD,
            f"edge-1: blue 95 %, green 5 %; the record says blue 100 % or {SAID}",
            Verdict.WAIT,
            id="different",
        ),
        pytest.param(
            {"edge-2": shows(1), "edge-1": shows(8, 2)},
            TENTH,
            State.BAD,
            "edge-1: blue 80 %, green 20 %; "
            "edge-2: blue 100 %; "
            f"the record says {SAID}",
            Verdict.BREACH,
            id="one above, one below",
        ),
        pytest.param(
            {"edge-1": shows(9, 1), "edge-2": shows(9, 0, 1)},
            TENTH,
            State.BAD,
            f"edge-2: blue 90 %, canary 10 %; the record says {SAID}",
            Verdict.BREACH,
            id="another lane",
        ),
        pytest.param(
            {"edge-1": shows(9, 1, other=1)},
            TENTH,
            State.BAD,
            "edge-1: blue 81.8 %, green 9.09 %, unknown target groups 9.09 %; "
            f"the record says {SAID}",
            Verdict.BREACH,
            id="a target group that nobody knows",
        ),
        pytest.param(
            {"edge-1": shows(0)},
            TENTH,
            State.BAD,
            f"edge-1: all weights are 0; the record says {SAID}",
            Verdict.BREACH,
            id="nobody is served",
        ),
        pytest.param(
            {"edge-1": shows(9, 1), "edge-2": FOG},
            TENTH,
            State.UNREADABLE,
            f"edge-2: fog over the bridge; the record says {SAID}",
            Verdict.WAIT,
            id="one edge in the fog",
        ),
        pytest.param(
            {"edge-1": shows(1, 1), "edge-2": FOG},
            TENTH,
            State.BAD,
            "edge-1: blue 50 %, green 50 %; "
            f"edge-2: fog over the bridge; the record says {SAID}",
            Verdict.BREACH,
            id="the fog hides nothing worse",
        ),
        pytest.param(
            {},
            TENTH,
            State.UNREADABLE,
            f"no edge was read; the record says {SAID}",
            Verdict.WAIT,
            id="no edge at all",
        ),
    ],
)
def test_every_edge_has_to_show_what_was_recorded(
    seen: EdgesSeen,
    where: Situation,
    state: State,
    detail: str,
    verdict: Verdict,
) -> None:
    """More than recorded leads back; anything else waits, with the difference."""
    assert Judgement(
        gate="weights",
        kind="weights",
        reading=Reading(state=state, detail=detail, source="edges"),
        verdict=verdict,
    ) == WeightsGate().judge(seen, where)


def test_each_edge_is_compared_for_itself() -> None:
    where = situation(
        expected=(Split.leaving_blue(500),), adopted={"edge-2": Weights(blue=1)}
    )
    seen: EdgesSeen = {
        "edge-1": shows(1),
        "edge-2": shows(1),
        "edge-3": FOG,
        "edge-4": shows(1, 1),
    }

    assert {
        "edge-1": Found.BELOW,
        "edge-2": Found.SAME,
        "edge-3": Found.UNREADABLE,
        "edge-4": Found.SAME,
    } == WeightsGate().find(seen, where)


def test_an_edge_that_cannot_be_read_may_lead_back_if_the_plan_says_so() -> None:
    strict = WeightsGate(on_unreadable=OnSilence.BREACH)

    assert strict.judge({"edge-1": FOG}, TENTH).verdict is Verdict.BREACH
