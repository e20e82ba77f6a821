from __future__ import annotations

from datetime import timedelta

from shifter.cli.evidence_picture import WIDEST, picture
from shifter.core.gates.gate import Judgement, Reading, State, Verdict
from shifter.core.replay import Look
from tests.core.examples import MINUTE, NOW

FINE = Judgement(
    gate="proof",
    kind="evidence",
    reading=Reading(state=State.GOOD, detail="fine"),
    verdict=Verdict.PASS,
)


def look(after: timedelta, share: int, nats: float, permitted: float) -> Look:
    return Look(
        entry=1,
        at=NOW + after,
        step=int(share > 0),
        was=FINE,
        would=FINE,
        share=share,
        nats=nats,
        permitted=permitted,
    )


def test_a_character_is_a_minute_and_a_full_one_is_enough() -> None:
    seen = [
        look(0 * MINUTE, 10, 0.0, 0.0),
        look(1 * MINUTE, 10, -0.5, 0.5),
        look(1.5 * MINUTE, 10, 2.4, 0.2),
        look(2 * MINUTE, 10, 4.6, 0.999),
        look(7 * MINUTE, 950, 5.04, 1.0),
    ]

    assert (
        "step    1 %    95 %",
        "worse   ▁▄▇▁▁▁▁█  up to 154 to 1: 100 to 1 goes back",
        "enough  ▁▄▇▁▁▁▁█  full: enough for the next step",
    ) == picture(seen, alpha=0.01)


def test_a_long_run_has_more_minutes_in_a_character() -> None:
    seen = [look(n * MINUTE, 10 if n < 100 else 1000, 0, 1) for n in range(130)]
    step, worse, enough = picture(seen, alpha=0.001)

    assert "step    1 %" + " " * 30 + "no control" == step
    assert "▁" * 44 in worse
    assert "▁" * 45 not in worse
    assert "█" * 44 in enough
    assert "1,000 to 1 goes back" in worse
    assert 44 <= WIDEST


def test_steps_that_have_no_room_are_left_out() -> None:
    shares = (10, 50, 100, 250)
    seen = [look(n * MINUTE, share, 0, 0) for n, share in enumerate(shares)]

    assert "step    1 %" == picture(seen, alpha=0.01)[0]


def test_nothing_is_drawn_of_nothing() -> None:
    assert () == picture([], alpha=0.01)
    assert () == picture([look(0 * MINUTE, 0, 0, 0)], alpha=0.01)
