from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.directive import ACTING, SOONEST, Directive, Next
from shifter.core.edges import DnsChange, DnsState, EdgeState
from shifter.core.errors import Conflict, NotFound, Throttled, Unavailable
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import Unreadable, Verdict
from shifter.core.lanes import Lane, Weights
from shifter.core.orders import Pause
from shifter.core.phases import Action, Phase
from shifter.core.record import Record, Rollback
from shifter.engine import control
from shifter.engine.assess import assess
from shifter.engine.saving import EVENTS_PER_VERB
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    EDGE_NAMES,
    NOW,
    OTTERS,
    STANDING,
    SWIM,
    Bench,
)

POLL = SWIM.poll
LOUD = AlarmSeen(AlarmState.ALARM, reason="loud frogs")
OK = AlarmSeen(AlarmState.OK)
COUNTED = {"kind": "sufficiency", "name": "headcount", "minimum_requests": 400}
WAITING = plan(
    steps=SWIM.model_dump()["steps"],
    gates=[CROAKING | {"on_alarm": "hold"}, BURROWS | {"on_unhealthy": "hold"}],
)
"""Nothing in this plan leads back; its gates only wait."""


def _baking(step: int = 1, started: Any = SWIM) -> tuple[Bench, Directive]:
    """A bench whose cutover bakes, just settled."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, step, plan=started)
    bench.river.effects.clear()
    return bench, directive


def _assess(bench: Bench, failure: str | None = None) -> Directive:
    return assess(bench.now(), bench.ports, failure)


# --- the intent -----------------------------------------------------------------------


def test_an_intent_is_saved_before_anybody_is_told_to_act() -> None:
    bench = Bench()
    bench.start()
    before = bench.record
    bench.river.effects.clear()

    directive = _assess(bench)

    assert ["save", "send", "save"] == bench.river.effects
    assert (
        before.model_copy(
            update={
                "phase": Phase.SHIFTING,
                "step": 1,
                "version": 4,
                "decided": 3,
                "history_events": 2 * EVENTS_PER_VERB,
                "look_again_at": NOW + ACTING,
                "reason": "everything is ready: on to 5 %",
                "journal_length": 4,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert (
        Directive(
            cutover_id=OTTERS,
            owner=1,
            version=3,
            action=Next.SHIFT,
            until=NOW + ACTING,
        )
        == directive
    )


def test_an_intent_that_could_not_be_saved_directs_nobody() -> None:
    bench = Bench()
    bench.start()
    record = bench.record
    bench.river.refused.add("save")

    with pytest.raises(Throttled):
        _assess(bench)

    assert record == bench.record


def test_an_intent_whose_save_got_no_answer_is_not_decided_twice() -> None:
    """The retry finds the step intended; it does not go on to the one after."""
    bench = Bench()
    bench.start()
    bench.river.lost.add("save")
    with pytest.raises(Unavailable):
        _assess(bench)
    bench.river.lost.clear()

    directive = _assess(bench)

    assert (Phase.SHIFTING, 1, Next.SHIFT) == (
        bench.record.phase,
        bench.record.step,
        directive.action,
    )
    assert ["ready", "next_step", "shift_under_way"] == [
        entry.rule for entry in bench.journal if entry.actor != "notifier"
    ]


def test_it_journals_what_every_gate_said() -> None:
    """So whoever has the entry alone can tell why."""
    bench, _ = _baking()

    _assess(bench)

    entry = bench.journal[-1]
    assert (
        "assess",
        Action.HOLD,
        "still_baking",
        "the bake clock starts now",
        Phase.BAKING,
        Phase.BAKING,
        1,
    ) == (
        entry.actor,
        entry.action,
        entry.rule,
        entry.reason,
        entry.phase_before,
        entry.phase,
        entry.step,
    )
    assert dict.fromkeys(
        (*STANDING, "croaking", "burrows"),
        Verdict.PASS,
    ) == {judged.gate: judged.verdict for judged in entry.judgements}


def test_it_writes_no_weight_whatever_it_decides() -> None:
    """May not, by its permissions; so it must never try."""
    bench = Bench()
    tried: set[str] = set()
    directive = bench.start()
    while directive.action is not Next.END_COMPLETED:
        bench.river.effects.clear()
        assessing = directive.action in {Next.ASSESS, Next.HOLD}
        directive = bench.follow(directive)
        tried |= set(bench.river.effects) if assessing else set()

    assert {"save", "send"} == tried


# --- ways out -------------------------------------------------------------------------


def _sick(river: MemoryWorld) -> None:
    river.set_targets(Lane.GREEN, "edge-2", healthy=0, registered=2)


def _loud(river: MemoryWorld) -> None:
    river.alarms["frogs-complain"] = LOUD


def _raised(river: MemoryWorld) -> None:
    river.edges["edge-2"] = EdgeState(weights=Weights(green=1))


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.SHIFTING, Phase.BAKING])
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (_loud, "croaking: in ALARM: loud frogs"),
        (
            _sick,
            "burrows: edge-1 2 of 2 healthy, edge-2 0 of 2 healthy, 1 needed",
        ),
        (_raised, None),
    ],
    ids=["alarm", "targets", "weights above the step"],
)
def test_a_breach_leads_out_at_every_moment(
    phase: Phase, trouble: Callable[[MemoryWorld], None], reason: str | None
) -> None:
    bench = Bench()
    bench.reach(phase)
    trouble(bench.river)

    directive = _assess(bench)

    now = bench.clock.now()
    told = reason or bench.record.reason
    assert (
        Phase.ROLLING_BACK,
        Rollback(since=now, reason=told),
        now + ACTING,
        "breach",
        [told],
    ) == (
        bench.record.phase,
        bench.record.rollback,
        bench.record.look_again_at,
        bench.told()[-2][2],
        bench.pages,
    )
    assert bench.now(Next.ROLL_BACK).model_copy(update={"until": now + ACTING}) == (
        directive
    )


def test_going_back_keeps_its_reason_and_is_paged_once() -> None:
    """Whoever goes back goes on going back, for the reason it began with."""
    bench, _ = _baking()
    _loud(bench.river)
    _assess(bench)
    begun, pages = bench.record.rollback, list(bench.pages)
    bench.wait(seconds=20)
    _sick(bench.river)

    directive = _assess(bench)

    assert (Next.ROLL_BACK, Phase.ROLLING_BACK, begun, pages) == (
        directive.action,
        bench.record.phase,
        bench.record.rollback,
        bench.pages,
    )


def test_whoever_decides_to_go_back_looks_where_blue_can_serve() -> None:
    """The answer is part of the intent: the first write needs no call before it."""
    bench, _ = _baking()
    bench.river.set_targets(Lane.BLUE, "edge-2", healthy=0, registered=2)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")

    _assess(bench)

    assert (
        Rollback(
            since=bench.clock.now(),
            reason="Fern aborted: a heron",
            unable=("edge-2",),
        )
        == bench.record.rollback
    )


def test_a_deadline_leads_out_where_the_plan_says_so() -> None:
    late = CROAKING | {
        "on_alarm": "hold",
        "deadline": "1h",
        "on_deadline": "roll_back",
    }
    bench, _ = _baking(started=plan(gates=[late]))
    _loud(bench.river)
    _assess(bench)
    bench.wait(hours=1, seconds=-1)
    _assess(bench)
    assert Phase.BAKING is bench.record.phase
    bench.wait(seconds=1)

    directive = _assess(bench)

    assert (Next.ROLL_BACK, "deadline") == (directive.action, bench.told()[-2][2])


# --- holding --------------------------------------------------------------------------


def test_one_waiting_gate_holds_and_is_remembered_since_it_began() -> None:
    bench, _ = _baking(started=WAITING)
    began = bench.clock.now()
    _loud(bench.river)
    _assess(bench)
    bench.wait(seconds=20)

    directive = _assess(bench)

    now = bench.clock.now()
    assert (
        {"croaking": began},
        "waiting for croaking: in ALARM: loud frogs",
        [],
        now + POLL,
        Next.HOLD,
    ) == (
        bench.record.waiting,
        bench.record.reason,
        bench.pages,
        directive.until,
        directive.action,
    )


def test_a_gate_that_passes_again_starts_its_deadline_anew() -> None:
    bench, _ = _baking(started=WAITING)
    _loud(bench.river)
    _assess(bench)
    bench.river.alarms["frogs-complain"] = OK
    _assess(bench)
    assert {} == bench.record.waiting
    bench.wait(minutes=5)
    _loud(bench.river)

    _assess(bench)

    assert {"croaking": bench.clock.now()} == bench.record.waiting


def test_people_are_paged_once_for_each_topic() -> None:
    """The same thing is not told twice in a row, and another is told at once."""
    bench, _ = _baking(started=WAITING)
    _loud(bench.river)
    _assess(bench)
    bench.wait(hours=1)
    _assess(bench)
    assert 1 == len(bench.pages)
    bench.wait(seconds=20)
    _assess(bench)
    assert 1 == len(bench.pages)
    _sick(bench.river)

    _assess(bench)

    assert (2, "deadline_page:burrows,croaking!") == (
        len(bench.pages),
        bench.record.paged,
    )


def test_a_gate_that_comes_and_goes_beside_what_was_paged_pages_nobody() -> None:
    """An approval is overdue, and all night long an alarm flickers: it is told once."""
    flickering = CROAKING | {"on_alarm": "hold"}
    elder = {"kind": "approval", "name": "elder", "before": "5 %"}
    bench = Bench()
    directive = bench.follow(bench.start(plan(gates=[flickering, BURROWS, elder])))
    bench.wait(hours=2)
    directive = bench.follow(directive)
    assert 1 == len(bench.pages)

    for state in [AlarmState.ALARM, AlarmState.OK] * 10:
        bench.river.alarms["frogs-complain"] = AlarmSeen(state)
        directive = bench.follow(directive)

    assert 2 == len(bench.pages)
    assert "deadline_page:croaking,elder!" == bench.record.paged


def test_a_gate_that_was_told_beside_another_is_told_again_when_it_is_overdue() -> None:
    flickering = CROAKING | {"on_alarm": "hold"}
    elder = {"kind": "approval", "name": "elder", "before": "5 %"}
    bench = Bench()
    directive = bench.follow(bench.start(plan(gates=[flickering, BURROWS, elder])))
    bench.wait(hours=2)
    bench.river.alarms["frogs-complain"] = AlarmSeen(AlarmState.ALARM)
    directive = bench.follow(directive)
    assert (1, "deadline_page:croaking,elder!") == (
        len(bench.pages),
        bench.record.paged,
    )
    bench.wait(hours=2)

    bench.follow(directive)

    assert 2 == len(bench.pages)
    assert "deadline_page:croaking!,elder!" == bench.record.paged


def test_a_topic_that_went_away_is_paged_when_it_comes_again() -> None:
    bench, _ = _baking(started=WAITING)
    for _ in range(2):
        bench.river.alarms["frogs-complain"] = LOUD
        _assess(bench)
        bench.wait(hours=1)
        _assess(bench)
        bench.river.alarms["frogs-complain"] = OK
        _assess(bench)
        assert "" == bench.record.paged

    assert 2 == len(bench.pages)


def test_a_first_shift_that_was_interrupted_waits_for_no_alarm_on_its_own_lane() -> (
    None
):
    """Green has had no request yet, and only this shift brings it some."""
    on_green = CROAKING | {"name": "on-green", "alarm": "newts", "lane": "green"}
    bench = Bench()
    bench.river.alarms["newts"] = AlarmSeen(AlarmState.INSUFFICIENT_DATA)
    bench.river.refused.update({"write edge-1", "write edge-2"})
    directive = bench.reach(Phase.SHIFTING, 1, plan=plan(gates=[on_green, BURROWS]))
    directive = bench.follow(directive)
    bench.river.refused.clear()

    directive = bench.go_on(directive, lambda record: record.phase is Phase.BAKING)

    assert bench.clock.now() - NOW < timedelta(minutes=5)
    bench.wait(minutes=20)
    bench.follow(directive)
    assert "waiting for on-green has no data: INSUFFICIENT_DATA" == bench.record.reason


def test_a_hold_tells_nobody() -> None:
    bench, _ = _baking()
    sent = len(bench.notices)

    _assess(bench)

    assert (["save"], sent) == (bench.river.effects, len(bench.notices))


# --- weights that somebody changed ----------------------------------------------------


def test_a_move_to_safety_by_hand_is_adopted_and_paused() -> None:
    """Nobody is overruled who lowers the share; and nothing goes on without them."""
    bench, _ = _baking()
    bench.river.edit("edge-2", blue=1)
    now = bench.clock.now()

    directive = _assess(bench)

    record = bench.record
    assert (
        Phase.BAKING,
        {"edge-2": Weights(blue=1)},
        Pause(
            by="shifter",
            at=now,
            reason="weights were lowered by hand: resume to restore the step, or abort",
        ),
        Next.HOLD,
        1,
    ) == (
        record.phase,
        record.adopted,
        record.pause,
        directive.action,
        len(bench.pages),
    )
    assert bench.pages[0].startswith(
        "somebody moved edge-2 to safety by hand; adopted: weights: edge-2"
    )


def test_adopted_weights_are_what_is_wanted_for_now() -> None:
    """They hold quietly; no second page, no write."""
    bench, _ = _baking()
    bench.river.edit("edge-2", blue=1)
    _assess(bench)
    bench.wait(seconds=20)

    directive = _assess(bench)

    assert ("gate_waits", Next.HOLD, 1, {"edge-1": "19/0/1", "edge-2": "1/0/0"}) == (
        bench.told()[-1][2],
        directive.action,
        len(bench.pages),
        bench.river.shows(),
    )


def test_a_second_hand_on_another_edge_is_adopted_too() -> None:
    bench, _ = _baking()
    bench.river.edit("edge-2", blue=1)
    _assess(bench)
    pause = bench.record.pause
    bench.wait(seconds=20)
    bench.river.edit("edge-1", blue=99, green=1)

    _assess(bench)

    assert (
        {"edge-2": Weights(blue=1), "edge-1": Weights(blue=99, green=1)},
        pause,
    ) == (bench.record.adopted, bench.record.pause)


def test_an_operators_own_pause_is_kept_when_weights_are_adopted() -> None:
    bench, _ = _baking()
    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")
    pause = bench.record.pause
    bench.river.edit("edge-2", blue=1)

    _assess(bench)

    assert (pause, {"edge-2": Weights(blue=1)}) == (
        bench.record.pause,
        bench.record.adopted,
    )


def test_a_hand_that_raises_after_an_adoption_is_told_and_not_adopted() -> None:
    bench, _ = _baking(2)
    bench.river.edit("edge-2", blue=1)
    _assess(bench)
    bench.wait(seconds=20)
    bench.river.edit("edge-2", blue=4, green=1)

    directive = _assess(bench)

    assert ("weights_different", Next.HOLD, {"edge-2": Weights(blue=1)}, 2) == (
        bench.told()[-2][2],
        directive.action,
        bench.record.adopted,
        len(bench.pages),
    )


def test_an_edge_that_cannot_be_read_is_waited_for() -> None:
    bench, _ = _baking()
    bench.river.edges["edge-2"] = Unreadable("AccessDenied")

    directive = _assess(bench)

    assert (Next.HOLD, Phase.BAKING, ["weights"], {}) == (
        directive.action,
        bench.record.phase,
        list(bench.record.waiting),
        bench.record.adopted,
    )


def test_one_edge_is_adopted_although_another_cannot_be_read() -> None:
    bench, _ = _baking()
    bench.river.edges["edge-1"] = Unreadable("AccessDenied")
    bench.river.edit("edge-2", blue=1)

    _assess(bench)

    assert {"edge-2": Weights(blue=1)} == bench.record.adopted


# --- a degraded assessment ------------------------------------------------------------


def test_an_act_that_failed_holds_and_pages() -> None:
    bench = Bench()
    bench.reach(Phase.SHIFTING)

    directive = _assess(bench, "NotVerified: edge-1 shows blue 100 %")

    assert (
        Next.HOLD,
        Phase.SHIFTING,
        1,
        ["the last act failed: NotVerified: edge-1 shows blue 100 %"],
    ) == (directive.action, bench.record.phase, bench.record.failures, bench.pages)


def test_the_third_act_in_a_row_that_failed_leads_out() -> None:
    """Between them the step is tried again; only a settled step forgives."""
    bench = Bench()
    directive = bench.reach(Phase.SHIFTING)
    bench.river.refused.add("write edge-2")

    directive = bench.go_on(
        directive, lambda record: record.phase is Phase.ROLLING_BACK
    )

    assert (3, "failed_too_often", Next.ROLL_BACK) == (
        bench.record.failures,
        bench.told()[-2][2],
        directive.action,
    )
    assert bench.record.reason.startswith(
        "3 acts in a row failed: NotVerified: edge-2 shows blue 100 %, not"
    )
    assert 3 == bench.river.effects.count("write edge-2")


def test_two_failures_are_forgiven_by_a_settled_step() -> None:
    bench = Bench()
    directive = bench.reach(Phase.SHIFTING)
    bench.river.refused.add("write edge-2")
    directive = bench.go_on(directive, lambda record: record.failures == 2)
    bench.river.refused.clear()

    bench.go_on(directive, lambda record: record.phase is Phase.BAKING)

    assert 0 == bench.record.failures


def test_a_breach_beats_a_failure() -> None:
    bench = Bench()
    bench.reach(Phase.SHIFTING)
    _loud(bench.river)

    _assess(bench, "NotVerified: edge-1 shows blue 100 %")

    assert ("breach", 1) == (bench.told()[-2][2], bench.record.failures)


# --- no data is never good news -------------------------------------------------------

SOURCES = ("targets", "dns", "alarms", "replication", "capacity", "traffic")
EVERY_KIND = plan(
    gates=[
        CROAKING,
        BURROWS,
        COUNTED,
        {"kind": "replication", "name": "echo", "task": "valley", "hold_above": "30s"},
    ]
)


@pytest.mark.parametrize(
    ("step", "source"),
    [
        # Before the first step nobody asks for traffic.
        *((0, source) for source in (*SOURCES[:-1], "edges", "all")),
        *((1, source) for source in (*SOURCES, "edges", "all")),
    ],
)
def test_a_source_that_cannot_be_asked_stops_the_cutover(
    step: int, source: str
) -> None:
    """It waits, and never shifts: at its deadline people are paged, and it waits on."""
    bench = Bench()
    phase = Phase.BAKING if step else Phase.PREPARED
    bench.reach(phase, step, plan=EVERY_KIND)
    if source in {"edges", "all"}:
        bench.river.edges = dict.fromkeys(EDGE_NAMES, Unreadable("no answer"))
    bench.river.breaks(*(SOURCES if source == "all" else (source,)))
    bench.river.effects.clear()

    for hours in (0, 1, 1, 22):
        bench.wait(hours=hours)
        assert Next.HOLD is _assess(bench).action

    assert (phase, step, 1, {"save", "send"}) == (
        bench.record.phase,
        bench.record.step,
        len(bench.pages),
        set(bench.river.effects),
    )


def test_a_reader_that_forgets_a_gate_has_not_let_it_pass() -> None:
    class Silent:
        def read(self, gates: Any, situations: Any) -> dict[str, Any]:
            return {}

    bench, _ = _baking()
    bench.ports.readers = {**bench.ports.readers, "alarm": Silent()}

    directive = _assess(bench)

    assert (Next.HOLD, "waiting for croaking cannot be read: no answer") == (
        directive.action,
        bench.record.reason,
    )


def test_edges_that_nobody_could_read_at_all_are_waited_for() -> None:
    """The reader itself has no answer, not only one edge."""
    bench, _ = _baking()
    bench.river.breaks("edges")

    directive = _assess(bench)

    assert (Next.HOLD, ["weights"]) == (directive.action, list(bench.record.waiting))


# --- the bake clock -------------------------------------------------------------------


def test_the_bake_clock_starts_with_the_first_look_where_dns_stands_still() -> None:
    bench, directive = _baking()
    settled = bench.record
    assert settled.settled_at is not None

    directive = bench.follow(directive)

    assert (None, settled.settled_at + SOONEST, Next.HOLD) == (
        settled.bake_from,
        bench.record.bake_from,
        directive.action,
    )


def test_the_bake_clock_starts_when_dns_has_settled() -> None:
    """INSYNC, then one TTL for the caches, and only then it counts as baking."""
    bench = Bench()
    bench.river.dns_delay = timedelta(seconds=35)
    directive = bench.reach(Phase.BAKING, 2)
    changed_at = bench.clock.now()

    told = []
    while bench.record.bake_from is None:
        directive = bench.follow(directive)
        change = bench.record.dns_change
        assert change is not None
        told.append(
            (
                (bench.clock.now() - changed_at).seconds,
                change.insync_at is not None,
                bench.told()[-1][2],
            )
        )

    assert [
        (10, False, "gate_waits"),
        (30, False, "gate_waits"),
        (50, True, "gate_waits"),
        (70, True, "gate_waits"),
        (90, True, "gate_waits"),
        (110, True, "still_baking"),
    ] == told
    assert DnsChange(
        id="change-1", at=changed_at, insync_at=changed_at + timedelta(seconds=50)
    ) == (bench.record.dns_change)
    assert changed_at + timedelta(seconds=110) == bench.record.bake_from


def test_a_dns_that_cannot_be_asked_starts_no_clock() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 2)
    bench.river.breaks("dns")

    bench.follow(directive)

    record = bench.record
    assert record.dns_change is not None
    assert (None, None) == (record.bake_from, record.dns_change.insync_at)


def test_a_dns_that_somebody_moved_stops_the_cutover() -> None:
    bench, _ = _baking(2)
    bench.river.dns = DnsState({"edge-1": 1, "edge-2": 0}, 60)

    directive = _assess(bench)

    assert (
        Next.HOLD,
        "waiting for dns_settled: 0 % to edge-2, the record says 50 %",
    ) == (directive.action, bench.record.reason)


def test_a_step_bakes_for_its_whole_time() -> None:
    """The clock begins again with each step."""
    bench, directive = _baking()
    directive = bench.follow(directive)
    began = bench.record.bake_from
    assert began is not None

    bench.go_on(directive, lambda record: record.step == 2)

    assert (began + timedelta(minutes=10), None, None) == (
        bench.clock.now(),
        bench.record.bake_from,
        bench.record.settled_at,
    )


# --- memories -------------------------------------------------------------------------


def test_a_gate_is_told_what_it_wanted_to_remember() -> None:
    """What was counted is counted once, and the counts of a step add up."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1, plan=plan(gates=[CROAKING, COUNTED]))
    directive = bench.go_on(
        directive, lambda record: '"requests":300' in str(record.memories)
    )
    kept = bench.record.memories
    bench.river.breaks("traffic")

    bench.follow(directive)

    assert kept == bench.record.memories
    assert {"headcount"} == set(kept)


