from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from interlock.lock import Holder
from shifter.core.errors import (
    LockHeld,
    NotReady,
    Problem,
    ShifterError,
    Throttled,
    Unavailable,
)
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.calendar import CalendarSeen
from shifter.core.gates.gate import OnBad, Unreadable, Verdict
from shifter.core.journal import GENESIS
from shifter.core.lanes import Lane
from shifter.core.notice import Notice, Severity
from shifter.core.plan import Plan
from shifter.core.topology import Topology
from shifter.engine.preflight import AlarmRole, Held, Preflight, preflight
from shifter.engine.prepare import Start, prepare
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    NOW,
    STANDING,
    SWIM,
    UNTOUCHED,
    Bench,
    River,
    topology_document,
)

SPLASHING = CROAKING | {
    "name": "splashing",
    "alarm": "fish-complain",
    "on_alarm": "hold",
}
SEASON = {"kind": "calendar", "name": "season", "calendar": "salmon-run"}
RATE = "Rate exceeded"


def _start(of: Plan = SWIM) -> Start:
    return Start(cutover_id="preflight", plan=of, started_by="Fern")


def _look(bench: Bench, of: Plan = SWIM, test_page: str | None = None) -> Preflight:
    return preflight(_start(of), bench.ports, test_page)


# --- what it tells --------------------------------------------------------------------


def test_a_preflight_tells_what_a_start_would_meet() -> None:
    bench = Bench()
    bench.river.alarms["fish-complain"] = AlarmSeen(AlarmState.OK)

    found = _look(bench, plan(gates=[CROAKING, BURROWS, SPLASHING]))

    assert (
        Preflight(
            environment="riverbank",
            at=NOW,
            ready=True,
            problems=(),
            judgements=found.judgements,
            alarms=(
                AlarmRole(
                    gate="croaking", alarm="frogs-complain", on_alarm=OnBad.ROLL_BACK
                ),
                AlarmRole(gate="splashing", alarm="fish-complain", on_alarm=OnBad.HOLD),
            ),
            capacity={"edge-1": 2, "edge-2": 2, "running": 2},
            dns_share=0,
        )
        == found
    )
    assert [
        (gate, Verdict.PASS) for gate in (*STANDING, "croaking", "burrows", "splashing")
    ] == [(judged.gate, judged.verdict) for judged in found.judgements]


def test_a_preflight_writes_nothing_and_pages_nobody_unasked() -> None:
    bench = Bench()

    _look(bench)

    assert UNTOUCHED == bench.untouched()
    assert not bench.river.scale_in_suspended


