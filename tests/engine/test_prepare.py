from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from interlock.lock import Holder
from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import LockHeld, NotReady, Problem, Refused, Throttled
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.calendar import CalendarSeen
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.replication import ReplicationSeen
from shifter.core.journal import GENESIS, Entry
from shifter.core.lanes import Lane, Weights
from shifter.core.notice import Notice, Severity
from shifter.core.phases import Phase
from shifter.core.record import Baseline, Record
from shifter.core.topology import Topology
from shifter.engine import control
from shifter.engine.prepare import Start, prepare
from shifter.engine.saving import EVENTS_PER_VERB
from tests.core.examples import plan
from tests.engine.bench import (
    BLUE_STATE,
    BURROWS,
    CROAKING,
    NOW,
    OTTERS,
    SWIM,
    UNTOUCHED,
    Bench,
    River,
    topology_document,
)

ECHO = {"kind": "replication", "name": "echo", "task": "valley", "hold_above": "30s"}
SEASON = {"kind": "calendar", "name": "season", "calendar": "salmon-run"}
WATCHED = "the watchdog must run before a cutover can start"
MUST_PASS = "must pass before a cutover can start"
ALL_BLUE_FIRST = "a cutover starts from all blue: bring it back first"


# --- a start --------------------------------------------------------------------------


def test_a_start_saves_a_whole_record_and_takes_the_lock() -> None:
    bench = Bench()
    bench.river.edges["edge-1"] = pinned = EdgeState(
        weights=Weights(blue=7), stickiness_seconds=60, other_actions='[{"oidc":1}]'
    )

    directive = bench.start()

    first, second = bench.journal
    assert (
        Record(
            cutover_id=OTTERS,
            environment="riverbank",
            plan=SWIM,
            started_by="Hazel",
            started_at=NOW,
            phase=Phase.PREPARED,
            version=2,
            decided=1,
            history_events=EVENTS_PER_VERB,
            look_again_at=NOW + SOONEST,
            baseline=Baseline(
                edges={"edge-1": pinned, "edge-2": BLUE_STATE},
                dns_share=0,
                capacity={"edge-1": 2, "edge-2": 2, "running": 2},
            ),
            reason="prepared",
            journal_length=2,
            journal_head=second.hash,
        )
        == bench.record
    )
    assert (
        Entry(
            cutover_id=OTTERS,
            number=1,
            at=NOW,
            actor="Hazel",
            action="prepare",
            rule="ready",
            reason="Otters cross the river: every check passed",
            phase_before=None,
            phase=Phase.PREPARED,
            step=0,
            previous=GENESIS,
        ).sealed()
        == first
    )
    assert f"cutover:{OTTERS}" == bench.holder
    assert (
        Directive(cutover_id=OTTERS, owner=1, version=1, action=Next.ASSESS, until=NOW)
        == directive
    )


def test_a_start_keeps_blue_able_and_touches_no_weight() -> None:
    """The lock is taken before anything else is done."""
    bench = Bench()

    bench.start()

    assert ["save", "keep capacity", "send", "save"] == bench.river.effects
    assert bench.river.scale_in_suspended


def test_a_start_is_told_once() -> None:
    """The notice carries the head of the journal, which is what anchors it."""
    bench = Bench()

    bench.start()

    assert [
        Notice(
            severity=Severity.INFO,
            environment="riverbank",
            cutover_id=OTTERS,
            at=NOW,
            phase="PREPARED",
            step=0,
            steps=3,
            action="prepare",
            rule="ready",
            reason="Otters cross the river: every check passed",
            journal_head=bench.journal[0].hash,
        )
    ] == bench.notices


def test_a_start_without_dns_and_without_a_service_needs_neither() -> None:
    """One edge, two lanes, nothing to keep from scaling in."""
    small = topology_document(
        "edge-1", lanes=(Lane.BLUE, Lane.GREEN), dns=None, services={}
    )
    bench = Bench(Topology.model_validate(small))

    bench.start(plan(steps=[{"share": "100 %"}], gates=[BURROWS]))

    assert (
        Baseline(edges={"edge-1": BLUE_STATE}, dns_share=None, capacity={"edge-1": 2})
        == bench.record.baseline
    )
    assert not bench.river.scale_in_suspended


