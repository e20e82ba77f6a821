"""Playing windows, and what their crossings say.

The simulations are seeded, so a run is the same each time; their margins are wide.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shifter.core.aa.binomial import at_least, limit
from shifter.core.aa.past import Direction, Stretch, ZonedMinute, directions, windows
from shifter.core.aa.play import Played, play
from shifter.core.aa.verdict import (
    ENOUGH,
    REFUSED_BY_CHANCE,
    Finding,
    judged,
    together,
)
from shifter.core.gates.evidence import EvidenceGate
from tests.core.aa.pasts import BEGAN, ZONES, Rate, past, steady

GATE = EvidenceGate(name="evidence", slow_above_ms=500)
STRETCHES = (
    Stretch(50, timedelta(minutes=30)),
    Stretch(250, timedelta(minutes=30)),
)
ALPHA = 0.01


def plays(rate: Rate, *, cutovers: int = 60, seed: int = 1) -> list[Played]:
    minutes = past(60 + 60 * cutovers, rate, seed=seed)
    return [
        play(GATE.parameters(), STRETCHES, window, direction)
        for window in windows(minutes, STRETCHES)
        for direction in directions(ZONES)
    ]


def crossings(found: list[Played], direction: Direction) -> int:
    return sum(p.crossing is not None for p in found if p.direction == direction)


def test_healthy_traffic_keeps_the_promise() -> None:
    found = plays(steady)

    assert 360 == len(found)
    assert all(played.known and not played.astray for played in found)
    assert Finding.HOLDS is together(judged(found, ALPHA))
    assert {0.0} != {played.nats for played in found}


def test_a_zone_that_is_worse_is_seen_and_named() -> None:
    """The negative control: the check can see what it rules out."""
    found = plays(lambda zone, _: 0.05 if zone == "b" else 0.01, cutovers=30)
    told = {one.direction: one for one in judged(found, ALPHA)}

    assert Finding.REFUSED is together(tuple(told.values()))
    assert 30 == crossings(found, Direction("b"))
    assert Finding.REFUSED is told[Direction("b")].finding
    assert 0 == crossings(found, Direction("b", others=True))
    crossed = next(p.crossing for p in found if p.direction == Direction("b"))
    assert crossed is not None
    assert "failed" == crossed.objective
    assert crossed.green[1] / crossed.green[0] > crossed.blue[1] / crossed.blue[0]


def test_failures_in_clumps_break_the_promise_and_the_clumping_that_helps_is_told() -> (
    None
):
    """Outages of single zones, each for a minute: no request fails alone."""
    clumps = Random(3)
    bad = {(clumps.choice(ZONES), clumps.randrange(60 * 31)) for _ in range(60)}
    found = plays(
        lambda zone, minute: 0.6 if (zone, minute) in bad else 0.001, cutovers=30
    )

    assert Finding.REFUSED is together(judged(found, ALPHA))
    needed = [p.crossing.phi_needed for p in found if p.crossing is not None]
    assert any(phi is not None and phi > 1 for phi in needed)


def test_too_few_windows_say_nothing() -> None:
    found = judged(plays(steady, cutovers=3), ALPHA)

    assert all(one.visible > ENOUGH for one in found)
    assert Finding.TOO_FEW is together(found)
    assert Finding.TOO_FEW is together(())


def test_a_window_of_which_half_is_unknown_is_not_played() -> None:
    minutes = past(120, steady)
    silent = [ZonedMinute(m.start, {"edge-1": {}}) for m in minutes]
    for known, expected in ((29, False), (31, True)):
        [window] = windows([*minutes[: 60 + known], *silent[60 + known :]], STRETCHES)
        played = play(GATE.parameters(), STRETCHES, window, Direction("a"))
        assert played.known is expected


def test_without_the_hour_before_nothing_is_played() -> None:
    minutes = past(120, steady)
    silent = [ZonedMinute(m.start, {}) for m in minutes[:40]]
    [window] = windows([*silent, *minutes[40:]], STRETCHES)

    assert not play(GATE.parameters(), STRETCHES, window, Direction("a")).known


def test_a_zone_that_takes_another_part_of_the_requests_is_told() -> None:
    minutes = past(120, steady)
    moved = [
        ZonedMinute(
            m.start,
            {
                edge: {
                    z: (c[0] * (3 if z == "a" else 1), *c[1:]) for z, c in of.items()
                }
                for edge, of in m.counts.items()
            },
        )
        for m in minutes[60:]
    ]
    [window] = windows([*minutes[:60], *moved], STRETCHES)

    played = play(GATE.parameters(), STRETCHES, window, Direction("a"))

    assert (True, True) == (played.known, played.astray)


def test_a_zone_that_had_nothing_the_hour_before_is_told_as_well() -> None:
    """It was shut off, or did not exist: nobody knows which part it should have."""
    minutes = past(120, steady)
    before = [
        ZonedMinute(m.start, {e: {"b": of["b"]} for e, of in m.counts.items()})
        for m in minutes[:60]
    ]
    [window] = windows([*before, *minutes[60:]], STRETCHES)

    played = play(GATE.parameters(), STRETCHES, window, Direction("a"))

    assert (True, True) == (played.known, played.astray)


@settings(max_examples=200)
@given(
    windows_played=st.integers(0, 200),
    crossed=st.integers(0, 200),
    of=st.integers(1, 6),
)
def test_more_crossings_never_make_it_better(
    windows_played: int, crossed: int, of: int
) -> None:
    """And what was not known counts for nothing."""
    crossed = min(crossed, windows_played)
    one = Played(direction=Direction("a"), start=BEGAN, known=True)
    [crossing] = [p for p in plays_of_one_crossing() if p.crossing is not None][:1]
    others = [replace(one, direction=Direction(f"z{n}")) for n in range(1, of)]
    unknown = replace(one, known=False)

    def finding(crossings: int) -> Finding:
        played = [crossing] * crossings + [one] * (windows_played - crossings)
        [first, *_] = judged([*played, unknown, *others], ALPHA)
        assert (windows_played, crossings) == (first.windows, first.crossings)
        return first.finding

    order = [Finding.HOLDS, Finding.TOO_FEW, Finding.REFUSED]
    if crossed < windows_played:
        assert order.index(finding(crossed)) <= order.index(finding(crossed + 1))
    if finding(crossed) is Finding.REFUSED:
        [first, *_] = judged(
            [crossing] * crossed + [one] * (windows_played - crossed) + others, ALPHA
        )
        assert first.by_chance <= REFUSED_BY_CHANCE / of + 1e-12


def plays_of_one_crossing() -> list[Played]:
    if not _CROSSED:
        minutes = past(120, lambda zone, _: 0.3 if zone == "a" else 0.01)
        [window] = windows(minutes, STRETCHES)
        _CROSSED.append(play(GATE.parameters(), STRETCHES, window, Direction("a")))
    return _CROSSED


_CROSSED: list[Played] = []


def test_the_check_itself_refuses_healthy_traffic_as_rarely_as_it_says() -> None:
    """By arithmetic over every possible count, so no luck is in it."""
    for windows_played in (10, 56, 168, 336):
        bound = limit(windows_played, ALPHA, REFUSED_BY_CHANCE / 6)
        assert 6 * at_least(bound, windows_played, ALPHA) <= REFUSED_BY_CHANCE


@pytest.mark.parametrize("share", [1.0, 3.0])
def test_a_larger_clumping_is_only_told_when_it_helps(share: float) -> None:
    """A zone that is always worse is not explained by clumps that small."""
    minutes = past(120, lambda zone, _: min(0.3 * share, 1.0) if zone == "a" else 0.01)
    [window] = windows(minutes, STRETCHES)

    played = play(GATE.parameters(), STRETCHES, window, Direction("a"))

    assert played.crossing is not None
    needed = played.crossing.phi_needed
    assert needed is None or needed > played.crossing.phi
