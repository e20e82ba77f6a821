"""For a day after its end a cutover is looked after; nothing ever raises a share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.edges import EdgeState
from shifter.core.errors import Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import ALL_BLUE, Lane, Weights
from shifter.core.phases import Phase
from shifter.engine import control
from shifter.engine.afterwards import WATCHED
from shifter.engine.finish import finish
from shifter.engine.watchdog import UNSEEN, watch
from tests.engine.bench import EDGE_NAMES, OTTERS, Bench

SECOND = timedelta(seconds=1)
BLUE = dict.fromkeys(EDGE_NAMES, "1/0/0")
GREEN = dict.fromkeys(EDGE_NAMES, "0/0/1")


def _rolled_back(*, proven: bool = True) -> Bench:
    """A cutover that was aborted at its first step."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    if proven:
        bench.finish_all(directive)
    else:
        bench.go_on(directive, lambda record: record.phase is Phase.ROLLED_BACK)
    bench.river.effects.clear()
    return bench


def _completed() -> Bench:
    bench = Bench()
    bench.finish_all(bench.start())
    assert bench.record.phase is Phase.COMPLETED
    bench.river.effects.clear()
    return bench


def _watch(bench: Bench, minutes: int = 1) -> None:
    for _ in range(minutes):
        bench.wait(minutes=1)
        assert watch(bench.ports) is None


@pytest.mark.parametrize("end", [_rolled_back, _completed])
def test_where_nothing_has_changed_nothing_is_done(end: type[Bench]) -> None:
    bench = end()
    before = bench.record

    _watch(bench, minutes=10)

    assert (before, []) == (bench.record, bench.river.effects)


@pytest.mark.parametrize("edge", EDGE_NAMES)
def test_a_weight_that_appears_after_a_rollback_is_taken_back(edge: str) -> None:
    """It may be a write that was on its way for an hour; nothing could fence it."""
    bench = _rolled_back()
    pages, length = len(bench.pages), len(bench.journal)
    bench.river.edit(edge, blue=95, green=5)

    _watch(bench)

    assert BLUE == bench.river.shows()
    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)
    assert [
        f"{edge} shows blue 95 %, green 5 % after the end: making it all blue again"
    ] == bench.pages[pages:]
    assert [
        ("watchdog", "roll_back", "weights_after_end"),
        ("watchdog", "verify", "weights_after_end"),
        ("notifier", "notify", "outbox"),
    ] == bench.told(length)


def test_what_is_found_is_saved_before_it_is_mended_and_told_after_it() -> None:
    """Whoever dies in between has told; and no page keeps blue waiting."""
    bench = _rolled_back()
    bench.river.edit("edge-1", blue=95, green=5)

    _watch(bench)

    assert ["save", "write edge-1", "save", "send", "save"] == bench.river.effects


def test_what_was_found_is_told_by_the_next_who_looks() -> None:
    """The first one died before it had written anything."""
    bench = _rolled_back()
    bench.river.edit("edge-1", blue=95, green=5)
    bench.river.before("write edge-1", _die)
    with pytest.raises(RuntimeError, match="killed"):
        watch(bench.ports)
    pages = len(bench.pages)

    _watch(bench)

    assert (BLUE, 1) == (bench.river.shows(), len(bench.pages[pages:]))


def _die() -> None:
    raise RuntimeError("killed")


@pytest.mark.parametrize(
    "weights",
    [Weights(canary=1), Weights(blue=1, other=1), Weights()],
    ids=str,
)
def test_whatever_an_edge_has_beside_its_weights_is_kept(weights: Weights) -> None:
    """As it is now: within a day a deployment may have changed the rule."""
    bench = _rolled_back()
    bench.river.edges["edge-1"] = EdgeState(
        weights=weights, stickiness_seconds=60, other_actions='[{"oidc":1}]'
    )

    _watch(bench)

    assert (
        EdgeState(weights=ALL_BLUE.weights(), other_actions='[{"oidc":1}]')
        == bench.river.edges["edge-1"]
    )


