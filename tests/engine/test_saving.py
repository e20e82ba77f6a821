from __future__ import annotations

import pytest

from shifter.adapters.bodies import LARGEST_BYTES
from shifter.core.directive import Next
from shifter.core.errors import (
    AwsError,
    Conflict,
    Denied,
    Rejected,
    Throttled,
    Unavailable,
)
from shifter.core.journal import GENESIS, broken_at
from shifter.core.notice import Severity
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.saving import QUEUED, deliver, direct, load, save
from tests.core.examples import plan
from tests.engine.bench import OTTERS, Bench

COUNTED = {"kind": "sufficiency", "name": "headcount", "minimum_requests": 400}


def _aborted() -> Bench:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    return bench


# --- the outbox -----------------------------------------------------------------------


def test_each_change_of_phase_or_step_is_told_once() -> None:
    bench = Bench()
    bench.finish_all(bench.start())

    assert [
        ("PREPARED", 0, "ready"),
        ("SHIFTING", 1, "next_step"),
        ("BAKING", 1, "read_back"),
        ("SHIFTING", 2, "next_step"),
        ("BAKING", 2, "read_back"),
        ("SHIFTING", 3, "next_step"),
        ("BAKING", 3, "read_back"),
        ("COMPLETED", 3, "read_back"),
    ] == [(n.phase, n.step, n.rule) for n in bench.notices]
    assert () == bench.record.outbox


