"""Single faults in every scenario, and wrong engines that must not get through.

`make crash` runs the pairs of faults as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from shifter.core.directive import Directive
from shifter.core.errors import NotReady
from shifter.ports import Ports
from tests.crash.__main__ import main
from tests.crash.explore import Tally, explore, followers, singles
from tests.crash.machine import Crash
from tests.crash.run import ENGINE, run
from tests.crash.scenarios import SCENARIOS, End
from tests.crash.schedule import Fault, Race, Racer, Schedule, Strike, faults_of
from tests.crash.variants import (
    RUSHES,
    VARIANTS,
    Variant,
    WrongRush,
    first_failure,
    first_wrong_rush,
)

LONG = "edge-refuses-for-ever"
"""The same for minutes: its single faults are left to `make crash`."""
EXPECTED = {
    "the acting function moves the step": "allowed were at most",
    "shift believes its writes": "shift saved settle (read_back): edge-1 shows",
    "roll_back looks only once": "write edge-1 late: edge-1 shows",
    "the watchdog finishes the shift": "ends green",
    "the breaker trusts a stale event": "an event from before was believed",
    "the watchdog writes green after a completion": "though it was completed before",
    "the watchdog rests after the end": "ends blue, and edge-1 shows 1/0/1",
    "resolve frees without looking": "saved resolve (variant): edge-2 shows 4/0/1",
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_it_should_when_nothing_fails(name: str) -> None:
    result = run(Schedule(name))

    assert ((), SCENARIOS[name].usual_end) == (result.violations, result.end)


@pytest.mark.parametrize("name", [n for n in SCENARIOS if n != LONG])
def test_no_single_fault_leads_to_a_wrong_end(name: str) -> None:
    """Alone, and with an operator's abort right before it."""
    tally = Tally(name)
    for schedule in singles(name, racers=[Racer.ABORT]):
        tally.count(run(schedule))

    assert [] == [str(r.schedule) for r in tally.first_failures]
    assert tally.runs == sum(tally.ends.values()) > 300


@pytest.mark.parametrize("racer", [racer for racer in Racer if racer != Racer.ABORT])
@pytest.mark.parametrize("name", SCENARIOS)
def test_nobody_who_comes_at_any_moment_leads_to_a_wrong_end(
    name: str, racer: Racer
) -> None:
    failures = [
        str(result.schedule)
        for number in range(1, len(run(Schedule(name)).effects) + 1)
        if (result := run(Schedule(name, race=Race(racer, number)))).failed
    ]

    assert [] == failures


@pytest.mark.parametrize("racer", [Racer.WATCHDOG, Racer.GLASS])
def test_no_single_fault_keeps_anybody_from_bringing_it_home(racer: Racer) -> None:
    """Right after a function has died, and while it still waits for an answer."""
    tally = Tally("completes")
    for schedule in singles("completes", racers=[racer]):
        tally.count(run(schedule))

    assert [] == [str(r.schedule) for r in tally.first_failures]


@pytest.mark.parametrize("raised", [NotReady(()), Crash("always")])
def test_a_start_that_cannot_be_made_leaves_everything_as_it_was(
    raised: BaseException,
) -> None:
    """Refused at once, or given up after retries; either way no lock is left."""

    def refuse(event: Any, ports: Ports) -> Directive:
        raise raised

    result = run(Schedule("completes"), {**ENGINE, "${PrepareFunction}": refuse})

    assert ((), End.NOT_STARTED) == (result.violations, result.end)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_wrong_engine_works_while_nothing_fails(variant: Variant) -> None:
    """So it is the faults that catch it."""
    for scenario in variant.scenarios:
        assert () == run(Schedule(scenario), variant.engine).violations


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_wrong_engine_is_caught(variant: Variant) -> None:
    result = first_failure(variant)

    assert result is not None
    print(f"{variant.name}: {result.schedule}: {result.violations[0]}")
    assert EXPECTED[variant.name] in result.violations[0]


@pytest.mark.parametrize("wrong", RUSHES, ids=lambda wrong: wrong.name)
def test_somebody_wrong_who_comes_from_outside_is_caught(wrong: WrongRush) -> None:
    result = first_wrong_rush(wrong)

    assert result is not None
    print(f"{wrong.name}: {result.schedule}: {result.violations[0]}")
    assert EXPECTED[wrong.name] in " ".join(result.violations)