# --- the same start again -------------------------------------------------------------


def test_the_same_start_twice_is_the_same_as_once() -> None:
    bench = Bench()
    first = bench.start()
    record, effects = bench.record, list(bench.river.effects)

    again = bench.start()

    assert (first, record, effects) == (again, bench.record, bench.river.effects)


def test_a_start_whose_save_got_no_answer_is_finished_by_the_retry() -> None:
    bench = Bench()
    bench.river.lost.add("save")
    with pytest.raises(Exception, match="no answer"):
        bench.start()
    bench.river.lost.clear()

    directive = bench.start()

    assert bench.now() == directive
    assert bench.river.scale_in_suspended
    assert 1 == len(bench.notices)


def test_a_retry_after_somebody_went_back_drives_the_way_back() -> None:
    """Our own answer was lost; whoever went back needs an execution to carry it out."""
    bench = Bench()
    bench.start()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.follow(bench.now())
    assert Phase.ROLLING_BACK is bench.record.phase
    effects = list(bench.river.effects)
    bench.river.scale_in_suspended = False

    directive = bench.start()

    assert (bench.now(), effects) == (directive, bench.river.effects)
    assert Next.END_ROLLED_BACK is bench.finish_all(directive).action


def _end(bench: Bench) -> None:
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.finish_all(bench.now())


def _complete(bench: Bench) -> None:
    bench.finish_all(bench.now())


def _hand_over(bench: Bench) -> None:
    bench.follow(bench.now(Next.HAND_OVER))


@pytest.mark.parametrize(
    ("happened", "started", "phase"),
    [
        (_end, SWIM, Phase.ROLLED_BACK),
        (_complete, SWIM, Phase.COMPLETED),
        (_hand_over, SWIM, Phase.PREPARED),
        (lambda bench: None, plan(gates=[BURROWS]), Phase.PREPARED),
    ],
    ids=["rolled back", "completed", "handed over", "another plan"],
)
def test_a_used_id_is_refused(
    happened: Callable[[Bench], None], started: Any, phase: Phase
) -> None:
    """An id names one cutover for ever: its record and its journal are never mixed."""
    bench = Bench()
    bench.start()
    happened(bench)
    record, effects = bench.record, list(bench.river.effects)

    with pytest.raises(Refused) as refused:
        bench.start(started)

    assert (
        f"the id {OTTERS} was used before, for a cutover that is {phase}: "
        "start with another one"
    ) == str(refused.value)
    assert (record, effects) == (bench.record, bench.river.effects)


@pytest.mark.parametrize("bad", ["", "a b", "otters/1", "ä", "o" * 71])
def test_an_id_is_a_name_that_an_execution_can_have(bad: str) -> None:
    """At most 70 characters: the number of a later execution must fit, too."""
    with pytest.raises(ValidationError):
        Start(cutover_id=bad, plan=SWIM, started_by="Hazel")


# --- refusals -------------------------------------------------------------------------


def _refused(bench: Bench, started: Any = SWIM) -> tuple[Problem, ...]:
    """What a start is refused for; nothing was saved, locked, told or changed."""
    with pytest.raises(NotReady) as refused:
        bench.start(started)
    assert UNTOUCHED == bench.untouched()
    return refused.value.problems


TWO_LANES = {"lanes": (Lane.BLUE, Lane.GREEN)}