def test_a_notice_names_the_entry_that_caused_it() -> None:
    """Whoever keeps the notices can prove that no earlier entry was changed."""
    bench = _aborted()
    bench.finish_all(bench.now())
    caused = {entry.hash: entry for entry in bench.journal}

    assert [
        (n.phase, n.action, n.rule, n.reason, n.at, n.step) for n in bench.notices
    ] == [
        (e.phase, e.action, e.rule, e.reason, e.at, e.step)
        for e in (caused[n.journal_head] for n in bench.notices)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        Unavailable("Publish", "the notice topic", "no answer"),
        Throttled("Publish", "the notice topic", "Rate exceeded"),
        Denied("Publish", "the notice topic", "no permission"),
        Rejected("Publish", "the notice topic", "no such topic"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_notifier_that_fails_keeps_nobody_from_safety(broken: AwsError) -> None:
    """Every notice waits in the outbox, and goes out in order when it can."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    sent = len(bench.notices)
    bench.notifier.broken = broken
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    directive = bench.go_on(directive, lambda record: record.phase is Phase.ROLLED_BACK)
    assert (sent, ["ordered", "abort", "second_read_back"]) == (
        len(bench.notices),
        [notice.rule for notice in bench.record.outbox],
    )
    bench.notifier.broken = None

    directive = bench.follow(directive)

    assert (Next.FINISH_LATER, ()) == (directive.action, bench.record.outbox)
    assert ["ordered", "abort", "second_read_back"] == [
        notice.rule for notice in bench.notices[sent:]
    ]
    assert f"3 sent: {bench.notices[-1].subject}" == bench.journal[-1].reason


def test_a_notice_goes_out_with_the_next_verb_even_if_that_tells_nothing() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    bench.river.refused.add("send")
    kept = control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch").outbox
    bench.river.refused.clear()

    bench.follow(directive)

    assert ((), kept) == (bench.record.outbox, tuple(bench.notices[-1:]))


def test_a_notice_that_was_sent_without_an_answer_is_sent_again() -> None:
    """Twice rather than never."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    bench.river.lost.add("send")
    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")
    bench.river.lost.clear()

    bench.follow(directive)

    assert ["ordered", "ordered"] == [notice.rule for notice in bench.notices[-2:]]


@pytest.mark.parametrize("trouble", ["refused", "lost"])
def test_an_outbox_that_cannot_be_emptied_raises_nothing(trouble: str) -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    bench.river.after("send", lambda: getattr(bench.river, trouble).add("save"))

    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")

    getattr(bench.river, trouble).clear()
    bench.follow(bench.now())
    assert () == bench.record.outbox


def test_whoever_saves_between_sending_and_emptying_wins() -> None:
    """The outbox is emptied by the next verb; the order is not lost."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)

    def abort() -> None:
        control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")

    bench.river.after("send", abort)

    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")

    assert bench.record.abort is not None
    assert () == bench.record.outbox


def test_an_empty_outbox_is_left_alone() -> None:
    bench = Bench()
    bench.start()
    record = bench.record
    bench.river.effects.clear()

    assert record == deliver(bench.ports, record)
    assert [] == bench.river.effects


def test_a_bus_that_fails_keeps_no_page_from_people() -> None:
    """Everybody is told once; what systems missed is announced when the bus is back."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    sent, announced = len(bench.notices), len(bench.notifier.announced)
    bench.notifier.bus_broken = Denied("PutEvents", "the event bus", "no permission")
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    directive = bench.go_on(directive, lambda record: record.phase is Phase.ROLLED_BACK)
    rules = ["ordered", "abort", "second_read_back"]
    assert rules == [notice.rule for notice in bench.notices[sent:]]
    assert rules == [notice.rule for notice in bench.record.unannounced]
    assert announced == len(bench.notifier.announced)
    bench.notifier.bus_broken = None

    bench.follow(directive)

    assert rules == [notice.rule for notice in bench.notices[sent:]]
    assert rules == [notice.rule for notice in bench.notifier.announced[announced:]]
    assert ((), ()) == (bench.record.outbox, bench.record.unannounced)
    assert f"3 announced: {bench.notices[-1].subject}" == bench.journal[-1].reason


def test_a_notice_that_is_refused_for_itself_keeps_no_later_one_back() -> None:
    bench = Bench()
    bench.reach(Phase.BAKING, 1)

    def refuse() -> None:
        raise Rejected("Publish", "the notice topic", "InvalidParameter")

    bench.river.before("send", refuse)
    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")
    assert ["lunch"] == [notice.reason for notice in bench.record.outbox]
    bench.river.before("send", refuse)

    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")

    assert "a heron" == bench.notices[-1].reason
    assert ["lunch"] == [notice.reason for notice in bench.record.outbox]


def _told(bench: Bench, number: int, severity: Severity) -> Record:
    """The record after one more thing that people are told, and nobody can send."""
    record = bench.record
    return save(
        bench.ports,
        record,
        now=bench.clock.now(),
        actor="assess",
        action="hold",
        rule="deadline_page",
        reason=f"{number} " + "otters complain " * 1000,
        before=record.phase,
        notify=severity,
    )


def test_notices_that_cannot_be_sent_never_make_a_record_too_large_to_be_saved() -> (
    None
):
    """A night without the topic must not take the way back away."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    records = [_told(bench, number, Severity.PAGE) for number in range(500)]
    record = records[-1]

    assert [QUEUED, QUEUED] == [len(record.outbox), len(record.unannounced)]
    assert record.outbox[-1].reason.startswith("499 otters complain")
    assert len(record.model_dump_json()) < LARGEST_BYTES // 2


def test_a_full_queue_lets_go_of_what_needs_nobody_before_it_lets_go_of_a_page() -> (
    None
):
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    calm = [Severity.INFO] * (2 * QUEUED - 1)
    told = enumerate([Severity.PAGE, *calm])
    records = [_told(bench, number, severity) for number, severity in told]
    record = records[-1]

    assert [Severity.PAGE, *[Severity.INFO] * (QUEUED - 1)] == [
        notice.severity for notice in record.outbox
    ]
    assert ["0", f"{2 * QUEUED - 1}"] == [
        record.outbox[place].reason.split()[0] for place in (0, -1)
    ]


# --- versions and the journal ---------------------------------------------------------


def _whole(bench: Bench) -> None:
    record, journal = bench.record, bench.journal
    assert broken_at(journal) is None
    assert (record.version, record.journal_length, record.journal_head) == (
        len(journal),
        len(journal),
        journal[-1].hash,
    )
    assert (GENESIS, None) == (journal[0].previous, journal[0].phase_before)
    assert [entry.phase for entry in journal[:-1]] == [
        entry.phase_before for entry in journal[1:]
    ]
    assert record.phase is journal[-1].phase


@pytest.mark.parametrize("way", ["on", "back"])
def test_the_journal_is_whole_after_a_long_run(way: str) -> None:
    """Entry by entry it tells how one phase became the next."""
    bench = Bench(history_limit=1000)
    bench.river.refused.add("write edge-2")
    directive = bench.reach(Phase.SHIFTING, 1, plan=plan(gates=[COUNTED]))
    directive = bench.follow(directive)
    bench.river.refused.clear()
    directive = bench.go_on(directive, lambda record: record.step == 3)
    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")
    control.resume(OTTERS, bench.ports, by="Fern", reason="lunch is over")
    if way == "back":
        control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
        bench.river.refused.add("write edge-1")
        directive = bench.go_on(
            directive, lambda record: record.phase is Phase.ROLLBACK_STUCK
        )
        bench.river.refused.clear()
    bench.finish_all(directive)

    assert len(bench.journal) > 100
    _whole(bench)


def test_a_save_that_lost_the_race_leaves_everything_in_step() -> None:
    bench = Bench()
    bench.start()
    old = bench.record
    control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")
    record, journal = bench.record, bench.journal

    with pytest.raises(Conflict):
        save(
            bench.ports,
            old,
            now=bench.clock.now(),
            actor="nobody",
            action="nothing",
            rule="none",
            reason="too late",
            before=old.phase,
        )

    assert (record, journal) == (bench.record, bench.journal)
    _whole(bench)


def test_a_record_is_loaded_as_it_was_saved() -> None:
    bench = Bench()
    bench.start()

    assert bench.record == load(bench.ports, OTTERS)


def test_a_directive_carries_the_version_of_the_decision() -> None:
    """A claim raises the version of the record; its directive must stay good."""
    bench = Bench()
    directive = bench.reach(Phase.SHIFTING, 1)
    bench.river.refused.add("write edge-1")
    bench.follow(directive)

    told = direct(bench.record, Next.ASSESS, bench.clock.now())

    assert bench.record.decided == told.version < bench.record.version
