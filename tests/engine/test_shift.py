from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import DnsChange, DnsState, EdgeState
from shifter.core.errors import (
    AwsError,
    ClaimExpired,
    Conflict,
    LaneUnhealthy,
    NotFound,
    NotVerified,
    Throttled,
    Unavailable,
)
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Lane, Weights
from shifter.core.phases import Phase
from shifter.core.record import WRITE_SECONDS, Claim, Record
from shifter.engine import control
from shifter.engine.saving import EVENTS_PER_VERB
from shifter.engine.shift import shift
from tests.core.examples import plan
from tests.engine.bench import BURROWS, CROAKING, EDGE_NAMES, OTTERS, Bench

BEFORE = dict.fromkeys(EDGE_NAMES, "1/0/0")
FIRST = dict.fromkeys(EDGE_NAMES, "19/0/1")
SECOND = dict.fromkeys(EDGE_NAMES, "1/0/1")
CLAIM = timedelta(seconds=WRITE_SECONDS)
AN_INSTANT = timedelta(microseconds=1)


def _intended(step: int = 1) -> tuple[Bench, Directive]:
    """A bench on which a step is intended and nothing of it was done."""
    bench = Bench()
    directive = bench.reach(Phase.SHIFTING, step)
    bench.river.effects.clear()
    return bench, directive


# --- what it does ---------------------------------------------------------------------