def test_a_cutover_goes_on_only_when_enough_was_counted() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1, plan=plan(gates=[CROAKING, COUNTED]))

    bench.go_on(directive, lambda record: record.step == 2)

    told = [
        judged.reading.detail
        for judged in bench.journal[-2].judgements
        if judged.gate == "headcount"
    ]
    assert 1 == len(told)
    assert told[0].endswith(" requests on green, at least 400 needed")
    assert int(told[0].split(" ")[0]) >= 400


# --- the last step --------------------------------------------------------------------


def test_a_cutover_that_is_complete_is_finished_by_finish() -> None:
    """Assess frees nothing: there is still something to do."""
    bench, directive = _baking(3)

    directive = bench.go_on(directive, lambda record: "every step" in record.reason)

    assert (Next.FINISH, Phase.BAKING, f"cutover:{OTTERS}", bench.record.decided) == (
        directive.action,
        bench.record.phase,
        bench.holder,
        directive.version,
    )


# --- who may assess -------------------------------------------------------------------


def test_another_execution_is_superseded_and_nothing_is_saved() -> None:
    bench, directive = _baking()
    record = bench.record
    foreign = directive.model_copy(update={"owner": 2})

    following = assess(foreign, bench.ports, "NotVerified: whatever")

    assert (
        foreign.model_copy(update={"action": Next.END_SUPERSEDED}),
        record,
        [],
    ) == (following, bench.record, bench.river.effects)


