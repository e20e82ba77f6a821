from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import Conflict, NotFound, Throttled, Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import ALL_BLUE, Lane, Weights
from shifter.core.phases import Phase
from shifter.core.record import LATE_SECONDS, WRITE_SECONDS, Rollback
from shifter.core.topology import Topology
from shifter.engine import control
from shifter.engine.finish import provable_at
from shifter.engine.roll_back import GIVE_UP_AFTER, STUCK_AFTER, go_back, roll_back
from shifter.engine.saving import EVENTS_PER_VERB
from shifter.engine.shift import shift
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    EDGE_NAMES,
    OTTERS,
    Bench,
    River,
    topology_document,
)

ASKED = "the state machine asked"
BLUE = dict.fromkeys(EDGE_NAMES, "1/0/0")
FIRST = dict.fromkeys(EDGE_NAMES, "19/0/1")
SECOND = dict.fromkeys(EDGE_NAMES, "1/0/1")
CLAIMED = timedelta(seconds=WRITE_SECONDS)
LATE = timedelta(seconds=LATE_SECONDS)
AN_INSTANT = timedelta(microseconds=1)


def _aborted(step: int = 2) -> tuple[Bench, Directive]:
    """A bench whose cutover was aborted and assessed: going back is intended.

    The step was settled a minute ago, so that no write can be under way.
    """
    bench = Bench()
    bench.reach(Phase.BAKING, step)
    bench.wait(minutes=1)
    return _intended(bench)


def _intended(bench: Bench) -> tuple[Bench, Directive]:
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    directive = bench.follow(bench.now())
    bench.river.effects.clear()
    return bench, directive


def _by_hand(bench: Bench) -> Directive:
    return go_back(bench.record, bench.ports, actor="Fern", reason="a heron")


# --- writing --------------------------------------------------------------------------