def test_what_was_proven_is_proven_anew() -> None:
    """Requests have reached green since: the old proof says nothing any more."""
    bench = _rolled_back()
    first = bench.record.proof
    bench.river.edit("edge-1", blue=1, green=1)
    _watch(bench)
    mended = bench.record
    _watch(bench, minutes=12)

    proof = bench.record.proof
    assert proof is not None
    assert first is not None
    assert (None, True, True) == (mended.proof, proof.safe, proof.at > first.at)
    assert ("watchdog", "prove", "proven_safe") in bench.told()


def test_the_same_thing_pages_once_and_is_undone_each_time() -> None:
    bench = _rolled_back()
    pages = len(bench.pages)
    for _ in range(3):
        bench.river.edit("edge-1", blue=95, green=5)
        _watch(bench)
        assert BLUE == bench.river.shows()

    assert 1 == len(bench.pages[pages:])


def test_when_all_is_right_again_the_next_time_pages_again() -> None:
    bench = _rolled_back()
    pages = len(bench.pages)
    for _ in range(2):
        bench.river.edit("edge-1", blue=95, green=5)
        _watch(bench, minutes=2)

    assert 2 == len(bench.pages[pages:])
    assert "every edge is right again" == bench.notices[-1].reason


def test_an_edge_that_cannot_be_taken_back_is_tried_again() -> None:
    bench = _rolled_back()
    bench.river.edit("edge-2", green=1)
    bench.river.refused.add("write edge-2")
    _watch(bench)
    assert "not all blue yet: edge-2 shows green 100 % (Change on" in bench.pages[-1]
    pages = len(bench.pages)
    _watch(bench)
    assert pages == len(bench.pages)

    bench.river.mend()
    _watch(bench)

    assert BLUE == bench.river.shows()


def test_where_blue_cannot_serve_no_edge_is_taken_back() -> None:
    bench = _rolled_back()
    bench.river.edit("edge-1", green=1)
    bench.river.targets[Lane.BLUE]["edge-1"] = (0, 2)

    _watch(bench)

    assert "0/0/1" == bench.river.shows()["edge-1"]
    assert "not written: blue has no healthy target there" in bench.pages[-1]


def test_stickiness_after_the_end_is_the_owner_s_business() -> None:
    bench = _rolled_back()
    before = bench.record
    bench.river.edges["edge-1"] = EdgeState(
        weights=ALL_BLUE.weights(), stickiness_seconds=60
    )

    _watch(bench)

    assert before == bench.record


def test_after_a_completion_people_are_told_and_nothing_is_written() -> None:
    """Nobody but a shift ever raises a share, and going back is a decision."""
    bench = _completed()
    bench.river.edges["edge-1"] = EdgeState(weights=Weights(blue=1))

    _watch(bench, minutes=3)

    assert GREEN | {"edge-1": "1/0/0"} == bench.river.shows()
    told = "edge-1 shows blue 100 % after the end"
    assert [f"{told}: nobody but a shift may raise a share"] == bench.pages
    assert not [e for e in bench.river.effects if e.startswith("write")]

    bench.river.edges["edge-1"] = bench.river.edges["edge-2"]
    _watch(bench, minutes=3)

    assert "every edge is right again" == bench.notices[-1].reason


def test_what_was_told_after_a_completion_is_sent_until_it_has_arrived() -> None:
    """Whoever found it may have died before it was sent."""
    bench = _completed()
    bench.river.edges["edge-1"] = EdgeState(weights=Weights(blue=1))
    bench.river.refused.add("send")
    _watch(bench)
    assert [] == bench.pages
    bench.river.mend()

    _watch(bench, minutes=3)

    assert 1 == len(bench.pages)


@pytest.mark.parametrize("end", [_rolled_back, _completed])
def test_a_watchdog_that_cannot_look_is_silent(end: type[Bench]) -> None:
    """Then its heartbeat is missing, and the alarm on it pages."""
    bench = end()
    bench.river.edges["edge-1"] = Unreadable("AccessDenied")

    with pytest.raises(Unavailable, match="read on edge-1: AccessDenied"):
        _watch(bench)
    assert [] == bench.river.effects


def test_an_edge_that_can_be_read_is_taken_back_all_the_same() -> None:
    bench = _rolled_back()
    pages = len(bench.pages)
    bench.river.edges["edge-1"] = Unreadable("AccessDenied")
    bench.river.edit("edge-2", blue=95, green=5)

    with pytest.raises(Unavailable):
        _watch(bench)

    assert ("1/0/0", 1) == (bench.river.shows()["edge-2"], len(bench.pages[pages:]))


