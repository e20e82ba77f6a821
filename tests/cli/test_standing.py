"""What is told at a terminal of 80 columns and 24 lines is what matters now."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from shifter.cli.following import Live, View
from shifter.cli.history import _two_lines
from shifter.cli.look import _Screen
from shifter.cli.next_steps import what_next
from shifter.cli.standing import screen
from shifter.cli.standing_json import document
from shifter.core.gates.gate import Verdict
from shifter.core.journal import GENESIS, Entry
from shifter.core.lanes import Weights
from shifter.core.phases import Phase
from shifter.core.record import Record
from tests.core.examples import MINUTE, NOW, judgement, judgements, record

HERON = judgement("errors", Verdict.BREACH, "a heron stood in the way")


def _view(of: Record, **changes: Any) -> View:
    usual: dict[str, Any] = {
        "now": NOW,
        "record": of,
        "judgements": judgements(of),
        "judged_at": NOW - MINUTE,
        "live": Live({"edge-1": Weights(blue=9, green=1), "edge-2": Weights(blue=1)}),
        "holder": None,
        "new": (),
    }
    return View(**(usual | changes))


def _entries(of: Record, reasons: tuple[str, ...]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            cutover_id=of.cutover_id,
            number=number,
            at=NOW,
            actor="assess",
            action="hold",
            rule=f"rule_{number}",
            reason=reason,
            phase_before=Phase.BAKING,
            phase=Phase.BAKING,
            step=1,
            previous=GENESIS,
        )
        for number, reason in enumerate(reasons, start=1)
    )


def _shown(view: View) -> str:
    out = io.StringIO()
    Console(file=out, width=80).print(screen(view))
    return out.getvalue()


def test_a_small_terminal_shows_what_happened_last_and_what_to_type() -> None:
    """What does not fit would be cut off at the end, where the news are."""
    out = io.StringIO()
    console = Console(file=out, width=80, height=24, force_terminal=True)
    of = record(waiting={"errors": NOW - MINUTE}, reason="errors: a heron " * 12)
    told = tuple(f"news {number} {'of the heron ' * 9}" for number in range(9))
    otters = (judgement(f"otter-{n}", Verdict.WAIT, "swims " * 20) for n in range(9))
    view = _view(of, new=_entries(of, told), judgements=(HERON, *otters))

    with (shown := _Screen(console)):
        shown.show(view)

    assert "news 8" in out.getvalue()
    assert "In another shell: shifter pause --reason TEXT" in out.getvalue()
    assert "0 gates pass, 10 do not: see why" in out.getvalue()


@pytest.mark.parametrize(
    "phase", [Phase.ROLLING_BACK, Phase.ROLLBACK_STUCK, Phase.ROLLED_BACK]
)
def test_on_the_way_back_readings_are_told_as_old_and_nothing_waits(
    phase: Phase,
) -> None:
    """Whoever sees a breach beside edges that are all blue must not act on it."""
    of = record(phase, waiting={"errors": NOW - MINUTE})

    told = _shown(_view(of, judgements=(HERON,)))

    assert f"{phase}  from step 1 of " in told
    assert "The gates as they were read last" in told
    assert "waits for" not in told


def test_a_lock_that_is_not_its_own_is_told_also_where_there_is_no_room() -> None:
    out = io.StringIO()

    Console(file=out, width=80).print(screen(_view(record()), short=True))

    assert "lock       free" in out.getvalue()


def test_a_bake_that_is_over_is_told_as_over() -> None:
    of = record(bake_from=NOW - timedelta(days=9), settled_at=NOW - timedelta(days=9))

    assert " 100%, over since " in _shown(_view(of))


@pytest.mark.parametrize(
    ("of", "first"),
    [
        (record(Phase.ROLLED_BACK), "shifter explain otters-1"),
        (record(Phase.ROLLBACK_STUCK), "shifter status"),
        (record(Phase.ROLLING_BACK), "shifter watch"),
        (
            record(Phase.ROLLING_BACK, look_again_at=NOW - timedelta(hours=1)),
            "shifter rollback --reason TEXT",
        ),
        (
            record(look_again_at=NOW - timedelta(hours=1)),
            "shifter rollback --reason TEXT",
        ),
        (record(), "shifter pause --reason TEXT"),
    ],
)
def test_what_helps_most_comes_first(of: Record, first: str) -> None:
    assert first == what_next(_view(of))[0]


def test_what_is_stuck_says_so_where_it_is_watched() -> None:
    out = io.StringIO()
    shown = _Screen(Console(file=out, width=80, height=24))
    shown.show(_view(record(Phase.ROLLBACK_STUCK)))

    drawn = shown._drawn(_view(record(Phase.ROLLBACK_STUCK)), 1, short=True)
    Console(file=out, width=80).print(drawn)

    told = " ".join(out.getvalue().replace("│", " ").split())
    assert "STUCK, people were paged: mend the cause." in told
    assert "In another shell: shifter status | shifter explain | " in told


def test_whoever_is_asked_for_approval_is_told_both_answers() -> None:
    of = record(waiting={"half": NOW})
    asked = judgement("half", Verdict.WAIT, kind="approval")

    assert (
        "shifter approve half --reason TEXT",
        "shifter decline half --reason TEXT",
    ) == what_next(_view(of, judgements=(asked,)))[:2]


@pytest.mark.parametrize(
    ("phase", "share"),
    [(Phase.BAKING, 50), (Phase.ROLLING_BACK, 0), (Phase.ROLLED_BACK, 0)],
)
def test_the_share_that_is_intended_is_not_that_of_the_step(
    phase: Phase, share: int
) -> None:
    """After a rollback a program reads 0, and beside it how far the cutover came."""
    told = document(_view(record(phase)))

    assert (share, 50) == (told["share_per_mille"], told["step_share_per_mille"])


def test_who_may_not_approve_is_told_beside_the_command() -> None:
    """The starter would be refused, and by then it is asked for again."""
    of = record(waiting={"elder": NOW})
    asked = judgement("elder", Verdict.WAIT, kind="approval")

    approve, decline, *_ = what_next(_view(of, judgements=(asked,)))

    told = f"  # somebody else than {of.started_by.rpartition('/')[2]} must"
    assert f"shifter approve elder --reason TEXT{told}" == approve
    assert "shifter decline elder --reason TEXT" == decline


def test_the_document_has_what_the_screen_shows() -> None:
    of = record(waiting={"weights": NOW}, adopted={"edge-2": Weights(blue=19, green=1)})
    told = json.loads(json.dumps(document(_view(of))))

    assert {"weights"} == set(told["deadlines"])
    assert "hold_and_page" == told["deadlines"]["weights"]["then"]
    assert 19 == told["set_by_hand"]["edge-2"]["blue"]
    assert (NOW - MINUTE).isoformat() == told["gates_read_at"]
    assert "shifter resume --reason TEXT" == told["next"][0]
    assert len(of.plan.steps) == len(told["shares_per_mille"])


def test_a_narrow_journal_keeps_a_reason_in_one_piece() -> None:
    out = io.StringIO()
    reason = "every edge shows blue 90 %, green 10 %"

    Console(file=out, width=80).print(_two_lines(_entries(record(), (reason,))))

    assert reason in [line.strip() for line in out.getvalue().splitlines()]
