from __future__ import annotations

from typing import Any

from shifter.core.edges import Found
from shifter.core.gates.gate import Unreadable, Verdict
from shifter.core.lanes import Lane
from shifter.core.phases import Phase
from shifter.engine.observe import find, judge, observe, unable_edges
from tests.core.examples import plan
from tests.engine.bench import BURROWS, CROAKING, EDGE_NAMES, STANDING, Bench

DENS = BURROWS | {"name": "dens"}
SPLASHING = CROAKING | {"name": "splashing", "alarm": "fish-complain"}


def test_every_reader_is_asked_once() -> None:
    """As few calls as possible, whatever the number of gates and their kinds."""
    asked: list[list[str]] = []

    class Counting:
        def __init__(self, reader: Any) -> None:
            self._reader = reader

        def read(self, gates: Any, situations: Any) -> Any:
            asked.append([gate.name for gate in gates])
            return self._reader.read(gates, situations)

    bench = Bench()
    bench.reach(Phase.PREPARED)
    record = bench.record.model_copy(
        update={"plan": plan(gates=[CROAKING, BURROWS, SPLASHING, DENS])}
    )
    readers = bench.ports.readers
    counting = {id(reader): Counting(reader) for reader in readers.values()}
    bench.ports.readers = {
        kind: counting[id(reader)] for kind, reader in readers.items()
    }

    observe(bench.ports, record, bench.clock.now())

    assert [
        ["croaking", "splashing", "watchdog"],
        ["capacity"],
        ["dns_settled"],
        ["line"],
        ["burrows", "dens"],
        ["weights"],
    ] == asked


def test_a_gate_that_its_reader_forgets_is_unreadable_and_waits() -> None:
    """Silence is no good news, and no mistake that would stop the other gates."""

    class Forgetful:
        def __init__(self, reader: Any) -> None:
            self._reader = reader

        def read(self, gates: Any, situations: Any) -> Any:
            told = self._reader.read(gates, situations)
            return {gate: seen for gate, seen in told.items() if gate != "croaking"}

    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    now = bench.clock.now()
    readers = bench.ports.readers
    bench.ports.readers = {**readers, "alarm": Forgetful(readers["alarm"])}

    seen = observe(bench.ports, bench.record, now)
    waiting = {
        judged.gate
        for judged in judge(bench.record, seen, now)
        if judged.verdict is not Verdict.PASS
    }

    assert seen["croaking"] == Unreadable("no answer")
    assert waiting == {"croaking"}


def test_gates_are_judged_in_the_order_of_the_plan() -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    now = bench.clock.now()

    judged = judge(bench.record, observe(bench.ports, bench.record, now), now)

    assert [
        (gate, Verdict.PASS)
        for gate in (
            *STANDING,
            "croaking",
            "burrows",
        )
    ] == [(judgement.gate, judgement.verdict) for judgement in judged]


def test_edges_that_nobody_read_are_unreadable_each() -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    seen = {"weights": Unreadable("no answer")}

    assert dict.fromkeys(EDGE_NAMES, Found.UNREADABLE) == find(
        bench.record, seen, bench.clock.now()
    )


def test_an_edge_is_unable_where_only_another_lane_can_serve() -> None:
    bench = Bench()
    assert () == unable_edges(bench.ports)
    for edge in EDGE_NAMES:
        bench.river.set_targets(Lane.BLUE, edge, healthy=0, registered=2)
    assert EDGE_NAMES == unable_edges(bench.ports)
    bench.river.set_targets(Lane.GREEN, "edge-1", healthy=0)
    assert EDGE_NAMES == unable_edges(bench.ports), "the canary is left"
    bench.river.set_targets(Lane.CANARY, "edge-1", healthy=0)
    assert ("edge-2",) == unable_edges(bench.ports)
    bench.river.breaks("targets")
    assert () == unable_edges(bench.ports)
