"""Who lets a schedule happen: every effect of a run passes here, and is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from shifter.core.errors import ShifterError, Unavailable
from shifter.core.record import WRITE_SECONDS
from tests.crash.machine import Crash
from tests.crash.monitors import LATE_WORD
from tests.crash.schedule import CALL, LATE, Fault, Racer, Schedule, Strike
from tests.crash.timeline import Timeline

T = TypeVar("T")

CALL_TAKES = timedelta(milliseconds=100)
EFFECT_TAKES = timedelta(milliseconds=20)
NO_ANSWER_TAKES = timedelta(seconds=3)
SLOW_TAKES = timedelta(seconds=WRITE_SECONDS + 1)
LANDS_SOON = timedelta(seconds=5)
"""The time-out of the write, and the pause before the retry."""
ECHOES_SOON = timedelta(seconds=1)
ECHOES_LATE = timedelta(seconds=25)

Tell = Callable[[str], None]


class Director:
    """Counts effects, and strikes those that the schedule names.

    `lands_by` tells when a write that is on its way lands at the latest; `applied` is
    told the name of every effect that has happened, `tell` everything for a trace.
    """

    def __init__(
        self,
        schedule: Schedule,
        clock: Timeline,
        *,
        lands_by: Callable[[], datetime],
        applied: Tell,
        comes: Callable[[Racer], None],
        tell: Tell | None = None,
    ) -> None:
        self._strikes = {strike.effect: strike for strike in schedule.strikes}
        self._landings: dict[int, Callable[[], None]] = {}
        self._race = schedule.race
        self._clock = clock
        self._lands_by = lands_by
        self._applied = applied
        self._comes = comes
        self._tell = tell
        self._quiet = False
        self.effects: list[str] = []
        self.landed: int | None = None
        """How many effects had begun when a late write landed."""

    @property
    def quiet(self) -> bool:
        """Whether somebody acts who is no part of the schedule."""
        return self._quiet

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """What happens meanwhile is not counted, not struck, and takes no time."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def reached(self, schedule: Schedule) -> bool:
        """Whether everything in the schedule came to happen."""
        return schedule.last <= len(self.effects)

    def effect(self, name: str, apply: Callable[[], T]) -> T:
        """Let one effect happen, as the schedule wants it."""
        if self._quiet:
            return self._apply(name, apply)
        strike = self._begin(name, EFFECT_TAKES)
        if strike is None:
            return self._apply(name, apply)
        fault = strike.fault
        if fault is Fault.CRASH_BEFORE:
            raise Crash(f"before {name}")
        if fault in LATE:
            self._send_off(strike, name, apply)
            raise self._no_answer(name)
        answer = self._apply(name, apply)
        match fault:
            case Fault.CRASH_AFTER:
                raise Crash(f"after {name}")
            case Fault.ANSWER_LOST:
                raise self._no_answer(name)
            case Fault.SLOW:
                self._clock.advance(SLOW_TAKES)
                return answer
            case Fault.TWICE:
                return self._apply(name, apply)
            case _:
                raise ValueError(f"{fault} is not for the effect {name}")

    def call(self, function: str, serve: Callable[[], T]) -> T:
        """Let the state machine call a function, as the schedule wants it."""
        match self._begin(CALL + function, CALL_TAKES):
            case None:
                return serve()
            case Strike(fault=Fault.TWICE):
                self._once_more(function, serve)
                return serve()
            case Strike(fault=Fault.ECHO_SOON | Fault.ECHO_LATE as fault):
                pause = ECHOES_SOON if fault is Fault.ECHO_SOON else ECHOES_LATE
                self._clock.appoint(
                    self._clock.now() + pause, lambda: self._once_more(function, serve)
                )
                return serve()
            case strike:
                raise ValueError(f"{strike.fault} is not for a call of {function}")

    def _begin(self, name: str, takes: timedelta) -> Strike | None:
        self.effects.append(name)
        number = len(self.effects)
        strike = self._strikes.get(number)
        if number in self._landings:
            self._landings[number]()
        if self._tell:
            self._tell(f"{number:4} {name}" + (f"  ← {strike.fault}" if strike else ""))
        if self._race is not None and number == self._race.effect:
            self._comes(self._race.racer)
        self._clock.advance(takes)
        return strike

    def _apply(self, name: str, apply: Callable[[], T]) -> T:
        answer = apply()
        self._applied(name)
        return answer

    def _send_off(self, strike: Strike, name: str, apply: Callable[[], object]) -> None:
        """Let a write land later: at its moment or, at the latest, when it must."""
        on_its_way = [apply]

        def land() -> None:
            if on_its_way:
                self.landed = len(self.effects)
                if self._tell:
                    self._tell(f"     {name} lands late")
                self._apply(name + LATE_WORD, on_its_way.pop())

        last = self._lands_by()
        if strike.fault is Fault.LATE_SOON:
            last = min(last, self._clock.now() + LANDS_SOON)
        self._landings[strike.lands] = land
        self._clock.appoint(last, land)

    def _once_more(self, function: str, serve: Callable[[], object]) -> None:
        """The same call again; nobody waits for its answer."""
        if self._tell:
            self._tell(f"     {function} is called once more")
        try:
            serve()
        except (Crash, ShifterError) as error:
            if self._tell:
                self._tell(f"     which ends with {type(error).__name__}: {error}")

    def _no_answer(self, name: str) -> Unavailable:
        self._clock.advance(NO_ANSWER_TAKES)
        return Unavailable(name, "memory", "no answer in time")