def test_it_writes_at_once_and_asks_later() -> None:
    """The first effect of all is the write: the intent was saved by the assessment."""
    bench, directive = _aborted()
    before, now = bench.record, bench.clock.now()

    following = roll_back(directive, bench.ports, ASKED)

    assert ["write edge-1", "write edge-2", "save", "write dns"] == bench.river.effects
    assert BLUE == bench.river.shows()
    assert before.rollback is not None
    assert (
        before.model_copy(
            update={
                "version": before.version + 1,
                "rollback": before.rollback.model_copy(update={"verified_at": now}),
                "look_again_at": now + SOONEST,
                "history_events": before.history_events + EVENTS_PER_VERB,
                "journal_length": before.journal_length + 1,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert (
        bench.now(Next.ROLL_BACK_LATER).model_copy(update={"until": now + SOONEST})
        == following
    )


def test_every_edge_is_made_all_blue_with_its_own_actions_and_without_stickiness() -> (
    None
):
    """No client stays pinned to the lane that is left; nobody has to sign in again."""
    bench = Bench()
    bench.river.edges["edge-1"] = EdgeState(
        weights=Weights(blue=7), stickiness_seconds=60, other_actions='[{"oidc":1}]'
    )
    bench.reach(Phase.BAKING, 2)
    bench.wait(minutes=1)

    _by_hand(bench)

    blue = ALL_BLUE.weights()
    assert {
        "edge-1": EdgeState(weights=blue, other_actions='[{"oidc":1}]'),
        "edge-2": EdgeState(weights=blue),
    } == bench.river.edges


def test_dns_and_capacity_follow_the_edges() -> None:
    bench, directive = _aborted()
    bench.river.running = 1
    bench.river.scale_in_suspended = False

    roll_back(directive, bench.ports, ASKED)

    assert [
        "write edge-1",
        "write edge-2",
        "save",
        "write dns",
        "keep capacity",
        "raise capacity",
    ] == bench.river.effects
    assert (2, True) == (bench.river.running, bench.river.scale_in_suspended)


def _without_edge_2(bench: Bench) -> None:
    """Somebody has written a topology with one edge, in the midst of a cutover."""
    one = Topology.model_validate(topology_document("edge-1", dns=None))
    bench.ports.topology = bench.river.topology = one
    del bench.river.edges["edge-2"]


def test_an_edge_that_left_the_topology_keeps_no_other_from_being_written() -> None:
    """Nobody can say that it is all blue, so it does not end: people are paged."""
    bench, directive = _aborted()
    _without_edge_2(bench)

    bench.go_on(directive, lambda record: record.phase is Phase.ROLLBACK_STUCK)

    assert {"edge-1": "1/0/0"} == bench.river.shows()
    assert "edge-2 is not in the topology any more" in bench.pages[-1]
    assert f"cutover:{OTTERS}" == bench.holder


def test_an_edge_that_left_the_topology_holds_every_step() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    _without_edge_2(bench)
    bench.wait(hours=1)

    bench.follow(directive)

    assert (Phase.BAKING, 1) == (bench.record.phase, bench.record.step)
    assert "edge-2: is not in the topology any more" in bench.record.reason


# --- settling -------------------------------------------------------------------------


def test_it_settles_at_the_second_equal_read_back() -> None:
    bench, directive = _aborted()
    directive = roll_back(directive, bench.ports, ASKED)
    before, length = bench.record, len(bench.journal)
    bench.river.effects.clear()
    bench.wait_until(directive.until)
    now = bench.clock.now()

    following = roll_back(directive, bench.ports, ASKED)

    assert ["release capacity", "save", "send", "save"] == bench.river.effects
    assert (
        before.model_copy(
            update={
                "phase": Phase.ROLLED_BACK,
                "ended_at": now,
                "reason": "Fern aborted: a heron",
                "version": before.version + 2,
                "look_again_at": provable_at(now - SOONEST),
                "journal_length": length + 2,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    settled = bench.journal[length]
    assert (
        "second_read_back",
        "all blue, read twice, because: Fern aborted: a heron",
        None,
        bench.now(Next.FINISH),
    ) == (settled.rule, settled.reason, bench.holder, following)
    assert "second_read_back" == bench.notices[-1].rule
    assert not bench.river.scale_in_suspended


def _claimed() -> tuple[Bench, Directive]:
    """A bench whose claim to write is fresh when somebody aborts."""
    bench = Bench()
    directive = bench.reach(Phase.SHIFTING, 2)
    bench.river.refused.add("write edge-2")
    bench.follow(directive)
    bench.river.refused.clear()
    return _intended(bench)


def test_it_looks_again_when_no_write_can_land_any_more() -> None:
    """A write that was under way lands at most so long after its claim has ended."""
    bench, directive = _claimed()
    claim = bench.record.claim
    assert claim is not None

    following = roll_back(directive, bench.ports, ASKED)

    until = claim.until + LATE + SOONEST
    assert (Next.ROLL_BACK_LATER, until, until) == (
        following.action,
        following.until,
        bench.record.look_again_at,
    )


@pytest.mark.parametrize(
    ("late", "phase"),
    [
        (-AN_INSTANT, Phase.ROLLING_BACK),
        (timedelta(), Phase.ROLLING_BACK),
        (AN_INSTANT, Phase.ROLLED_BACK),
    ],
    ids=["just before", "at", "just after"],
)
def test_it_settles_only_after_the_last_moment_of_every_claim(
    late: timedelta, phase: Phase
) -> None:
    bench, directive = _claimed()
    claim = bench.record.claim
    assert claim is not None
    roll_back(directive, bench.ports, ASKED)
    bench.clock.at = claim.until + LATE + late

    roll_back(directive, bench.ports, ASKED)

    assert phase is bench.record.phase


def test_it_does_not_settle_on_what_it_read_before_that_moment() -> None:
    """A slow answer tells how the edges were when they were read, not how they are."""
    bench, directive = _claimed()
    claim = bench.record.claim
    assert claim is not None
    directive = roll_back(directive, bench.ports, ASKED)
    bench.clock.at = claim.until + LATE - timedelta(seconds=1)

    def late_write() -> None:
        bench.river.edit("edge-2", blue=1, green=1)
        bench.wait(seconds=2)

    bench.river.after("edges", late_write)

    directive = roll_back(directive, bench.ports, ASKED)

    assert Phase.ROLLING_BACK is bench.record.phase
    bench.finish_all(directive)
    assert (Phase.ROLLED_BACK, BLUE) == (bench.record.phase, bench.river.shows())


def test_looking_too_early_waits_anew_and_writes_nothing() -> None:
    bench, directive = _claimed()
    first = roll_back(directive, bench.ports, ASKED)
    bench.river.effects.clear()
    bench.wait(seconds=5)

    second = roll_back(directive, bench.ports, ASKED)

    assert bench.record.rollback is not None
    assert (["save"], bench.clock.now(), first) == (
        bench.river.effects,
        bench.record.rollback.verified_at,
        second.model_copy(update={"version": first.version}),
    )


@pytest.mark.parametrize("edge", EDGE_NAMES)
def test_a_late_write_between_the_two_looks_is_mended(edge: str) -> None:
    """It is written again, and looked at twice again."""
    bench, directive = _aborted()
    directive = roll_back(directive, bench.ports, ASKED)
    bench.wait_until(directive.until)
    bench.river.edit(edge, blue=1, green=1)
    bench.river.effects.clear()

    directive = roll_back(directive, bench.ports, ASKED)

    assert ["write edge-1", "write edge-2", "save"] == bench.river.effects
    assert bench.record.rollback is not None
    assert (Phase.ROLLING_BACK, bench.clock.now(), BLUE) == (
        bench.record.phase,
        bench.record.rollback.verified_at,
        bench.river.shows(),
    )
    bench.follow(directive)
    assert Phase.ROLLED_BACK is bench.record.phase


def test_a_first_look_does_not_count_any_more_when_a_later_one_differed() -> None:
    """Two equal looks in a row, both after the last write."""
    bench, directive = _aborted()
    directive = roll_back(directive, bench.ports, ASKED)
    bench.wait_until(directive.until)
    bench.river.edit("edge-2", blue=1, green=1)
    bench.river.refused.add("write edge-2")
    directive = roll_back(directive, bench.ports, ASKED)
    assert bench.record.rollback is not None
    assert bench.record.rollback.verified_at is None
    bench.river.edit("edge-2", blue=1)

    directive = bench.follow(directive)

    assert (Phase.ROLLING_BACK, Next.ROLL_BACK_LATER) == (
        bench.record.phase,
        directive.action,
    )
    bench.follow(directive)
    assert Phase.ROLLED_BACK is bench.record.phase


def test_a_client_that_stays_pinned_keeps_it_from_settling() -> None:
    """Weights alone are not enough: stickiness overrules them."""
    bench, directive = _aborted()
    directive = roll_back(directive, bench.ports, ASKED)
    bench.river.edges["edge-1"] = EdgeState(
        weights=ALL_BLUE.weights(), stickiness_seconds=60
    )
    bench.river.refused.add("write edge-1")

    bench.follow(directive)

    assert (
        "Fern aborted: a heron; not all blue: edge-1 still pins clients to a lane "
        "(Change on write edge-1: Rate exceeded)" == bench.record.reason
    )


@pytest.mark.parametrize(
    "nth", [0, 1, 2], ids=["verify", "settle", "notice of the end"]
)
def test_a_save_without_an_answer_ends_the_same(nth: int) -> None:
    bench, directive = _aborted()
    ends = []
    for run in range(3):
        if run == nth:
            bench.river.lost.add("save")
        try:
            directive = bench.follow(directive)
        except Unavailable:
            bench.river.lost.clear()
            directive = bench.follow(directive)
        bench.river.lost.clear()
        ends.append(directive.action)

    assert (Phase.ROLLED_BACK, BLUE, None) == (
        bench.record.phase,
        bench.river.shows(),
        bench.holder,
    )


# --- edges that do not follow ---------------------------------------------------------


def test_an_edge_that_refuses_does_not_keep_the_other() -> None:
    bench, directive = _aborted()
    bench.river.refused.add("write edge-1")
    now = bench.clock.now()

    following = roll_back(directive, bench.ports, ASKED)

    told = "edge-1 shows blue 50 %, green 50 % (Change on write edge-1: Rate exceeded)"
    assert ["write edge-1", "write edge-2", "save"] == bench.river.effects
    assert {"edge-1": "1/0/1", "edge-2": "1/0/0"} == bench.river.shows()
    assert bench.record.rollback is not None
    assert (
        Phase.ROLLING_BACK,
        f"Fern aborted: a heron; not all blue: {told}",
        1,
        None,
        now + SOONEST,
        ["Fern aborted: a heron"],
    ) == (
        bench.record.phase,
        bench.record.reason,
        bench.record.rollback.attempts,
        bench.record.rollback.verified_at,
        bench.record.look_again_at,
        bench.pages,
    )
    assert (Next.ROLL_BACK_LATER, now + SOONEST) == (
        following.action,
        following.until,
    )


def test_people_are_paged_when_it_is_stuck_and_not_before() -> None:
    bench, directive = _aborted()
    bench.river.refused.add("write edge-2")
    told = []
    for _ in range(STUCK_AFTER + 2):
        directive = bench.follow(directive)
        told.append((bench.record.phase, len(bench.pages) - 1))

    assert [
        (Phase.ROLLING_BACK, 0),
        (Phase.ROLLING_BACK, 0),
        (Phase.ROLLBACK_STUCK, 1),
        (Phase.ROLLBACK_STUCK, 1),
        (Phase.ROLLBACK_STUCK, 1),
    ] == told
    assert (
        "attempt 3 did not make every edge all blue: "
        "edge-2 shows blue 50 %, green 50 % "
        "(Change on write edge-2: Rate exceeded)" == bench.pages[-1]
    )


def test_what_was_stuck_settles_when_the_edge_follows() -> None:
    bench, directive = _aborted()
    bench.river.refused.add("write edge-2")
    directive = bench.go_on(
        directive, lambda record: record.phase is Phase.ROLLBACK_STUCK
    )
    bench.river.refused.clear()

    directive = bench.finish_all(directive)

    assert (Next.END_ROLLED_BACK, Phase.ROLLED_BACK, BLUE, None) == (
        directive.action,
        bench.record.phase,
        bench.river.shows(),
        bench.holder,
    )
    assert "Fern aborted: a heron" == bench.record.reason


@pytest.mark.parametrize("edge", EDGE_NAMES)
def test_an_edge_that_cannot_be_read_is_not_all_blue(edge: str) -> None:
    """It is written all the same, and nothing settles on what nobody saw."""
    bench, directive = _aborted()

    def blind() -> None:
        bench.river.edges[edge] = Unreadable("AccessDenied")

    bench.river.after(f"write {edge}", blind)

    roll_back(directive, bench.ports, ASKED)

    assert (
        Phase.ROLLING_BACK,
        f"Fern aborted: a heron; not all blue: {edge} cannot be read: AccessDenied",
        "write edge-2",
    ) == (bench.record.phase, bench.record.reason, bench.river.effects[1])


def test_it_gives_up_the_execution_in_the_end_and_pages_again() -> None:
    """The execution ends; the record says what is wrong, and an order still works."""
    bench, directive = _aborted()
    bench.river.refused.add("write edge-2")

    while directive.action is not Next.END_STUCK:
        assert bench.record.rollback is not None
        assert bench.record.rollback.attempts < GIVE_UP_AFTER
        directive = bench.follow(directive)

    assert bench.record.rollback is not None
    assert (GIVE_UP_AFTER, 3, Phase.ROLLBACK_STUCK, f"cutover:{OTTERS}") == (
        bench.record.rollback.attempts,
        len(bench.pages),
        bench.record.phase,
        bench.holder,
    )
    assert (Next.END_STUCK, 3) == (_by_hand(bench).action, len(bench.pages))
    bench.river.refused.clear()
    assert Next.END_ROLLED_BACK is bench.finish_all(_by_hand(bench)).action


# --- edges where blue cannot serve ----------------------------------------------------


def _no_blue(river: River, edge: str = "edge-2") -> None:
    river.set_targets(Lane.BLUE, edge, healthy=0, registered=2)


def test_an_edge_where_only_the_other_lane_can_serve_is_not_written() -> None:
    """All blue would be the outage there: people are paged at once."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    bench.wait(minutes=1)
    _no_blue(bench.river)
    _, directive = _intended(bench)

    roll_back(directive, bench.ports, ASKED)

    told = (
        "edge-2 shows blue 50 %, green 50 % "
        "(not written: blue has no healthy target there)"
    )
    assert ["write edge-1", "save", "send", "save"] == bench.river.effects
    assert (
        Phase.ROLLBACK_STUCK,
        {"edge-1": "1/0/0", "edge-2": "1/0/1"},
        f"attempt 1 did not make every edge all blue: {told}",
    ) == (bench.record.phase, bench.river.shows(), bench.pages[-1])


def test_it_is_written_as_soon_as_blue_can_serve() -> None:
    """Each further attempt looks again; no second page for the same trouble."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    _no_blue(bench.river)
    _, directive = _intended(bench)
    directive = bench.follow(bench.follow(directive))
    pages = len(bench.pages)
    bench.river.set_targets(Lane.BLUE, "edge-2", healthy=1, registered=2)

    directive = bench.finish_all(directive)

    assert (Next.END_ROLLED_BACK, BLUE, pages) == (
        directive.action,
        bench.river.shows(),
        len(bench.pages),
    )


def test_an_edge_where_nobody_can_serve_is_written() -> None:
    """There is nothing to lose, and blue is where people look first."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    for lane in Lane:
        bench.river.set_targets(lane, "edge-2", healthy=0, registered=2)
    _, directive = _intended(bench)

    roll_back(directive, bench.ports, ASKED)

    assert BLUE == bench.river.shows()


def test_health_that_cannot_be_read_keeps_nobody_from_going_back() -> None:
    """Going back matters more than an unanswered question."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    _no_blue(bench.river)
    bench.river.breaks("targets")

    _by_hand(bench)

    assert BLUE == bench.river.shows()


def test_an_edge_that_is_all_blue_already_does_not_matter() -> None:
    """Only green could serve there, and no request goes to it: nobody is paged."""
    bench = Bench()
    bench.reach(Phase.PREPARED)
    for edge in EDGE_NAMES:
        _no_blue(bench.river, edge)

    following = _by_hand(bench)

    assert (Next.ROLL_BACK_LATER, Phase.ROLLING_BACK, BLUE) == (
        following.action,
        bench.record.phase,
        bench.river.shows(),
    )
    assert "write edge-1" not in bench.river.effects


# --- what decides nothing -------------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ("write dns", "DNS is not back: Change on write dns: Rate exceeded"),
        (
            "raise capacity",
            "capacity of blue was not raised: Change on raise capacity: Rate exceeded",
        ),
        (
            "release capacity",
            "scaling of blue stays off: Change on release capacity: Rate exceeded",
        ),
    ],
)
def test_what_follows_does_not_keep_it_from_settling_and_is_told(
    refused: str, told: str
) -> None:
    """Once every edge is all blue, nothing else decides about risk."""
    bench, directive = _aborted()
    bench.river.refused.add(refused)
    if refused == "raise capacity":
        bench.river.running = 1

    directive = bench.go_on(directive, lambda record: record.phase is Phase.ROLLED_BACK)

    assert (
        Next.FINISH,
        BLUE,
        f"all blue, read twice, because: Fern aborted: a heron; {told}",
    ) == (directive.action, bench.river.shows(), bench.pages[-1])


def test_everything_that_did_not_follow_is_told() -> None:
    bench, directive = _aborted()
    bench.river.breaks("dns", "capacity")

    bench.go_on(directive, lambda record: record.phase is Phase.ROLLED_BACK)

    assert (
        "all blue, read twice, because: Fern aborted: a heron; "
        "DNS is not back: Describe on dns: Rate exceeded; "
        "capacity of blue was not raised: Describe on capacity: Rate exceeded; "
        "scaling of blue stays off: Describe on capacity: Rate exceeded"
    ) == bench.pages[-1]


def test_where_neither_dns_nor_a_service_is_known_only_the_edges_go_back() -> None:
    small = topology_document("edge-1", dns=None, services={})
    bench = Bench(Topology.model_validate(small))
    started = plan(steps=[{"share": "100 %"}], gates=[BURROWS])
    bench.reach(Phase.BAKING, 1, plan=started)
    _, directive = _intended(bench)

    bench.finish_all(directive)

    assert ({"edge-1": "1/0/0"}, Phase.ROLLED_BACK) == (
        bench.river.shows(),
        bench.record.phase,
    )
    assert {"write edge-1", "save", "send"} == set(bench.river.effects)


def test_dns_that_failed_first_is_written_before_it_settles() -> None:
    bench, directive = _aborted()
    bench.river.refused.add("write dns")
    directive = bench.follow(directive)
    bench.river.refused.clear()

    bench.follow(directive)

    assert bench.river.dns is not None
    assert (0, Phase.ROLLED_BACK, ["Fern aborted: a heron"]) == (
        bench.river.dns.share(),
        bench.record.phase,
        bench.pages,
    )


# --- by hand --------------------------------------------------------------------------


def _rolling_back(bench: Bench) -> None:
    bench.reach(Phase.BAKING, 2)
    _intended(bench)


def _stuck(bench: Bench) -> None:
    _rolling_back(bench)
    bench.river.refused.add("write edge-1")
    bench.reach(Phase.ROLLBACK_STUCK)
    bench.river.refused.clear()


FROM: dict[Phase, Callable[[Bench], object]] = {
    Phase.PREPARED: lambda bench: bench.reach(Phase.PREPARED),
    Phase.SHIFTING: lambda bench: bench.reach(Phase.SHIFTING, 2),
    Phase.BAKING: lambda bench: bench.reach(Phase.BAKING, 3),
    Phase.ROLLING_BACK: _rolling_back,
    Phase.ROLLBACK_STUCK: _stuck,
}


@pytest.mark.parametrize("phase", FROM, ids=str)
def test_an_order_works_from_every_phase_with_no_execution_alive(phase: Phase) -> None:
    """All blue after the first order; settled after enough of them."""
    bench = Bench()
    FROM[phase](bench)
    assert phase is bench.record.phase

    following = _by_hand(bench)

    assert (Next.ROLL_BACK_LATER, BLUE) == (following.action, bench.river.shows())
    bench.wait_until(following.until)
    assert Next.FINISH is _by_hand(bench).action
    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)


def test_an_order_is_an_intent_first_and_pages() -> None:
    """From then on no claim to write can be made any more."""
    bench = Bench()
    shifting = bench.reach(Phase.SHIFTING, 2)
    before, now = bench.record, bench.clock.now()
    bench.river.effects.clear()

    _by_hand(bench)

    assert ["save", "write edge-1", "write edge-2", "save", "send", "save"] == (
        bench.river.effects
    )
    assert ("Fern", "roll_back", "asked") == bench.told(before.journal_length)[0]
    assert (
        Rollback(since=now, reason="a heron", verified_at=now),
        before.version + 1,
        "a heron",
        ["a heron"],
    ) == (
        bench.record.rollback,
        bench.record.decided,
        bench.record.reason,
        bench.pages,
    )
    assert Next.ASSESS is shift(shifting, bench.ports).action
    assert BLUE == bench.river.shows()


def test_an_order_beside_the_execution_does_no_harm() -> None:
    """Both write the same, and whoever saves second finds it done."""
    bench, directive = _aborted()
    bench.river.before("save", lambda: _by_hand(bench))

    with pytest.raises(Conflict):
        roll_back(directive, bench.ports, ASKED)

    assert BLUE == bench.river.shows()
    assert Next.END_ROLLED_BACK is bench.finish_all(directive).action


def test_the_reason_of_the_machine_is_used_if_nobody_decided_yet() -> None:
    """The way of an execution that cannot assess any more."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)

    roll_back(bench.now(), bench.ports, "Assess: out of memory")

    assert ("Assess: out of memory", Phase.ROLLING_BACK, BLUE) == (
        bench.record.reason,
        bench.record.phase,
        bench.river.shows(),
    )


def test_an_order_that_cannot_be_saved_writes_nothing() -> None:
    """A writer that nobody knows of could undo what others do."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    bench.river.refused.add("save")

    with pytest.raises(Throttled):
        _by_hand(bench)

    assert FIRST == bench.river.shows()


@pytest.mark.parametrize(
    ("end", "step", "action"),
    [
        (Phase.COMPLETED, 3, Next.END_COMPLETED),
        (Phase.ROLLED_BACK, 1, Next.FINISH),
    ],
    ids=str,
)
def test_what_has_ended_is_left_alone(end: Phase, step: int, action: Next) -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, step)
    if end is Phase.ROLLED_BACK:
        _intended(bench)
    bench.reach(end)
    record, shown = bench.record, bench.river.shows()
    bench.river.effects.clear()

    following = _by_hand(bench)

    assert (bench.now(action), record, shown, []) == (
        following,
        bench.record,
        bench.river.shows(),
        bench.river.effects,
    )


def test_the_directive_of_another_execution_does_nothing() -> None:
    bench, directive = _aborted()
    foreign = directive.model_copy(update={"owner": 2})

    following = roll_back(foreign, bench.ports, ASKED)

    assert (
        foreign.model_copy(update={"action": Next.END_SUPERSEDED}),
        [],
        SECOND,
    ) == (following, bench.river.effects, bench.river.shows())


def test_a_cutover_that_does_not_exist_is_told() -> None:
    bench, directive = _aborted()

    with pytest.raises(NotFound, match="no cutover badgers-4"):
        roll_back(
            directive.model_copy(update={"cutover_id": "badgers-4"}),
            bench.ports,
            ASKED,
        )