@pytest.mark.parametrize(
    ("end", "action"),
    [
        (Phase.COMPLETED, Next.END_COMPLETED),
        (Phase.ROLLED_BACK, Next.FINISH),
    ],
)
def test_a_cutover_that_has_ended_is_left_alone(end: Phase, action: Next) -> None:
    bench = Bench()
    bench.start()
    if end is Phase.ROLLED_BACK:
        control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.reach(end)
    record = bench.record
    _loud(bench.river)

    assert bench.now(action) == _assess(bench, "NotVerified: whatever")
    assert record == bench.record


def test_a_cutover_that_is_proven_safe_ends() -> None:
    bench = Bench()
    bench.start()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.finish_all(bench.now())

    assert bench.now(Next.END_ROLLED_BACK) == _assess(bench)


def test_a_cutover_that_does_not_exist_is_told() -> None:
    bench, directive = _baking()

    with pytest.raises(NotFound, match="no cutover badgers-4"):
        assess(directive.model_copy(update={"cutover_id": "badgers-4"}), bench.ports)


def test_an_order_that_comes_meanwhile_wins() -> None:
    """The decision did not know it: Conflict, nothing is changed, assess again."""
    bench, _ = _baking()
    told: list[Record] = []

    def pause() -> None:
        told.append(control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch"))

    bench.river.before("save", pause)

    with pytest.raises(Conflict) as conflict:
        _assess(bench)

    assert told == [bench.record]
    assert "was saved by somebody else" in str(conflict.value)


# --- handing over ---------------------------------------------------------------------


def test_it_hands_over_at_the_limit_when_it_only_waits() -> None:
    limit = 7 * EVENTS_PER_VERB
    bench = Bench(history_limit=limit)
    directive = bench.start()

    while directive.action is not Next.HAND_OVER:
        assert bench.record.history_events < limit
        directive = bench.follow(directive)

    assert (limit, Phase.BAKING) == (bench.record.history_events, bench.record.phase)


@pytest.mark.parametrize(
    ("trouble", "action"),
    [(_loud, Next.ROLL_BACK), (lambda river: None, Next.SHIFT)],
    ids=["going back", "shifting"],
)
def test_it_never_hands_over_what_must_be_done_now(
    trouble: Callable[[MemoryWorld], None], action: Next
) -> None:
    bench = Bench(history_limit=0)
    bench.reach(Phase.SHIFTING)
    trouble(bench.river)

    assert action is _assess(bench).action
