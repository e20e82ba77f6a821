from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from interlock.lock import Holder
from shifter.core.directive import Directive, Next
from shifter.core.errors import Conflict
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.phases import Phase
from shifter.engine import control
from shifter.engine.breaker import trip
from shifter.engine.saving import ATTEMPTS
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    NOW,
    OTTERS,
    UNTOUCHED,
    Bench,
)

FROGS = "frogs-complain"
HELD = plan(
    gates=[
        {**CROAKING, "on_alarm": "hold"},
        {**CROAKING, "name": "splashing", "alarm": "water-splashes"},
        BURROWS,
    ]
)


@pytest.fixture
def bench() -> Bench:
    """A cutover that bakes its first step, and an alarm that fires."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    bench.river.alarms[FROGS] = AlarmSeen(AlarmState.ALARM, reason="too many frogs")
    bench.river.effects.clear()
    return bench


def _trip(
    bench: Bench, alarm: str = FROGS, at: datetime | None = None
) -> Directive | None:
    return trip(alarm, at or bench.clock.now(), bench.ports)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (AlarmSeen(AlarmState.ALARM, reason="too many"), "is in ALARM: too many"),
        (AlarmSeen(AlarmState.ALARM), "is in ALARM"),
        (AlarmSeen(AlarmState.INSUFFICIENT_DATA), "is in INSUFFICIENT_DATA"),
        (None, "is in MISSING"),
    ],
    ids=str,
)
def test_whatever_is_not_ok_leads_back(
    bench: Bench, seen: AlarmSeen | None, reason: str
) -> None:
    bench.river.alarms.pop(FROGS)
    if seen is not None:
        bench.river.alarms[FROGS] = seen

    done = _trip(bench)

    assert done is not None
    assert (Next.ROLL_BACK_LATER, Phase.ROLLING_BACK) == (
        done.action,
        bench.record.phase,
    )
    assert f"alarm frogs-complain {reason}" == bench.record.reason
    assert [bench.record.reason] == bench.pages
    assert ("breaker", "roll_back", "asked") in bench.told()


def test_an_alarm_that_cannot_be_read_leads_back(bench: Bench) -> None:
    bench.river.breaks("alarms")

    assert _trip(bench) is not None
    assert "changed to ALARM, and cannot be read: " in bench.record.reason


def test_an_alarm_of_which_nothing_is_told_leads_back(bench: Bench) -> None:
    class Silent:
        def read(self, *_: object) -> dict[str, object]:
            return {}

    bench.ports.readers = {**bench.ports.readers, "alarm": Silent()}

    assert _trip(bench) is not None
    assert "it was not told" in bench.record.reason


def test_an_alarm_that_is_ok_again_is_only_written_down(bench: Bench) -> None:
    bench.river.alarms[FROGS] = AlarmSeen(AlarmState.OK)
    before, told = bench.record, len(bench.journal)

    assert _trip(bench) is None
    assert [("breaker", "ignore", "alarm_ok_now")] == bench.told(told)
    assert ["save"] == bench.river.effects
    kept = {"version", "journal_length", "journal_head"}
    assert before.model_dump(exclude=kept) == bench.record.model_dump(exclude=kept)


def test_an_event_of_the_moment_of_the_start_counts(bench: Bench) -> None:
    assert _trip(bench, at=bench.record.started_at) is not None


@pytest.mark.parametrize(
    ("alarm", "at"),
    [
        ("herons-complain", None),
        ("", None),
        (FROGS, NOW - timedelta(milliseconds=1)),
        (FROGS, NOW - timedelta(days=300)),
    ],
)
def test_a_foreign_or_stale_event_changes_nothing(
    bench: Bench, alarm: str, at: datetime | None
) -> None:
    before = bench.record

    assert _trip(bench, alarm, at) is None
    assert (before, []) == (bench.record, bench.river.effects)


def test_an_alarm_that_only_holds_changes_nothing() -> None:
    bench = Bench()
    bench.river.alarms["water-splashes"] = AlarmSeen(AlarmState.OK)
    bench.start(HELD)
    bench.river.alarms[FROGS] = AlarmSeen(AlarmState.ALARM)
    before = bench.record

    assert _trip(bench) is None
    assert before == bench.record


def test_where_nothing_runs_nothing_happens() -> None:
    bench = Bench()

    assert _trip(bench) is None
    assert bench.untouched() == UNTOUCHED


def test_another_holder_is_no_cutover() -> None:
    bench = Bench()
    bench.store.locks["riverbank"] = Holder("deploy:7", NOW, NOW + timedelta(hours=1))

    assert _trip(bench) is None
    assert ({}, [], "deploy:7") == bench.untouched()


def test_a_replayed_event_changes_nothing(bench: Bench) -> None:
    """Nor does one for a cutover that goes back for another reason, or has ended."""
    _trip(bench)
    before = bench.record

    assert _trip(bench) is None
    assert before == bench.record
    bench.finish_all(bench.now())
    before = bench.record
    assert _trip(bench) is None
    assert before == bench.record


def test_who_saves_at_the_same_moment_does_not_stop_it(bench: Bench) -> None:
    bench.river.before(
        "save",
        lambda: control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch"),
    )

    assert _trip(bench) is not None
    assert bench.record.phase is Phase.ROLLING_BACK
    assert bench.record.pause is not None


def test_it_gives_up_when_somebody_saves_all_the_time(bench: Bench) -> None:
    """Lambda tries an event again, and a poll comes soon."""
    tries = 0

    def interfere() -> None:
        nonlocal tries
        tries += 1
        order = control.pause if tries % 2 else control.resume
        order(OTTERS, bench.ports, by="Bramble", reason="lunch")
        bench.river.before("alarms", interfere)

    bench.river.before("alarms", interfere)

    with pytest.raises(Conflict):
        _trip(bench)

    assert ATTEMPTS == tries
    assert bench.record.phase is Phase.BAKING