def test_who_saves_at_the_same_moment_is_looked_at_a_minute_later() -> None:
    bench = _rolled_back()
    bench.river.edit("edge-1", blue=95, green=5)

    def somebody() -> None:
        newer = {"version": bench.record.version + 1}
        bench.store.records[OTTERS] = bench.record.model_copy(update=newer)

    bench.river.before("save", somebody)

    assert watch(bench.ports) is None
    assert ["save"] == bench.river.effects


def test_after_a_day_it_is_over() -> None:
    assert timedelta(hours=24) == WATCHED, "as the runbook says"
    bench = _rolled_back()
    ended = bench.record.ended_at
    assert ended is not None
    bench.river.edit("edge-1", blue=95, green=5)

    bench.wait_until(ended + WATCHED + SECOND)
    _watch(bench)

    assert "95/0/5" == bench.river.shows()["edge-1"]


def test_another_cutover_takes_the_place_of_the_last() -> None:
    """Weights that it shifts are not taken back for the sake of the one before."""
    bench = _rolled_back()
    before = bench.record
    bench.store.latest["riverbank"] = "voles-1"
    bench.store.records["voles-1"] = before.model_copy(
        update={
            "cutover_id": "voles-1",
            "phase": Phase.BAKING,
            "step": 1,
            "look_again_at": bench.clock.now() + WATCHED,
        }
    )
    bench.river.edit("edge-1", blue=95, green=5)

    _watch(bench)

    assert before == bench.record
    assert "95/0/5" == bench.river.shows()["edge-1"]


def test_a_cutover_that_begins_between_two_looks_is_not_touched() -> None:
    """It may have shifted meanwhile."""
    bench = _rolled_back()

    def begin() -> None:
        bench.store.latest["riverbank"] = "voles-1"
        bench.river.edit("edge-1", blue=95, green=5)

    bench.river.before("edges", begin)

    _watch(bench)

    assert ([], "95/0/5") == (bench.river.effects, bench.river.shows()["edge-1"])


# --- the proof ------------------------------------------------------------------------


def test_a_proof_that_nobody_looks_for_is_looked_for() -> None:
    """After a rollback by the watchdog there is no execution that does."""
    bench = _rolled_back(proven=False)

    _watch(bench, minutes=10)

    assert bench.record.proof is not None
    assert bench.record.proof.safe
    assert ("watchdog", "prove", "proven_safe") in bench.told()


def test_a_proof_that_an_execution_looks_for_is_left_to_it() -> None:
    bench = _rolled_back(proven=False)
    bench.wait_until(bench.record.look_again_at + UNSEEN)

    assert watch(bench.ports) is None
    assert bench.record.proof is None


def test_weights_come_before_the_proof() -> None:
    """While nobody drives, too: nothing is proven before all is blue again."""
    bench = _rolled_back(proven=False)
    bench.wait_until(bench.record.look_again_at + UNSEEN)
    bench.river.edit("edge-1", blue=95, green=5)

    _watch(bench)

    assert (BLUE, None) == (bench.river.shows(), bench.record.proof)


def test_what_is_not_proven_in_time_is_paged_by_the_watchdog_too() -> None:
    bench = _rolled_back(proven=False)
    pages = len(bench.pages)
    bench.river.breaks("traffic")

    _watch(bench, minutes=20)

    assert bench.record.proof is not None
    assert (False, 1) == (bench.record.proof.safe, len(bench.pages[pages:]))


def test_both_may_look_for_the_proof() -> None:
    bench = _rolled_back(proven=False)
    bench.wait(minutes=10)

    bench.river.before("save", lambda: finish(bench.now(), bench.ports))
    watch(bench.ports)

    assert 1 == [entry.action for entry in bench.journal].count("prove")


def test_a_notice_of_the_end_that_was_not_sent_is_sent() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.river.refused.add("send")
    bench.finish_all(directive)
    assert bench.record.outbox
    bench.river.mend()
    bench.wait_until(bench.record.look_again_at + UNSEEN + SECOND)

    _watch(bench)

    assert () == bench.record.outbox
