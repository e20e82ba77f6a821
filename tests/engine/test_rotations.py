"""What a cutover asks of the guard of rotations, and what it tells it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from interlock.lock import Holder
from shifter.core.errors import LockHeld, NotReady, Problem, Throttled
from shifter.core.gates.gate import State, Verdict
from shifter.core.notice import Severity
from shifter.core.phases import Phase
from shifter.core.rotation import RotationLook, RotationReason
from shifter.core.topology import Topology
from shifter.engine import control
from shifter.engine.preflight import preflight
from shifter.engine.prepare import Start
from shifter.engine.resolve import resolve
from shifter.engine.watchdog import watch
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    EDGE_NAMES,
    NOW,
    OTTERS,
    SWIM,
    UNTOUCHED,
    Bench,
    topology_document,
)

GUARD = "arn:aws:lambda:eu-west-1:123456789012:function:guard:live"
ROTATING = Topology.model_validate(topology_document(rotation={"guard": GUARD}))
REASON = RotationReason(code="ROTATION_DUE", secret="blue/app", detail="at noon")
DUE = RotationLook(ok=False, reasons=(REASON,), secrets=(), rotate_first=("blue/app",))
TOLD = (
    "ROTATION_DUE blue/app: at noon; "
    "rotate blue/app first (shifter rotation rotate-first)"
)
REFUSAL = Problem(
    "gate rotation", TOLD, "mend what is named, and look again: shifter rotation status"
)


@pytest.fixture
def bench() -> Bench:
    return Bench(ROTATING)


def _preflight(bench: Bench) -> tuple[tuple[Problem, ...], list[str]]:
    start = Start(cutover_id="preflight", plan=SWIM, started_by="Fern")
    found = preflight(start, bench.ports)
    return found.problems, [judged.gate for judged in found.judgements]


# --- the beginning --------------------------------------------------------------------


def test_where_nobody_rotates_there_is_no_such_gate() -> None:
    bench = Bench()
    problems, gates = _preflight(bench)
    bench.start()

    assert () == problems
    assert "rotation" not in gates
    assert not bench.river.rotations_kept_out


def test_a_preflight_asks_and_keeps_nothing_out(bench: Bench) -> None:
    problems, gates = _preflight(bench)

    assert ((), "rotation") == (problems, gates[-1])
    assert UNTOUCHED == bench.untouched()
    assert not bench.river.rotations_kept_out


def test_a_preflight_tells_what_is_in_the_way(bench: Bench) -> None:
    bench.river.rotations = DUE
    start = Start(cutover_id="preflight", plan=SWIM, started_by="Fern")
    found = preflight(start, bench.ports)
    judged = found.judgements[-1]

    assert (found.ready, found.problems) == (False, (REFUSAL,))
    assert (State.BAD, TOLD) == (judged.reading.state, judged.reading.detail)


def test_a_start_keeps_rotations_out_before_it_takes_the_lock(bench: Bench) -> None:
    """Those that AWS hosts ask no lock."""
    bench.start()
    effects = bench.river.effects

    assert bench.river.rotations_kept_out
    assert "keep rotations out" == effects[0]


def test_a_start_is_refused_while_something_is_in_the_way(bench: Bench) -> None:
    bench.river.rotations = DUE
    with pytest.raises(NotReady) as refused:
        bench.start()

    assert (REFUSAL,) == refused.value.problems
    assert UNTOUCHED == bench.untouched()
    assert not bench.river.rotations_kept_out


def test_a_guard_that_cannot_be_asked_refuses_the_start(bench: Bench) -> None:
    """No data is never good news."""
    bench.river.breaks("rotations")
    with pytest.raises(NotReady, match="the guard gives no answer: Describe on rota"):
        bench.start()

    assert UNTOUCHED == bench.untouched()


def test_nothing_is_kept_out_for_a_start_that_fails_anyway(bench: Bench) -> None:
    """What is in the way of passwords is told all the same."""
    bench.river.edit("edge-1", blue=1, green=1)
    bench.river.rotations = DUE
    with pytest.raises(NotReady) as refused:
        bench.start()
    assert {"edge-1", "gate rotation"} == {p.field for p in refused.value.problems}

    bench.river.rotations = RotationLook(ok=True, reasons=(), secrets=())
    with pytest.raises(NotReady):
        bench.start()
    bench.river.edit("edge-1", blue=1)
    bench.store.locks["riverbank"] = Holder("cutover:badgers-4", NOW)
    with pytest.raises(LockHeld):
        bench.start()

    assert not bench.river.rotations_kept_out


def test_the_window_is_the_plan_with_its_last_bake(bench: Bench) -> None:
    asked: list[timedelta] = []

    class Asked:
        def look(self, window: timedelta) -> RotationLook:
            asked.append(window)
            return DUE

        prepare = release = None  # nobody may ask more

    bench.ports.rotations = Asked()  # type: ignore[assignment]
    _preflight(bench)

    assert [timedelta(hours=1, minutes=40)] == asked == [SWIM.lasts]


def test_a_gate_of_a_plan_must_not_take_the_name() -> None:
    named = plan(gates=[CROAKING | {"name": "rotation"}, BURROWS])

    Bench().start(named)
    with pytest.raises(NotReady, match=r"gates\.0\.name: rotation: taken by the gate"):
        Bench(ROTATING).start(named)


def test_nobody_is_asked_once_the_cutover_holds_the_environment(bench: Bench) -> None:
    directive = bench.start()
    bench.river.rotations = DUE
    bench.river.breaks("rotations")
    bench.go_on(directive, lambda record: record.phase is Phase.COMPLETED)

    assert Phase.COMPLETED is bench.record.phase


# --- the end --------------------------------------------------------------------------


def test_a_completion_lets_rotations_in_after_the_lock_is_free(bench: Bench) -> None:
    holders: list[str | None] = []
    bench.river.before("let rotations in", lambda: holders.append(bench.holder))
    bench.reach(Phase.COMPLETED)

    assert [None] == holders
    assert not bench.river.rotations_kept_out


def test_a_rollback_lets_rotations_in_when_it_was_looked_for_its_proof(
    bench: Bench,
) -> None:
    directive = bench.reach(Phase.BAKING, 1)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.go_on(directive, lambda record: record.proof is not None)

    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)
    assert not bench.river.rotations_kept_out


def test_the_watchdog_lets_them_in_when_nobody_else_is_left(bench: Bench) -> None:
    bench.reach(Phase.BAKING, 1)
    for _ in range(60):
        bench.wait(minutes=1)
        watch(bench.ports)

    assert bench.record.proof is not None
    assert not bench.river.rotations_kept_out


def test_what_people_have_resolved_lets_them_in(bench: Bench) -> None:
    directive = bench.reach(Phase.BAKING, 1)
    bench.river.refused.update(f"write {edge}" for edge in EDGE_NAMES)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.go_on(directive, lambda record: record.phase is Phase.ROLLBACK_STUCK)
    bench.wait(minutes=5)
    for edge in EDGE_NAMES:
        bench.river.edit(edge, blue=1)
    resolve(OTTERS, bench.ports, by="Hazel", reason="mended by hand")

    assert not bench.river.rotations_kept_out


def test_a_guard_that_cannot_be_told_stops_no_end(bench: Bench) -> None:
    """People are told; it finds the end by itself within five minutes."""
    bench.reach(Phase.BAKING, 3)
    bench.river.broken["rotations"] = Throttled("Invoke", "guard", "Rate exceeded")
    bench.reach(Phase.COMPLETED)
    told = [n for n in bench.notices if n.action == "let_rotate"]

    assert (Phase.COMPLETED, None) == (bench.record.phase, bench.holder)
    assert [Severity.INFO] == [notice.severity for notice in told]
    assert "within five minutes: Invoke on guard: Rate exceeded" in told[0].reason


def test_neither_the_guard_nor_people_can_be_told(bench: Bench) -> None:
    bench.reach(Phase.BAKING, 3)
    bench.river.breaks("rotations")
    bench.river.refused.add("send")
    bench.reach(Phase.COMPLETED)

    assert (Phase.COMPLETED, None) == (bench.record.phase, bench.holder)


def test_a_reading_waits_and_never_breaches(bench: Bench) -> None:
    bench.river.rotations = DUE
    start = Start(cutover_id="preflight", plan=SWIM, started_by="Fern")
    judged = preflight(start, bench.ports).judgements[-1]

    assert Verdict.WAIT is judged.verdict
