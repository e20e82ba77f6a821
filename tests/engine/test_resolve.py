"""A stuck rollback ends in what every edge shows, and in nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.directive import Next
from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import NotFound, Refused
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import ALL_BLUE, Weights
from shifter.core.phases import ENDS, Phase
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.resolve import resolve
from shifter.engine.watchdog import watch
from tests.engine.bench import EDGE_NAMES, OTTERS, Bench

REASON = "mended by hand"
BLUE = EdgeState(weights=ALL_BLUE.weights())
GREEN = EdgeState(weights=Weights(green=1))


@pytest.fixture
def bench() -> Bench:
    """A rollback that is stuck at both edges, and no write is under way any more."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    bench.river.refused.update(f"write {edge}" for edge in EDGE_NAMES)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.go_on(directive, lambda record: record.phase is Phase.ROLLBACK_STUCK)
    bench.wait(minutes=5)
    bench.river.effects.clear()
    return bench


def _resolve(bench: Bench) -> Record:
    return resolve(OTTERS, bench.ports, by="Hazel", reason=REASON)


def _show(bench: Bench, *states: EdgeState | Unreadable) -> None:
    bench.river.edges = dict(zip(EDGE_NAMES, states, strict=True))


def test_all_blue_ends_as_rolled_back(bench: Bench) -> None:
    _show(bench, BLUE, BLUE)
    step = bench.record.step

    done = _resolve(bench)

    assert (Phase.ROLLED_BACK, step, bench.clock.now()) == (
        bench.record.phase,
        bench.record.step,
        bench.record.ended_at,
    )
    assert done == bench.record
    assert bench.holder is None
    assert "release capacity" in bench.river.effects
    assert ("Hazel", "resolve", "ordered") in bench.told()
    assert REASON == bench.notices[-1].reason


def test_all_green_ends_as_completed(bench: Bench) -> None:
    """People have decided to go on by hand."""
    _show(bench, GREEN, GREEN)

    _resolve(bench)

    assert (Phase.COMPLETED, 3, None) == (
        bench.record.phase,
        bench.record.step,
        bench.holder,
    )
    bench.wait(minutes=1)
    assert watch(bench.ports) is None
    assert REASON == bench.notices[-1].reason


def test_the_proof_of_safety_follows(bench: Bench) -> None:
    _show(bench, BLUE, BLUE)
    _resolve(bench)
    for _ in range(10):
        bench.wait(minutes=1)
        watch(bench.ports)

    assert bench.record.proof is not None
    assert bench.record.proof.safe


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ((BLUE, GREEN), "edge-2 shows green 100 %: make every edge all blue"),
        ((GREEN, BLUE), "edge-1 shows green 100 %"),
        ((BLUE, Unreadable("AccessDenied")), "edge-2 cannot be read: AccessDenied"),
        ((GREEN, Unreadable("AccessDenied")), "edge-2 cannot be read: AccessDenied"),
        (
            (BLUE, BLUE.model_copy(update={"stickiness_seconds": 60})),
            "edge-2 still pins clients to a lane",
        ),
        (
            (EdgeState(weights=Weights(blue=95, green=5)),) * 2,
            "edge-1 shows blue 95 %, green 5 %",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_anything_else_is_refused_with_what_was_seen(
    bench: Bench, states: tuple[EdgeState, ...], told: str
) -> None:
    _show(bench, *states)
    before = bench.record

    with pytest.raises(Refused, match=told):
        _resolve(bench)
    assert (before, []) == (bench.record, bench.river.effects)
    assert bench.holder == f"cutover:{OTTERS}"


def test_it_waits_for_writes_that_may_still_land(bench: Bench) -> None:
    _show(bench, BLUE, BLUE)
    claim = bench.record.claim
    assert claim is not None
    late = claim.model_copy(update={"until": bench.clock.now() - timedelta(seconds=10)})
    bench.store.records[OTTERS] = bench.record.model_copy(update={"claim": late})

    with pytest.raises(Refused, match="may still land until"):
        _resolve(bench)
    bench.wait(seconds=1)

    assert Phase.ROLLED_BACK is _resolve(bench).phase


def test_without_a_claim_nothing_can_land(bench: Bench) -> None:
    _show(bench, BLUE, BLUE)
    bench.store.records[OTTERS] = bench.record.model_copy(update={"claim": None})

    assert Phase.ROLLED_BACK is _resolve(bench).phase


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.SHIFTING, Phase.BAKING])
def test_only_a_stuck_rollback_is_resolved(phase: Phase) -> None:
    bench = Bench()
    bench.reach(phase)
    before = bench.record

    with pytest.raises(Refused, match=f"is {phase}: only a stuck rollback"):
        _resolve(bench)
    assert before == bench.record


def test_twice_is_refused_the_second_time(bench: Bench) -> None:
    _show(bench, BLUE, BLUE)
    _resolve(bench)

    with pytest.raises(Refused, match="otters-1 is ROLLED_BACK: only a stuck"):
        _resolve(bench)


def test_blue_that_cannot_scale_in_again_does_not_keep_it_from_ending(
    bench: Bench,
) -> None:
    _show(bench, BLUE, BLUE)
    bench.river.refused.add("release capacity")

    assert Phase.ROLLED_BACK is _resolve(bench).phase

    told = "scaling of blue stays off: Change on release capacity: Rate exceeded"
    assert f"{REASON}; {told}" == bench.pages[-1]


def test_dns_follows_the_edges_back(bench: Bench) -> None:
    """The watchdog writes it: whoever takes orders may not move traffic."""
    bench.river.dns = DnsState(weights={"edge-1": 1, "edge-2": 1}, ttl_seconds=60)
    _show(bench, BLUE, BLUE)

    _resolve(bench)
    assert "write dns" not in bench.river.effects
    for _ in range(10):
        bench.wait(minutes=1)
        watch(bench.ports)

    assert bench.river.dns.share() == bench.record.baseline.dns_share == 0


def test_the_execution_that_still_tries_is_led_to_the_end(bench: Bench) -> None:
    _show(bench, GREEN, GREEN)
    _resolve(bench)

    following = bench.follow(bench.now(Next.ROLL_BACK))

    assert Next.END_COMPLETED is following.action
    assert GREEN == bench.river.edges["edge-1"]


@pytest.mark.parametrize("state", [BLUE, GREEN])
def test_it_needs_no_lock(bench: Bench, state: EdgeState) -> None:
    """Somebody may have deleted it, and another cutover may have begun since."""
    _show(bench, state, state)
    bench.store.latest["riverbank"] = "otters-2"
    del bench.store.locks["riverbank"]

    assert _resolve(bench).phase in ENDS


def test_who_saves_at_the_same_moment_makes_it_look_anew(bench: Bench) -> None:
    """What was seen before is no reason any more."""
    _show(bench, BLUE, BLUE)

    def somebody() -> None:
        newer = {"version": bench.record.version + 1}
        bench.store.records[OTTERS] = bench.record.model_copy(update=newer)
        bench.river.edges["edge-1"] = GREEN

    bench.river.before("save", somebody)

    with pytest.raises(Refused, match="edge-1 shows green 100 %"):
        _resolve(bench)


def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound):
        _resolve(Bench())