def test_a_printed_schedule_can_be_replayed() -> None:
    """The line is all that is needed to see the same run again."""
    for written in (
        "completes 12:late-last abort@12",
        "completes 10:twice 24:crash-after",
        "dns 15:late-at-20 breaker@15",
        "completes 20:crash-after watchdog@21",
        "completes stale@9",
        "edge-refuses-way-back glass@30",
        "blue-ill-on-way-back resolve@30",
        "hand-over",
    ):
        schedule = Schedule.parse(written)
        first, again = run(schedule), run(Schedule.parse(str(schedule)), trace=True)

        assert written == str(schedule)
        assert first.reached
        assert first.course == again.course
        assert again.trace


@pytest.mark.parametrize(
    "written", ["completes 12", "completes x:twice", "completes 1:nothing", "c a@1 b@x"]
)
def test_a_line_that_is_no_schedule_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"write 12:crash-after|is not a valid"):
        Schedule.parse(written)


def test_each_kind_of_effect_has_its_faults() -> None:
    anywhere = {Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ANSWER_LOST, Fault.TWICE}

    assert anywhere | {Fault.SLOW} == set(faults_of("save"))
    assert anywhere == set(faults_of("save", in_pairs=True))
    assert anywhere - {Fault.TWICE} == set(faults_of("send", in_pairs=True))
    assert {Fault.LATE_SOON, Fault.LATE_LAST} < set(
        faults_of("write edge-2", in_pairs=True)
    )
    assert {Fault.TWICE, Fault.ECHO_SOON, Fault.ECHO_LATE} == set(
        faults_of("call shift")
    )


def test_pairs_are_counted_in_the_run_that_the_first_fault_has_changed() -> None:
    first = run(Schedule("completes", (Strike(11, Fault.ANSWER_LOST),)))
    pairs = list(followers(first))

    assert len(first.effects) > len(run(Schedule("completes")).effects)
    assert len(first.effects) == max(pair.last for pair in pairs)
    assert set(range(12, len(first.effects) + 1)) == {pair.last for pair in pairs}
    assert {None, Racer.ABORT} == {pair.race and pair.race.racer for pair in pairs}
    assert all(run(pair).reached for pair in pairs[::97])


@pytest.mark.parametrize("name", ["dns", "edge-refuses-way-back", "hand-over"])
def test_pairs_leave_out_only_a_doubling_that_changes_nothing(name: str) -> None:
    plain = run(Schedule(name))
    for number, effect in enumerate(plain.effects, start=1):
        if Fault.TWICE not in faults_of(effect, in_pairs=True):
            twice = run(Schedule(name, (Strike(number, Fault.TWICE),)))
            assert plain.course == twice.course, effect


def test_a_fault_that_changes_nothing_is_not_followed() -> None:
    """A weight that is written twice is the same weight."""
    twice = Schedule("completes", (Strike(12, Fault.TWICE),))

    assert "write edge-1" == run(twice).effects[11]
    assert [] == list(followers(run(twice)))
    assert [] != list(
        followers(run(replace(twice, strikes=(Strike(11, Fault.TWICE),))))
    )


def test_tallies_add_up() -> None:
    """Parts that were explored apart give what one exploration gives."""
    schedules = list(singles("raised-by-hand", racers=[]))[:40]
    whole, parts = Tally("raised-by-hand"), Tally("raised-by-hand")
    for schedule in schedules:
        whole.count(run(schedule))
        parts.add(explore((schedule, False)))

    assert (40, whole.ends) == (parts.runs, parts.ends)
    assert Counter({End.BLUE: 40}) == parts.ends


def test_the_command_replays_a_schedule(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["--schedule", "completes 12:late-last abort@12"])

    told = capsys.readouterr().out
    assert "12 write edge-1  ← late-last" in told
    assert "write edge-1 lands late" in told
    assert "completes 12:late-last abort@12: blue" in told


def test_the_command_says_when_a_schedule_was_not_reached(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert 0 == main(["--schedule", f"completes {Race(Racer.ABORT, 999)}"])

    assert "ended before everything" in capsys.readouterr().out


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--singles", "--scenario", "raised-by-hand", "--jobs", "1"]

    assert 0 == main(arguments)

    told = capsys.readouterr().out
    assert "raised-by-hand" in told
    assert "0 failures" in told