@pytest.mark.parametrize(
    ("topology", "changes", "problems"),
    [
        (
            {},
            {"environment": "seaside"},
            [Problem("environment", "seaside", "this Shifter moves riverbank")],
        ),
        (
            {"database": "fenced"},
            {},
            [Problem("database", "none", "the topology says fenced")],
        ),
        (
            {"dns": None},
            {},
            [
                Problem(
                    "steps",
                    "dns_share",
                    "the topology has no weighted record: leave it out",
                )
            ],
        ),
        (
            {"replication": {}},
            {"gates": [BURROWS, ECHO]},
            [Problem("gates.1.task", "valley", "the topology has none")],
        ),
        (
            {},
            {"gates": [ECHO | {"task": "peak"}]},
            [Problem("gates.0.task", "peak", "the topology has valley")],
        ),
        (
            TWO_LANES,
            {"gates": [BURROWS, BURROWS | {"name": "dens", "lane": "canary"}]},
            [Problem("gates.1.lane", "canary", "the topology has blue, green")],
        ),
        (
            {"dns": None, "replication": {}, "database": "fenced"},
            {"environment": "seaside", "gates": [ECHO]},
            [
                Problem("environment", "seaside", "this Shifter moves riverbank"),
                Problem("database", "none", "the topology says fenced"),
                Problem(
                    "steps",
                    "dns_share",
                    "the topology has no weighted record: leave it out",
                ),
                Problem("gates.0.task", "valley", "the topology has none"),
            ],
        ),
    ],
    ids=[
        "another environment",
        "another database",
        "DNS without DNS",
        "no task at all",
        "no such task",
        "no such lane",
        "several at once",
    ],
)
def test_a_plan_that_does_not_fit_the_topology_is_refused(
    topology: dict[str, Any], changes: dict[str, Any], problems: list[Problem]
) -> None:
    bench = Bench(Topology.model_validate(topology_document(**topology)))
    fitting: dict[str, Any] = {"gates": [CROAKING, BURROWS]}

    assert tuple(problems) == _refused(bench, plan(**(fitting | changes)))


def _alarm(state: AlarmState, **changes: Any) -> Callable[[River], None]:
    def tell(river: River) -> None:
        river.alarms["frogs-complain"] = AlarmSeen(state, **changes)

    return tell


def _no_alarm(river: River) -> None:
    river.alarms.clear()


def _odd_dns(river: River) -> None:
    river.dns = DnsState(weights={"edge-1": 3, "edge-2": 4}, ttl_seconds=60)


def _long_ttl(river: River) -> None:
    river.dns = DnsState(weights={"edge-1": 1, "edge-2": 0}, ttl_seconds=61)


def _unreadable_edge(river: River) -> None:
    river.edges["edge-2"] = Unreadable("AccessDenied")


def _still(river: River) -> None:
    river.heartbeat = AlarmSeen(AlarmState.ALARM, reason="it is still")


def _closed(river: River) -> None:
    until = NOW + timedelta(hours=1)
    river.calendars["salmon-run"] = CalendarSeen(open=False, changes_at=until)


def _stopped(river: River) -> None:
    river.lag_seconds = None
    river.tasks["valley"] = ReplicationSeen(status="stopped", stop_reason="a dam")


