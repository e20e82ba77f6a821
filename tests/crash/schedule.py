"""Schedules: which faults strike at which effects, and who comes in between.

A schedule is written as one line, which replays it:

    completes 12:crash-after 31:late-last abort@12

Effects are numbered as they happen in that very run, from 1.  A call of a function
counts as an effect of the state machine, so that it can be doubled, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with one effect."""

    CRASH_BEFORE = "crash-before"
    """The function dies; the effect does not happen."""
    CRASH_AFTER = "crash-after"
    """The effect happens; the function dies."""
    ANSWER_LOST = "answer-lost"
    """The effect happens; the function is told that the service is unavailable."""
    SLOW = "slow"
    """The effect happens; its answer takes longer than a claim lasts."""
    TWICE = "twice"
    """The effect happens twice; the function gets the second answer."""
    LATE_SOON = "late-soon"
    """No answer, and the write lands about when it is tried again."""
    LATE_AT = "late-at"
    """No answer, and the write lands right before a certain later effect."""
    LATE_LAST = "late-last"
    """No answer, and the write lands at the last moment that a claim allows."""
    ECHO_SOON = "echo-soon"
    """The function is called once more with the same event, a second later."""
    ECHO_LATE = "echo-late"
    """The same, after the state machine has gone on."""


LATE = frozenset({Fault.LATE_SOON, Fault.LATE_AT, Fault.LATE_LAST})
CALL = "call "
"""Begins the name of an effect that is a call of a function."""
_WRITE = "write edge"
_ANYWHERE = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.ANSWER_LOST, Fault.TWICE)


def faults_of(effect: str, *, in_pairs: bool = False) -> tuple[Fault, ...]:
    """What can go wrong with an effect, by its name.

    An effect that comes late differs from an answer that is lost for weights alone:
    only they can undo what was read meanwhile.  Pairs leave out what lies between two
    others (a slow answer, an echo that comes soon, and for a late write all moments but
    the earliest and the latest), and the doubling of what is the same twice.
    """
    if effect.startswith(CALL):
        between = () if in_pairs else (Fault.ECHO_SOON,)
        return (Fault.TWICE, Fault.ECHO_LATE, *between)
    late = (Fault.LATE_SOON, Fault.LATE_LAST) if effect.startswith(_WRITE) else ()
    if not in_pairs:
        return (*_ANYWHERE, Fault.SLOW, *late)
    return (*(f for f in _ANYWHERE if f is not Fault.TWICE or effect == "save"), *late)


@dataclass(frozen=True, slots=True, order=True)
class Strike:
    """One fault at one effect."""

    effect: int
    fault: Fault
    lands: int = 0
    """The effect that a write with LATE_AT lands before, if it may land so late."""

    def __str__(self) -> str:
        where = f"-{self.lands}" if self.lands else ""
        return f"{self.effect}:{self.fault}{where}"


_PART = re.compile(
    r"(?P<effect>\d+):(?P<fault>[a-z-]+?)(-(?P<lands>\d+))?"
    r"|(?P<racer>[a-z]+)@(?P<at>\d+)"
)


class Racer(StrEnum):
    """Who comes in between, from outside of the cutover's execution."""

    ABORT = "abort"
    """An operator aborts: an order that the next assessment takes."""
    BREAKER = "breaker"
    """An alarm's breaker goes back at once, without asking anybody."""
    STALE = "stale"
    """The breaker gets an event from before the cutover: nothing may come of it."""
    WATCHDOG = "watchdog"
    """Everything stands still until the owner counts as dead; the watchdog comes."""
    GLASS = "glass"
    """Somebody for whom the table is gone makes every edge all blue without it."""
    RESOLVE = "resolve"
    """An operator says that a stuck rollback is over, whether it is or not."""


@dataclass(frozen=True, slots=True)
class Race:
    """Somebody comes right before an effect."""

    racer: Racer
    effect: int

    def __str__(self) -> str:
        return f"{self.racer}@{self.effect}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Everything that goes wrong in one run of a scenario."""

    scenario: str
    strikes: tuple[Strike, ...] = ()
    race: Race | None = None

    def __str__(self) -> str:
        race = () if self.race is None else (self.race,)
        return " ".join(str(part) for part in (self.scenario, *self.strikes, *race))

    @classmethod
    def parse(cls, written: str) -> Schedule:
        """The schedule that a line describes.  Raises ValueError."""
        scenario, *parts = written.split()
        strikes, race = [], None
        for part in parts:
            found = _PART.fullmatch(part)
            if found is None:
                raise ValueError(f"{part}: write 12:crash-after or abort@12")
            if found["racer"]:
                race = Race(Racer(found["racer"]), int(found["at"]))
            else:
                fault, lands = Fault(found["fault"]), int(found["lands"] or 0)
                strikes.append(Strike(int(found["effect"]), fault, lands))
        return cls(scenario, tuple(sorted(strikes)), race)

    @property
    def last(self) -> int:
        """Number of the last effect that the schedule names; 0 if it names none."""
        race = 0 if self.race is None else self.race.effect
        return max((race, *(strike.effect for strike in self.strikes)))

    def and_then(self, strike: Strike) -> Schedule:
        return replace(self, strikes=(*self.strikes, strike))
