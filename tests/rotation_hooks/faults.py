"""A rotation that is cut off before or after any call, and is then resumed.

A process that dies forgets everything, so nothing but the world is left to look at.
Whoever resumes begins with createSecret and the same token, as Secrets Manager does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rotation_hooks.core.roles import Role
from tests.rotation_hooks.stage import Stage

EFFECTS = frozenset(
    {
        "put_pending",
        "make_current",
        "drop_pending",
        "change_own_password",
        "put_account",
        "set_rights",
        "take",
        "free",
    }
)
_ENTERED = frozenset({"login", "hold_fence"})


class Cut(BaseException):
    """The process died.  No `except Exception` of the code may survive it."""


@dataclass(frozen=True)
class Point:
    """Where a run is cut off: at its n-th call, before or after it."""

    call: int
    after: bool


@dataclass
class Director:
    """Counts the calls of a run, and ends it at one of them."""

    cut_at: Point | None = None
    counted: Callable[[str], bool] = lambda name: True
    calls: list[str] = field(default_factory=list)

    def begin(self, cut_at: Point | None) -> None:
        self.cut_at, self.calls = cut_at, []

    def called(self, name: str, apply: Callable[[], Any]) -> Any:
        if not self.counted(name):
            return apply()
        self.calls.append(name)
        here = len(self.calls)
        if self.cut_at == Point(here, after=False):
            raise Cut(name)
        answer = apply()
        if self.cut_at == Point(here, after=True):
            raise Cut(name)
        return answer


class Watched:
    """Whatever fits a port, with every call told to the director."""

    def __init__(self, target: Any, director: Director) -> None:
        self._target, self._director = target, director

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._target, name)
        if name in _ENTERED:
            return lambda *given: self._entered(name, verb, given)
        return lambda *given: self._director.called(name, lambda: verb(*given))

    @contextmanager
    def _entered(self, name: str, verb: Any, given: Any) -> Iterator[Any]:
        # What is cut off right after a login must end it as a dead process does.
        with verb(*given) as session:
            self._director.called(name, lambda: None)
            yield Watched(session, self._director) if session is not None else None


def watch(stage: Stage, counted: Callable[[str], bool]) -> Director:
    """Let a director see every call of the stage's ports."""
    director = Director(counted=counted)
    ports: Any = stage.ports
    for name in ("secrets", "databases", "lock"):
        setattr(ports, name, Watched(getattr(ports, name), director))
    return director


def everything(name: str) -> bool:
    """Count each call."""
    del name
    return True


def effects(name: str) -> bool:
    """Count the calls that change something."""
    return name in EFFECTS


@dataclass
class Tally:
    """How many schedules ran, and what was wrong after them."""

    ran: int = 0
    wrong: list[str] = field(default_factory=list)


Make = Callable[[], Stage]
Judge = Callable[[Stage, Role, str], str | None]


def play(
    stage: Stage, director: Director, role: Role, cuts: tuple[Point, ...]
) -> tuple[str, list[int]]:
    """One schedule: the token, and how many calls each run made until it ended."""
    token, counts = stage.start(role), []
    for cut in (*cuts, None):
        director.begin(cut)
        try:
            stage.run(role, token)
        except Cut as error:
            stage.passwords.tell(error)
        counts.append(len(director.calls))
    return token, counts


def points(calls: int) -> Iterator[Point]:
    """Every place where a run with so many calls can be cut off."""
    for call in range(1, calls + 1):
        yield Point(call, after=False)
        yield Point(call, after=True)


def every_schedule(
    make: Make, role: Role, judge: Judge, counted: Callable[[str], bool], *, twice: bool
) -> Tally:
    """Cut a rotation off everywhere, once, or once more while it is resumed."""
    tally = Tally()

    def run(*cuts: Point) -> list[int]:
        stage = make()
        token, counts = play(stage, watch(stage, counted), role, cuts)
        tally.ran += 1
        wrong = judge(stage, role, token)
        if wrong:
            tally.wrong.append(f"{cuts}: {wrong}")
        return counts

    [whole] = run()
    for first in points(whole):
        _, resumed = run(first)
        if twice:
            for second in points(resumed):
                run(first, second)
    return tally