@pytest.mark.parametrize(
    ("trouble", "problems"),
    [
        (_unreadable_edge, [Problem("edge-2", "AccessDenied", "must be readable")]),
        (
            lambda river: river.edit("edge-1", blue=9, green=1),
            [Problem("edge-1", "shows blue 90 %, green 10 %", ALL_BLUE_FIRST)],
        ),
        (
            _odd_dns,
            [
                Problem(
                    "dns",
                    "weights {'edge-1': 3, 'edge-2': 4}",
                    "must give a whole per mille",
                )
            ],
        ),
        (_long_ttl, [Problem("dns", "TTL 61 s", "at most 60 s")]),
        (
            _no_alarm,
            [
                Problem(
                    "gate croaking",
                    "frogs-complain",
                    "no such alarm: create it or correct the name",
                )
            ],
        ),
        (
            _alarm(AlarmState.ALARM, reason="loud"),
            [
                Problem(
                    "gate croaking",
                    "frogs-complain is in ALARM",
                    "clear its cause before starting",
                )
            ],
        ),
        (
            _alarm(AlarmState.INSUFFICIENT_DATA),
            [
                Problem(
                    "gate croaking",
                    "frogs-complain has INSUFFICIENT_DATA",
                    "wait for data, or name the lane without traffic that it watches",
                )
            ],
        ),
        (
            _alarm(AlarmState.OK, actions_enabled=False),
            [
                Problem(
                    "gate croaking",
                    "the actions of frogs-complain are disabled",
                    "somebody muted it: enable its actions",
                )
            ],
        ),
        (
            lambda river: river.breaks("alarms"),
            [
                Problem("gate watchdog", "Describe on alarms: Rate exceeded", WATCHED),
                Problem(
                    "gate croaking", "Describe on alarms: Rate exceeded", MUST_PASS
                ),
            ],
        ),
        (
            _still,
            [
                Problem(
                    "gate watchdog",
                    "watchdog-heartbeat is in ALARM: it is still",
                    WATCHED,
                )
            ],
        ),
        (
            lambda river: setattr(river, "line", "the dam breaks"),
            [
                Problem(
                    "gate line",
                    "stopped: the dam breaks; to let it go: aws ssm put-parameter "
                    "--name /riverbank/line --overwrite --value go",
                    'write "go" into the parameter to let the line go',
                )
            ],
        ),
        (
            _closed,
            [
                Problem(
                    "gate season",
                    "closed until 2026-03-02T10:00+00:00",
                    "start while it is open, for as long as a step takes",
                )
            ],
        ),
        (_stopped, [Problem("gate echo", "task is stopped: a dam", MUST_PASS)]),
        (
            lambda river: river.set_targets(
                Lane.GREEN, "edge-2", healthy=0, registered=2
            ),
            [
                Problem(
                    "gate burrows",
                    "edge-1 2 of 2 healthy, edge-2 0 of 2 healthy, 1 needed",
                    MUST_PASS,
                )
            ],
        ),
        (
            lambda river: river.set_targets(Lane.BLUE, "edge-1", healthy=0),
            [Problem("gate capacity", "edge-1 0 healthy", MUST_PASS)],
        ),
    ],
    ids=[
        "an edge that cannot be read",
        "an edge that is not all blue",
        "odd DNS weights",
        "a long TTL",
        "a missing alarm",
        "an alarm in ALARM",
        "an alarm without data",
        "a muted alarm",
        "alarms that cannot be asked",
        "no heartbeat",
        "a line that is stopped",
        "a calendar that is closed",
        "a stopped task",
        "no healthy green",
        "no healthy blue",
    ],
)
def test_a_world_that_is_not_ready_is_refused(
    trouble: Callable[[River], None], problems: list[Problem]
) -> None:
    """Each says what was found and what would be right; nothing was touched."""
    bench = Bench()
    bench.river.calendars["salmon-run"] = CalendarSeen(open=True)
    trouble(bench.river)
    gates = [CROAKING, ECHO, BURROWS, SEASON]

    assert tuple(problems) == _refused(bench, plan(gates=gates))


def test_an_alarm_without_data_about_a_lane_without_traffic_does_not_refuse() -> None:
    bench = Bench()
    _alarm(AlarmState.INSUFFICIENT_DATA)(bench.river)

    bench.start(plan(gates=[CROAKING | {"lane": "green"}]))

    assert Phase.PREPARED is bench.record.phase


def test_approvals_and_evidence_that_are_still_to_come_do_not_refuse() -> None:
    bench = Bench()

    bench.start(plan())

    assert Phase.PREPARED is bench.record.phase


def test_everything_that_is_wrong_with_the_world_is_told_at_once() -> None:
    """Nobody has to start seven times to hear of seven problems."""
    bench = Bench()
    river = bench.river
    _unreadable_edge(river)
    river.edit("edge-1", green=1)
    river.dns = DnsState(weights={"edge-1": 0, "edge-2": 0}, ttl_seconds=300)
    _no_alarm(river)
    river.set_targets(Lane.GREEN, "edge-2", healthy=0)

    assert (
        Problem("edge-1", "shows green 100 %", ALL_BLUE_FIRST),
        Problem("edge-2", "AccessDenied", "must be readable"),
        Problem(
            "dns",
            "weights {'edge-1': 0, 'edge-2': 0}",
            "must give a whole per mille",
        ),
        Problem("dns", "TTL 300 s", "at most 60 s"),
        Problem(
            "gate croaking",
            "frogs-complain",
            "no such alarm: create it or correct the name",
        ),
        Problem(
            "gate burrows",
            "edge-1 2 of 2 healthy, edge-2 0 of 0 healthy, 1 needed",
            MUST_PASS,
        ),
    ) == _refused(bench)