def test_a_preflight_survives_json() -> None:
    bench = Bench()
    bench.river.alarms.clear()
    found = _look(bench)

    assert found == Preflight.model_validate_json(found.model_dump_json())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Also what a start would raise before it had looked any further."""
    bench = Bench()
    since = NOW - timedelta(hours=2)
    bench.store.locks["riverbank"] = Holder("cutover:badgers-4", since)
    bench.river.breaks("dns", "capacity")
    bench.river.edit("edge-1", blue=1, green=1)
    bench.river.alarms.clear()

    found = _look(bench)

    assert not found.ready
    assert (
        Problem(
            "environment",
            "riverbank is held by cutover:badgers-4 since 2026-03-02T07:00:00+00:00",
            "wait for it to end, or end it",
        ),
        Problem("gate dns_settled", f"Describe on dns: {RATE}", "must be readable"),
        Problem("gate capacity", f"Describe on capacity: {RATE}", "must be readable"),
        Problem(
            "edge-1",
            "shows blue 50 %, green 50 %",
            "a cutover starts from all blue: bring it back first",
        ),
        Problem(
            "gate croaking",
            "frogs-complain",
            "no such alarm: create it or correct the name",
        ),
    ) == found.problems
    assert (Held(holder="cutover:badgers-4", since=since), {}, None) == (
        found.holder,
        found.capacity,
        found.dns_share,
    )


def test_edges_that_cannot_be_asked_are_told() -> None:
    bench = Bench()
    bench.river.breaks("edges")

    assert (
        Problem("gate weights", f"Describe on edges: {RATE}", "must be readable"),
    ) == _look(bench).problems


def test_a_plan_that_does_not_fit_is_told_without_a_look() -> None:
    """What its gates would say about another system means nothing."""
    bench = Bench()

    found = _look(bench, plan(environment="seaside", gates=[BURROWS]))

    assert (
        Preflight(
            environment="seaside",
            at=NOW,
            ready=False,
            problems=(
                Problem("environment", "seaside", "this Shifter moves riverbank"),
            ),
            judgements=(),
            alarms=(),
            capacity={},
        )
        == found
    )


def test_a_lease_that_has_ended_is_in_nobody_s_way() -> None:
    bench = Bench()
    bench.store.locks["riverbank"] = Holder(
        "rotation:lodge#77", NOW - timedelta(hours=1), expires_at=NOW
    )

    assert (True, None) == (_look(bench).ready, _look(bench).holder)


# --- one code path --------------------------------------------------------------------


def _hold(river: River, bench: Bench) -> None:
    del river
    bench.store.locks["riverbank"] = Holder("deploy:tuesday", NOW, None)


def _close(river: River, bench: Bench) -> None:
    del bench
    river.calendars["salmon-run"] = CalendarSeen(open=False)


TROUBLES: list[tuple[Callable[[River, Bench], object], type[ShifterError]]] = [
    (_hold, LockHeld),
    (_close, NotReady),
    (lambda river, _: river.breaks("dns"), Throttled),
    (lambda river, _: river.breaks("capacity"), Throttled),
    (lambda river, _: river.breaks("edges"), Throttled),
    (lambda river, _: river.breaks("targets"), NotReady),
    (lambda river, _: river.breaks("alarms"), NotReady),
    (lambda river, _: river.breaks("line"), NotReady),
    (lambda river, _: river.alarms.clear(), NotReady),
    (lambda river, _: river.edit("edge-2", green=1), NotReady),
    (lambda river, _: river.edges.update({"edge-2": Unreadable("fog")}), NotReady),
    (lambda river, _: river.set_targets(Lane.BLUE, "edge-1", healthy=0), NotReady),
]


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
def test_what_a_preflight_calls_not_ready_is_refused_by_a_start(
    trouble: Callable[[River, Bench], object], error: type[ShifterError]
) -> None:
    bench = Bench()
    bench.river.calendars["salmon-run"] = CalendarSeen(open=True)
    of = plan(gates=[CROAKING, BURROWS, SEASON])
    assert _look(bench, of).ready
    trouble(bench.river, bench)

    found = _look(bench, of)

    assert not found.ready
    assert found.problems
    with pytest.raises(error):
        prepare(_start(of), bench.ports)
    assert ({}, []) == bench.untouched()[:2]


def test_a_system_of_one_edge_needs_no_dns() -> None:
    small: dict[str, Any] = topology_document(
        "edge-1",
        lanes=(Lane.BLUE, Lane.GREEN),
        dns=None,
        services={},
        stop_parameter=None,
    )
    bench = Bench(Topology.model_validate(small))

    found = _look(bench, plan(steps=[{"share": "100 %"}], gates=[BURROWS]))

    assert (True, {"edge-1": 2}, None) == (
        found.ready,
        found.capacity,
        found.dns_share,
    )


# --- the test page --------------------------------------------------------------------


def test_a_test_page_shows_the_code_and_who_asks() -> None:
    bench = Bench()

    found = _look(bench, test_page="4821")

    assert (True, True) == (found.ready, found.paged)
    assert [
        Notice(
            severity=Severity.PAGE,
            environment="riverbank",
            cutover_id="preflight",
            at=NOW,
            phase="PREFLIGHT",
            step=0,
            steps=3,
            action="test_page",
            rule="preflight",
            reason=(
                "This is a test of the pager: nothing is wrong, nothing was started. "
                "Type 4821 where the preflight of Otters cross the river asks for it. "
                "Asked for by Fern."
            ),
            journal_head=GENESIS,
        )
    ] == bench.notices
    assert ({}, ["send"], None) == bench.untouched()


def test_a_test_page_is_sent_whatever_else_is_wrong() -> None:
    bench = Bench()
    bench.river.alarms.clear()

    found = _look(bench, test_page="4821")

    assert (False, True) == (found.ready, found.paged)
    assert 1 == len(bench.pages)


def test_a_test_page_that_cannot_be_sent_is_a_problem() -> None:
    """A pager that is found broken during a cutover is found too late."""
    bench = Bench()
    bench.notifier.broken = Unavailable("Publish", "the notice topic", "no answer")

    found = _look(bench, test_page="4821")

    assert (False, False) == (found.ready, found.paged)
    assert (
        Problem(
            "test page",
            "Publish on the notice topic: no answer",
            "people must be able to be paged",
        ),
    ) == found.problems
