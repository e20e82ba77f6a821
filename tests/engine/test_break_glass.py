"""Without the record edges can be made all blue, and what is unknown is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shifter.adapters.memory.store import MemoryStore
from shifter.core.edges import EdgeState
from shifter.core.errors import (
    AwsError,
    Denied,
    NotFound,
    Refused,
    UnreadableRecord,
)
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Lane, Weights
from shifter.core.notice import Severity
from shifter.core.phases import Phase
from shifter.core.topology import Topology
from shifter.engine import control
from shifter.engine.break_glass import UNDER_WAY, Report, break_glass
from shifter.engine.roll_back import go_back
from tests.engine.bench import EDGE_NAMES, OTTERS, Bench, topology_document

BLUE = dict.fromkeys(EDGE_NAMES, "1/0/0")
DENIED = Denied("Query", "environment riverbank", "KMSInvalidStateException")


class _BrokenStore(MemoryStore):
    """A table that cannot be used."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def environment(self, name: str) -> Any:
        raise self._error

    load = save = journal = environment  # type: ignore[assignment]


def _broken(error: Exception = DENIED) -> Bench:
    """A cutover bakes, and its table has just become unusable."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    bench.ports.store = _BrokenStore(error)
    bench.river.effects.clear()
    return bench


def _break(bench: Bench, environment: str = "riverbank") -> Report:
    return break_glass(environment, bench.ports, by="Fern", reason="the key is gone")


@pytest.mark.parametrize(
    "error",
    [
        DENIED,
        UnreadableRecord("written by another version"),
        NotFound("there is no cutover otters-1"),
        RuntimeError("whatever it is"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_edge_is_made_all_blue(error: Exception) -> None:
    bench = _broken(error)

    report = _break(bench)

    assert BLUE == bench.river.shows()
    assert (
        Report(
            environment="riverbank",
            edges=dict.fromkeys(EDGE_NAMES, "all blue"),
            verified=True,
            look_again_at=bench.clock.now() + timedelta(seconds=30),
        )
        == report
    )


def test_what_an_edge_has_beside_its_weights_is_kept_and_stickiness_ends() -> None:
    bench = _broken()
    bench.river.edges["edge-1"] = EdgeState(
        weights=Weights(blue=1, green=1), stickiness_seconds=60, other_actions="[7]"
    )

    _break(bench)

    shown = bench.river.edges["edge-1"]
    assert isinstance(shown, EdgeState)
    assert (None, "[7]") == (shown.stickiness_seconds, shown.other_actions)


def test_people_are_paged_with_who_and_why() -> None:
    bench = _broken()

    _break(bench)

    notice = bench.notices[-1]
    assert Severity.PAGE is notice.severity
    assert (
        "Fern broke the glass: the key is gone (the record cannot be read: Denied: "
        "Query on environment riverbank: KMSInvalidStateException). "
        "Now edge-1: all blue; edge-2: all blue. A write of a cutover may still land "
        f"until {bench.clock.now() + UNDER_WAY:%H:%M:%S} UTC: order it once more then"
    ) == notice.reason


def test_a_page_that_cannot_be_sent_does_not_matter() -> None:
    bench = _broken()
    bench.notifier.broken = DENIED

    assert _break(bench).verified


def test_an_edge_that_refuses_does_not_keep_the_other() -> None:
    bench = _broken()
    bench.river.refused.add("write edge-1")

    report = _break(bench)

    assert not report.verified
    assert (
        "shows blue 50 %, green 50 % (Change on write edge-1" in report.edges["edge-1"]
    )
    assert "all blue" == report.edges["edge-2"]


def test_an_edge_that_cannot_be_read_is_not_written() -> None:
    """Nobody knows which other actions its rule has."""
    bench = _broken()
    bench.river.edges["edge-1"] = Unreadable("AccessDenied")

    report = _break(bench)

    assert "write edge-1" not in bench.river.effects
    assert (False, "cannot be read: AccessDenied") == (
        report.verified,
        report.edges["edge-1"],
    )


def test_where_blue_cannot_serve_the_edge_is_not_written() -> None:
    bench = _broken()
    bench.river.targets[Lane.BLUE]["edge-2"] = (0, 2)

    report = _break(bench)

    assert "write edge-2" not in bench.river.effects
    assert "not written" in report.edges["edge-2"]


def test_once_more_mends_what_landed_late() -> None:
    bench = _broken()
    bench.wait_until(_break(bench).look_again_at)
    bench.river.edit("edge-1", blue=1, green=1)

    assert _break(bench).verified
    assert BLUE == bench.river.shows()


USABLE = f"the record of {OTTERS} can be read and saved, and it is BAKING"


def test_while_the_record_can_be_used_it_is_refused() -> None:
    """The journal tells who wanted to; nothing else is done."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    bench.river.effects.clear()
    shown, length = bench.river.shows(), len(bench.journal)

    with pytest.raises(Refused, match=USABLE):
        _break(bench)

    assert (["save"], shown) == (bench.river.effects, bench.river.shows())
    assert [("Fern", "break_glass", "refused")] == bench.told(length)
    assert "the key is gone" == bench.journal[-1].reason


def test_a_record_that_can_be_read_and_not_saved_does_not_keep_it_from_working() -> (
    None
):
    """Nobody can go back with it: each way back begins with a save."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    bench.river.refused.add("save")
    with pytest.raises(AwsError):
        go_back(bench.record, bench.ports, actor="Fern", reason="a heron")

    report = _break(bench)

    assert (True, BLUE) == (report.verified, bench.river.shows())
    assert "(the record cannot be saved: " in bench.notices[-1].reason


def test_a_record_that_somebody_else_saves_at_the_same_moment_can_be_used() -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    shown = bench.river.shows()

    def pause() -> None:
        control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")

    bench.river.before("save", pause)

    with pytest.raises(Refused, match=USABLE):
        _break(bench)
    assert shown == bench.river.shows()


def test_a_record_whose_lock_is_gone_can_be_used() -> None:
    """Going back needs no lock."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    bench.store.locks.clear()

    with pytest.raises(Refused, match=USABLE):
        _break(bench)


def test_where_no_cutover_is_active_it_may_be_done() -> None:
    """Somebody may have lost the record, or moved weights by hand."""
    bench = Bench()
    bench.river.edit("edge-1", green=1)

    assert _break(bench).verified
    assert BLUE == bench.river.shows()


def test_a_record_that_is_gone_does_not_keep_it_from_working() -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    del bench.store.records[OTTERS]

    assert _break(bench).verified


def test_another_environment_is_refused() -> None:
    bench = _broken()

    with pytest.raises(Refused, match="lakeside: this Shifter moves riverbank"):
        _break(bench, "lakeside")
    assert [] == bench.river.effects


def test_where_databases_are_fenced_it_is_refused() -> None:
    """Traffic on a fenced blue would be an outage."""
    fenced = Topology.model_validate(topology_document() | {"database": "fenced"})
    bench = Bench(fenced)

    with pytest.raises(Refused, match="fenced database"):
        _break(bench)
    assert [] == bench.river.effects
