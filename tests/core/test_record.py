from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from shifter.core.edges import DnsChange
from shifter.core.errors import IllegalTransition
from shifter.core.gates.gate import Situation
from shifter.core.lanes import ALL_BLUE, Split, Weights
from shifter.core.orders import Abort, Answer, Pause
from shifter.core.phases import Phase
from shifter.core.record import Claim, Record
from tests.core.examples import APPROVED, BASELINE, NOW, OTTERS, PAUSE, record
from tests.core.strategies import parsed_plans, records

TWENTIETH = Split.leaving_blue(50)
HALF = Split.leaving_blue(500)
ALL_GREEN = Split.leaving_blue(1000)


@given(records(parsed_plans()))
def test_a_record_survives_json(kept: Record) -> None:
    """What is saved is what is loaded, to the last field."""
    assert kept == Record.model_validate_json(kept.model_dump_json())


@pytest.mark.parametrize(
    ("phase", "step", "expected"),
    [
        (Phase.PREPARED, 0, (ALL_BLUE,)),
        (Phase.SHIFTING, 1, (ALL_BLUE, TWENTIETH)),
        (Phase.SHIFTING, 2, (TWENTIETH, HALF)),
        (Phase.BAKING, 2, (HALF,)),
        (Phase.COMPLETED, 3, (ALL_GREEN,)),
        (Phase.ROLLING_BACK, 2, (ALL_BLUE,)),
        (Phase.ROLLBACK_STUCK, 3, (ALL_BLUE,)),
        (Phase.ROLLED_BACK, 3, (ALL_BLUE,)),
    ],
)
def test_an_edge_may_show_what_the_phase_says(
    phase: Phase, step: int, expected: tuple[Split, ...]
) -> None:
    """Two splits only while a step moves; nothing but blue on the way back."""
    assert expected == record(phase, step).expected


def test_a_step_that_moves_only_dns_expects_one_split() -> None:
    steps = [
        {"share": "5 %", "dns_share": "10 %", "bake": "5m"},
        {"share": "5 %", "dns_share": "50 %", "bake": "5m"},
        {"share": "50 %", "bake": "5m"},
        {"share": "100 %"},
    ]
    document = OTTERS.model_dump(mode="json") | {"steps": steps}

    assert (TWENTIETH,) == record(Phase.SHIFTING, 2, plan=document).expected


@given(records(parsed_plans()))
def test_no_edge_may_show_more_than_the_step(kept: Record) -> None:
    assert all(allowed.share <= kept.split.share for allowed in kept.expected)


@pytest.mark.parametrize(("step", "share"), [(0, 10), (1, 10), (2, 500), (3, 500)])
def test_the_dns_share_is_the_baseline_until_the_plan_names_one(
    step: int, share: int
) -> None:
    assert share == record(Phase.BAKING, step).dns_share


def test_without_dns_no_share_is_wanted() -> None:
    """A plan's dns_share has no meaning where the topology has no pair."""
    without = BASELINE.model_copy(update={"dns_share": None})

    assert record(Phase.BAKING, 2, baseline=without).dns_share is None


def test_the_way_back_is_known_once_it_was_begun() -> None:
    going = record(Phase.ROLLING_BACK)

    assert going.rollback == going.way_back


def test_a_record_that_is_not_going_back_has_no_way_back() -> None:
    with pytest.raises(IllegalTransition, match="otters-1 is not going back"):
        _ = record(Phase.BAKING).way_back


@pytest.mark.parametrize(
    ("claim", "ends_at"),
    [
        (None, None),
        (Claim(version=7, until=NOW), NOW + timedelta(seconds=10)),
    ],
)
def test_a_late_write_may_land_until_ten_seconds_after_the_claim(
    claim: Claim | None, ends_at: datetime | None
) -> None:
    assert ends_at == record(claim=claim).writes_end_at


def test_a_gate_knows_where_the_cutover_stands() -> None:
    change = DnsChange(id="C-RIVER", at=NOW)
    kept = record(
        Phase.BAKING,
        2,
        adopted={"edge-1": Weights(blue=1)},
        dns_change=change,
        pause=PAUSE,
        answers=(APPROVED,),
        memories={"headcount": "forty otters", "echo": "another's memory"},
    )
    headcount = kept.plan.gates[3]

    assert Situation(
        now=NOW,
        started_at=kept.started_at,
        shares=(50, 500, 1000),
        step=2,
        split=HALF,
        expected=(HALF,),
        settled_at=kept.settled_at,
        next_share=1000,
        next_bake=None,
        adopted={"edge-1": Weights(blue=1)},
        edges=frozenset({"edge-1", "edge-2"}),
        capacity={"running": 6, "edge-1": 6, "edge-2": 6},
        dns_share=500,
        dns_change=change,
        pause=PAUSE,
        answers=(APPROVED,),
        memory="forty otters",
    ) == kept.situation(headcount, NOW)


@pytest.mark.parametrize(("step", "share"), [(0, 50), (1, 500), (2, 1000), (3, None)])
def test_a_gate_knows_the_next_share(step: int, share: int | None) -> None:
    kept = record(Phase.BAKING, step)

    assert share == kept.situation(kept.plan.gates[0], NOW).next_share


@pytest.mark.parametrize(
    ("step", "bake"),
    [(0, timedelta(minutes=10)), (1, timedelta(minutes=30)), (2, None)],
)
def test_a_gate_knows_the_next_bake_but_not_the_final_one(
    step: int, bake: timedelta | None
) -> None:
    kept = record(Phase.BAKING, step)

    assert bake == kept.situation(kept.plan.gates[0], NOW).next_bake


@pytest.mark.parametrize(
    "garbage", [{"phase": "NAPPING"}, {"authority": "green"}, {"otter": 1}]
)
def test_a_record_of_an_unknown_form_is_refused(garbage: dict[str, Any]) -> None:
    """An older function never misreads the record of a newer one."""
    with pytest.raises(ValueError, match="validation error"):
        Record.model_validate(record().model_dump(mode="json") | garbage)


def _answer(*, approved: bool) -> Answer:
    return Answer(gate="elder", approved=approved, by="Bramble", at=NOW, reason="so")


def test_no_other_step_is_due_while_one_is_being_made() -> None:
    """Else an interrupted shift would wait for the approval of the step after it."""
    moving = record(Phase.SHIFTING, 1)
    gate = moving.plan.gates[0]

    assert moving.situation(gate, NOW).next_share is None
    assert record(Phase.BAKING, 1).situation(gate, NOW).next_share == 500


@pytest.mark.parametrize(
    ("changes", "stop"),
    [
        ({}, False),
        ({"abort": Abort(by="Fern", at=NOW, reason="a heron")}, True),
        ({"pause": Pause(by="Fern", at=NOW, reason="lunch")}, True),
        ({"answers": (_answer(approved=False),)}, True),
        ({"answers": (_answer(approved=False), _answer(approved=True))}, False),
        ({"answers": (_answer(approved=True), _answer(approved=False))}, True),
    ],
    ids=["nothing", "abort", "pause", "declined", "then approved", "then declined"],
)
def test_an_order_to_stop_is_known(changes: dict[str, Any], stop: bool) -> None:
    """Of several answers at one gate the last one counts."""
    assert stop is record(**changes).told_to_stop
