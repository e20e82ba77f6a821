"""What every reader of calendars and of the line promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.gate import Situation, Unreadable
from shifter.core.gates.line import LineGate, LineSeen
from tests.adapters.bench import LINE, NOW, Bench

LATER = NOW + timedelta(hours=3)
HOURS = CalendarGate(name="hours", calendar="office-hours")
FREEZE = CalendarGate(name="freeze", calendar="freeze")
AGAIN = CalendarGate(name="again", calendar="freeze")
GATE = LineGate()
SITUATIONS = {gate.name: Situation(now=NOW) for gate in (HOURS, FREEZE, AGAIN, GATE)}


def test_each_calendar_is_told_for_itself(bench: Bench) -> None:
    bench.set_calendar("office-hours", is_open=True, changes_at=LATER)
    bench.set_calendar("freeze", is_open=False)

    assert {
        "hours": CalendarSeen(open=True, changes_at=LATER),
        "freeze": CalendarSeen(open=False),
        "again": CalendarSeen(open=False),
    } == bench.calendars.read([HOURS, FREEZE, AGAIN], SITUATIONS)


def test_calendars_that_cannot_be_asked_for_are_unreadable(bench: Bench) -> None:
    bench.set_calendar("office-hours", is_open=True)
    bench.break_source("calendars")

    [seen] = bench.calendars.read([HOURS], SITUATIONS).values()

    assert isinstance(seen, Unreadable)


@pytest.mark.parametrize("value", ["go", "the till in Lyon is down"])
def test_the_line_is_told_as_it_is_written(bench: Bench, value: str) -> None:
    bench.set_line(value)

    assert {"line": LineSeen(LINE, value)} == bench.line.read([GATE], SITUATIONS)


def test_a_parameter_that_nobody_wrote_has_no_value(bench: Bench) -> None:
    assert {"line": LineSeen(LINE)} == bench.line.read([GATE], SITUATIONS)


def test_a_topology_without_a_parameter_has_no_line(small: Bench) -> None:
    """And nobody is asked."""
    small.break_source("line")

    assert {"line": LineSeen(None)} == small.line.read([GATE], SITUATIONS)


def test_a_line_that_cannot_be_asked_for_is_unreadable(bench: Bench) -> None:
    bench.set_line("go")
    bench.break_source("line")

    [seen] = bench.line.read([GATE], SITUATIONS).values()

    assert isinstance(seen, Unreadable)