def test_it_claims_then_writes_then_saves_the_fact() -> None:
    bench, directive = _intended()
    before, now = bench.record, bench.clock.now()

    following = shift(directive, bench.ports)

    assert ["save", "write edge-1", "write edge-2", "save", "send", "save"] == (
        bench.river.effects
    )
    assert FIRST == bench.river.shows()
    assert (
        before.model_copy(
            update={
                "phase": Phase.BAKING,
                "version": before.version + 3,
                "claim": Claim(version=before.version + 1, until=now + CLAIM),
                "settled_at": now,
                "reason": "every edge shows blue 95 %, green 5 %",
                "look_again_at": now + SOONEST,
                "history_events": before.history_events + EVENTS_PER_VERB,
                "journal_length": before.journal_length + 3,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert bench.now(Next.HOLD).model_copy(update={"until": now + SOONEST}) == following


def test_it_tells_why_in_the_journal() -> None:
    bench, directive = _intended()
    length, now = len(bench.journal), bench.clock.now()

    shift(directive, bench.ports)

    assert [
        f"may write 5 % until {(now + CLAIM).isoformat()}",
        "every edge shows blue 95 %, green 5 %",
        "1 sent: riverbank: BAKING, step 1 of 3",
    ] == [entry.reason for entry in bench.journal[length:]]
    assert [
        ("shift", "claim", "before_writing"),
        ("shift", "settle", "read_back"),
        ("notifier", "notify", "outbox"),
    ] == bench.told(length)


def test_it_never_moves_the_step() -> None:
    """Whoever acts repeats an effect after a crash, and never skips an assessment."""
    bench, directive = _intended(2)

    shift(directive, bench.ports)

    assert (Phase.BAKING, 2) == (bench.record.phase, bench.record.step)
    assert {2} == {entry.step for entry in bench.journal if entry.actor == "shift"} - {
        1
    }


def test_it_keeps_stickiness_and_other_actions() -> None:
    """Clients that are signed in stay signed in, and stay where they are."""
    bench = Bench()
    bench.river.edges["edge-1"] = EdgeState(
        weights=Weights(blue=1), stickiness_seconds=60, other_actions='[{"oidc":1}]'
    )
    bench.reach(Phase.BAKING, 1)

    assert {
        "edge-1": EdgeState(
            weights=Weights(blue=19, green=1),
            stickiness_seconds=60,
            other_actions='[{"oidc":1}]',
        ),
        "edge-2": EdgeState(weights=Weights(blue=19, green=1)),
    } == bench.river.edges


def test_what_was_learnt_about_the_step_before_is_forgotten() -> None:
    """A new step is judged by what happens at it."""
    counted = {"kind": "sufficiency", "name": "headcount", "minimum_requests": 50}
    bench = Bench()
    directive = bench.reach(
        Phase.SHIFTING, 2, plan=plan(gates=[CROAKING, BURROWS, counted])
    )
    assert {"headcount"} == set(bench.record.memories)
    bench.river.refused.add("write edge-1")
    directive = bench.follow(directive)
    bench.river.refused.clear()
    assert 1 == bench.record.failures

    bench.go_on(directive, lambda record: record.phase is Phase.BAKING)

    record = bench.record
    assert ({}, {}, {}, 0) == (
        record.memories,
        record.waiting,
        record.adopted,
        record.failures,
    )


# --- DNS ------------------------------------------------------------------------------


def test_dns_is_written_after_the_edges_and_only_where_the_step_changes_it() -> None:
    """The share at the edges is a bound that no answer of DNS can exceed."""
    bench = Bench()
    told: dict[int, list[str]] = {}
    for step in (1, 2, 3):
        directive = bench.reach(Phase.SHIFTING, step)
        bench.river.effects.clear()
        bench.follow(directive)
        told[step] = [e for e in bench.river.effects if e.startswith("write")]

    edges = ["write edge-1", "write edge-2"]
    assert {1: edges, 2: [*edges, "write dns"], 3: edges} == told


def test_a_dns_change_is_kept_until_the_next_one() -> None:
    bench, directive = _intended(2)
    now = bench.clock.now()

    shift(directive, bench.ports)

    assert DnsChange(id="change-1", at=now) == bench.record.dns_change
    bench.reach(Phase.BAKING, 3)
    assert bench.record.dns_change is not None
    assert ("change-1", 1) == (
        bench.record.dns_change.id,
        len(bench.river.dns_changes),
    )


def test_a_dns_share_that_was_there_before_is_not_written() -> None:
    """The first step names the share that prepare found."""
    bench = Bench()
    bench.river.dns = DnsState({"edge-1": 3, "edge-2": 3}, ttl_seconds=60)
    bench.reach(
        Phase.BAKING,
        1,
        plan=plan(
            steps=[
                {"share": "5 %", "dns_share": "50 %", "bake": "10m"},
                {"share": "100 %"},
            ],
            gates=[CROAKING],
        ),
    )

    assert (500, None) == (bench.record.dns_share, bench.record.dns_change)
    assert "write dns" not in bench.river.effects


@pytest.mark.parametrize("trouble", ["refused", "lost"])
def test_dns_that_fails_leaves_the_step_unsettled_and_is_tried_again(
    trouble: str,
) -> None:
    bench, directive = _intended(2)
    getattr(bench.river, trouble).add("write dns")

    with pytest.raises(AwsError):
        shift(directive, bench.ports)

    assert (Phase.SHIFTING, None) == (bench.record.phase, bench.record.settled_at)
    getattr(bench.river, trouble).clear()
    shift(directive, bench.ports)
    assert (Phase.BAKING, SECOND) == (bench.record.phase, bench.river.shows())
    assert bench.river.dns is not None
    assert 500 == bench.river.dns.share()


# --- the claim ------------------------------------------------------------------------


def test_nothing_is_written_without_a_claim() -> None:
    bench, directive = _intended()
    bench.river.refused.add("save")

    with pytest.raises(Throttled):
        shift(directive, bench.ports)

    assert (["save"], BEFORE) == (bench.river.effects, bench.river.shows())


def test_an_order_that_comes_before_the_claim_stops_it() -> None:
    """The claim is a conditional save: whoever saved first wins."""
    bench, directive = _intended()

    def abort() -> None:
        control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")

    bench.river.before("save", abort)

    with pytest.raises(Conflict):
        shift(directive, bench.ports)

    assert BEFORE == bench.river.shows()


def test_it_stops_between_two_edges_when_the_claim_is_over() -> None:
    """A write that comes late could land after somebody has gone back."""
    bench, directive = _intended()
    until = bench.clock.now() + CLAIM
    bench.river.after("write edge-1", lambda: bench.clock.advance(CLAIM))

    with pytest.raises(ClaimExpired) as over:
        shift(directive, bench.ports)

    assert f"the claim to write ended at {until.isoformat()}: assess again" == str(
        over.value
    )
    assert ["save", "write edge-1"] == bench.river.effects
    assert {"edge-1": "19/0/1", "edge-2": "1/0/0"} == bench.river.shows()
    assert Phase.SHIFTING is bench.record.phase


def test_a_slow_look_before_the_first_write_uses_up_the_claim() -> None:
    bench, directive = _intended()
    bench.river.after("edges", lambda: bench.clock.advance(CLAIM))

    with pytest.raises(ClaimExpired):
        shift(directive, bench.ports)

    assert (["save"], BEFORE) == (bench.river.effects, bench.river.shows())


def test_it_may_write_until_the_very_end_of_the_claim() -> None:
    bench, directive = _intended()
    bench.river.after("write edge-1", lambda: bench.clock.advance(CLAIM - AN_INSTANT))

    shift(directive, bench.ports)

    assert (Phase.BAKING, FIRST) == (bench.record.phase, bench.river.shows())


def test_what_an_expired_claim_left_half_done_is_done_under_a_new_one() -> None:
    """The version is that of the decision, so the directive is still good."""
    bench, directive = _intended()
    bench.river.after("write edge-1", lambda: bench.clock.advance(CLAIM))
    with pytest.raises(ClaimExpired):
        shift(directive, bench.ports)
    first = bench.record.claim
    assert first is not None

    shift(directive, bench.ports)

    assert (
        Claim(version=first.version + 1, until=first.until + CLAIM)
        == bench.record.claim
    )
    assert (Phase.BAKING, FIRST) == (bench.record.phase, bench.river.shows())


def test_a_claim_never_ends_before_an_earlier_one() -> None:
    """Two functions have two clocks; the end counts for both."""
    bench, directive = _intended()
    bench.river.refused.add("write edge-1")
    with pytest.raises(NotVerified):
        shift(directive, bench.ports)
    first = bench.record.claim
    assert first is not None
    bench.wait(seconds=-5)

    with pytest.raises(NotVerified):
        shift(directive, bench.ports)

    second = bench.record.claim
    assert second is not None
    assert (first.version + 1, first.until) == (second.version, second.until)


# --- a lane that cannot serve ---------------------------------------------------------


@pytest.mark.parametrize("edge", EDGE_NAMES)
def test_no_lane_without_a_healthy_target_is_raised(edge: str) -> None:
    """One edge is enough to stop both."""
    bench, directive = _intended()
    bench.river.set_targets(Lane.GREEN, edge, healthy=0, registered=2)

    with pytest.raises(LaneUnhealthy) as refused:
        shift(directive, bench.ports)

    assert f"{edge} has no healthy green target: green stays as it is" == str(
        refused.value
    )
    assert (["save"], BEFORE) == (bench.river.effects, bench.river.shows())


def test_a_lane_that_nobody_counted_is_not_raised() -> None:
    bench, directive = _intended()
    bench.river.targets.pop(Lane.GREEN)

    with pytest.raises(LaneUnhealthy, match="edge-1 has no healthy green target"):
        shift(directive, bench.ports)

    assert BEFORE == bench.river.shows()


def test_health_that_cannot_be_read_raises_nothing() -> None:
    bench, directive = _intended()
    bench.river.breaks("targets")

    with pytest.raises(Throttled):
        shift(directive, bench.ports)

    assert BEFORE == bench.river.shows()


def test_an_edge_that_shows_the_step_already_needs_no_health() -> None:
    """Nothing is raised there; a settled fact must not wait for a sick target."""
    bench, directive = _intended()
    for edge in EDGE_NAMES:
        bench.river.edit(edge, blue=19, green=1)
    bench.river.breaks("targets")

    shift(directive, bench.ports)

    assert Phase.BAKING is bench.record.phase


# --- what somebody else did -----------------------------------------------------------


@pytest.mark.parametrize(
    "weights",
    [
        {"blue": 7, "green": 3},
        {"blue": 98, "green": 2},
        {"blue": 19, "canary": 1},
        {"blue": 19, "other": 1},
        {"blue": 0},
    ],
    ids=["above", "different", "another lane", "no lane of ours", "all zero"],
)
def test_an_edge_that_somebody_edited_is_left_to_the_next_assessment(
    weights: dict[str, int],
) -> None:
    """A hand on the weights in the moment before the write is not overruled."""
    bench, directive = _intended()
    bench.river.edit("edge-2", **weights)
    shown = bench.river.shows()

    following = shift(directive, bench.ports)

    assert (bench.now(), ["save"], shown) == (
        following,
        bench.river.effects,
        bench.river.shows(),
    )
    assert Phase.SHIFTING is bench.record.phase


def test_weights_that_were_adopted_are_known_and_written() -> None:
    """Resuming makes the edges the step's again."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 2)
    bench.river.edit("edge-2", blue=9, green=1)
    directive = bench.go_on(directive, lambda record: bool(record.adopted))
    control.resume(OTTERS, bench.ports, by="Fern", reason="it was a log")

    bench.go_on(directive, lambda record: not record.adopted)

    assert (Phase.BAKING, 2, SECOND) == (
        bench.record.phase,
        bench.record.step,
        bench.river.shows(),
    )


def test_an_edge_that_cannot_be_read_is_not_written() -> None:
    bench, directive = _intended()
    bench.river.edges["edge-2"] = Unreadable("AccessDenied")

    with pytest.raises(NotVerified) as wrong:
        shift(directive, bench.ports)

    assert "edge-2 cannot be read: AccessDenied" == str(wrong.value)
    assert ["save"] == bench.river.effects


# --- reading back ---------------------------------------------------------------------


def test_an_edge_that_shows_something_else_is_not_settled() -> None:
    """A record never says settled when the read-back differed."""
    bench, directive = _intended()
    bench.river.after(
        "write edge-2", lambda: bench.river.edit("edge-1", blue=3, green=1)
    )

    with pytest.raises(NotVerified) as wrong:
        shift(directive, bench.ports)

    assert "edge-1 shows blue 75 %, green 25 %, not blue 95 %, green 5 %" == str(
        wrong.value
    )
    assert (Phase.SHIFTING, None) == (bench.record.phase, bench.record.settled_at)


def test_an_edge_that_refused_the_write_is_told_with_the_reason() -> None:
    bench, directive = _intended()
    bench.river.refused.add("write edge-2")

    with pytest.raises(NotVerified) as wrong:
        shift(directive, bench.ports)

    assert (
        "edge-2 shows blue 100 %, not blue 95 %, green 5 % "
        "(Change on write edge-2: Rate exceeded)" == str(wrong.value)
    )
    assert {"edge-1": "19/0/1", "edge-2": "1/0/0"} == bench.river.shows()


def test_an_edge_that_cannot_be_read_back_is_not_settled() -> None:
    bench, directive = _intended()

    def blind() -> None:
        bench.river.edges["edge-2"] = Unreadable("no answer")

    bench.river.after("write edge-2", blind)

    with pytest.raises(NotVerified, match="edge-2 cannot be read: no answer"):
        shift(directive, bench.ports)

    assert Phase.SHIFTING is bench.record.phase


def test_a_write_whose_answer_was_lost_settles_when_it_is_read_back() -> None:
    """What the edges show decides, not what a call said."""
    bench, directive = _intended()
    bench.river.lost.add("write edge-1")

    shift(directive, bench.ports)

    assert (Phase.BAKING, FIRST) == (bench.record.phase, bench.river.shows())


# --- again, and too late --------------------------------------------------------------


def test_a_second_run_of_a_settled_directive_changes_nothing() -> None:
    bench, directive = _intended()
    shift(directive, bench.ports)
    record = bench.record
    bench.river.effects.clear()

    following = shift(directive, bench.ports)

    assert (bench.now(), record, []) == (
        following,
        bench.record,
        bench.river.effects,
    )


def test_a_fact_whose_save_got_no_answer_is_found_by_the_retry() -> None:
    bench, directive = _intended()
    bench.river.after("write edge-2", lambda: bench.river.lost.add("save"))
    with pytest.raises(Unavailable):
        shift(directive, bench.ports)
    bench.river.lost.clear()
    shown = bench.record

    following = shift(directive, bench.ports)

    assert (Phase.BAKING, bench.now(), shown) == (
        bench.record.phase,
        following,
        bench.record,
    )


def _older(bench: Bench, directive: Directive) -> Directive:
    return directive.model_copy(update={"version": directive.version - 1})


def _aborted(bench: Bench, directive: Directive) -> Directive:
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    return directive


def _paused(bench: Bench, directive: Directive) -> Directive:
    control.pause(OTTERS, bench.ports, by="Fern", reason="lunch")
    return directive


def _going_back(bench: Bench, directive: Directive) -> Directive:
    _aborted(bench, directive)
    bench.follow(bench.now())
    return directive


def _decided_again(bench: Bench, directive: Directive) -> Directive:
    bench.follow(bench.now())
    return directive


@pytest.mark.parametrize(
    "stale",
    [_older, _aborted, _paused, _going_back, _decided_again],
    ids=lambda f: f.__name__,
)
def test_a_stale_directive_does_nothing(
    stale: Callable[[Bench, Directive], Directive],
) -> None:
    bench, directive = _intended()
    directive = stale(bench, directive)
    record = bench.record
    bench.river.effects.clear()

    following = shift(directive, bench.ports)

    assert (bench.now(), record, [], BEFORE) == (
        following,
        bench.record,
        bench.river.effects,
        bench.river.shows(),
    )


def test_the_directive_of_another_execution_does_nothing() -> None:
    bench, directive = _intended()
    record: Record = bench.record
    foreign = directive.model_copy(update={"owner": 2})

    following = shift(foreign, bench.ports)

    assert (
        foreign.model_copy(update={"action": Next.END_SUPERSEDED}),
        record,
        [],
    ) == (following, bench.record, bench.river.effects)


def test_a_cutover_that_does_not_exist_is_told() -> None:
    bench, directive = _intended()
    badgers = directive.model_copy(update={"cutover_id": "badgers-4"})

    with pytest.raises(NotFound) as missing:
        shift(badgers, bench.ports)

    assert "there is no cutover badgers-4: check the id, and the environment" == str(
        missing.value
    )