@pytest.mark.parametrize("source", ["dns", "capacity"])
def test_what_the_baseline_needs_and_cannot_be_asked_is_raised(source: str) -> None:
    """It says nothing about the plan; the retry asks again."""
    bench = Bench()
    bench.river.breaks(source)

    with pytest.raises(Throttled, match="Rate exceeded"):
        bench.start()

    assert UNTOUCHED == bench.untouched()


# --- the lock -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "held",
    [
        Holder("cutover:badgers-4", NOW - timedelta(hours=2)),
        Holder(
            "rotation:lodge#77",
            NOW - timedelta(minutes=3),
            expires_at=NOW + timedelta(microseconds=1),
        ),
        Holder(
            "deploy:tuesday",
            NOW - timedelta(minutes=3),
            expires_at=NOW + timedelta(hours=1),
        ),
    ],
    ids=lambda held: held.holder,
)
def test_an_environment_that_is_held_is_refused(held: Holder) -> None:
    """The refusal says by whom and since when; the holder keeps it."""
    bench = Bench()
    bench.store.locks["riverbank"] = held

    with pytest.raises(LockHeld) as refused:
        bench.start()

    assert ("riverbank", held.holder, held.since) == (
        refused.value.environment,
        refused.value.holder,
        refused.value.since,
    )
    assert ({}, [], held.holder) == bench.untouched()


def test_a_lease_that_has_ended_holds_nothing() -> None:
    """A rotation that died must not keep cutovers out for ever."""
    bench = Bench()
    bench.store.locks["riverbank"] = Holder(
        "rotation:lodge#77", NOW - timedelta(hours=1), expires_at=NOW
    )

    bench.start()

    assert f"cutover:{OTTERS}" == bench.holder


def test_whoever_takes_the_lock_during_the_checks_keeps_it() -> None:
    bench = Bench()
    rival = Holder("deploy:tuesday", NOW, expires_at=NOW + timedelta(hours=1))
    bench.river.before("save", lambda: bench.store.locks.update(riverbank=rival))

    with pytest.raises(LockHeld, match="deploy:tuesday"):
        bench.start()

    assert ({}, ["save"], "deploy:tuesday") == bench.untouched()


def test_two_cutovers_of_one_environment_cannot_begin() -> None:
    bench = Bench()
    bench.start()
    rival = Start(cutover_id="badgers-4", plan=SWIM, started_by="Fern")

    with pytest.raises(LockHeld, match=f"cutover:{OTTERS}"):
        prepare(rival, bench.ports)

    assert [OTTERS] == list(bench.store.records)


def test_none_begins_while_another_that_lost_its_lock_goes_back() -> None:
    """Somebody has deleted the lock; the way back may still have writes to make."""
    bench = Bench()
    bench.start()
    del bench.store.locks["riverbank"]
    rival = Start(cutover_id="badgers-4", plan=SWIM, started_by="Fern")

    with pytest.raises(LockHeld, match=f"cutover:{OTTERS}"):
        prepare(rival, bench.ports)

    assert [OTTERS] == list(bench.store.records)


# --- blue that cannot be kept able ----------------------------------------------------


def test_a_start_that_cannot_keep_blue_able_goes_back() -> None:
    """Without it the way back might not carry the traffic."""
    bench = Bench()
    bench.river.refused.add("keep capacity")

    directive = bench.start()

    told = (
        "scaling of blue could not be suspended: Change on keep capacity: Rate exceeded"
    )
    assert (Next.ROLL_BACK_LATER, Phase.ROLLING_BACK, told) == (
        directive.action,
        bench.record.phase,
        bench.record.reason,
    )
    assert [told] == bench.pages
    assert Next.END_ROLLED_BACK is bench.finish_all(directive).action
    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)
