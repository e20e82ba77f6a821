"""A window, played: an engine takes one part of blue for green, as the gate would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log1p
from typing import Any

from shifter.core.aa.past import NOTHING, Direction, Stretch, Window, ZonedMinute
from shifter.core.counts import Counts, Unusable, added
from shifter.core.dossier import Dossier, Taken, learn
from shifter.core.evidence import Evidence
from shifter.core.lanes import Lane
from shifter.core.outcomes import MINUTE, Outcome
from shifter.core.sample_ratio import is_off

_CLUMPS = tuple(1.25**k for k in range(1, 21))
"""What is tried as phi, up to 87."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A rollback that would have been false."""

    at: datetime
    objective: str
    """What was worse: `failed` or `slow`."""
    phi: float
    """How far failures came in clumps in the hour before."""
    phi_needed: float | None = None
    """From which value on the evidence would not have crossed, if any had helped; it
    is about failures alone."""
    green: Counts
    blue: Counts
    """Both from the start of the window to the crossing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One window in one direction."""

    direction: Direction
    start: datetime
    known: bool
    """Whether enough of it was known to play it."""
    nats: float = 0.0
    """The most that ever spoke for "green is worse", as a logarithm."""
    crossing: Crossing | None = None
    astray: bool = False
    """Whether green's part of the requests left what it had been the hour before."""


def play(
    parameters: Mapping[str, Any],
    stretches: Sequence[Stretch],
    window: Window,
    direction: Direction,
) -> Played:
    """Play one window as a cutover in which `direction` was green.

    `parameters` are the gate's own.  With less than half of its minutes known a window
    says nothing.
    """
    unknown = Played(direction=direction, start=window.start, known=False)
    taken = list(_taken(window, stretches, direction))
    if 2 * sum(bool(interval.edges) for interval in taken) < len(taken):
        return unknown
    try:
        dossier = Dossier.begun(map(_all_blue, window.before))
    except Unusable:
        return unknown
    run = _Run(tuple(part.share for part in stretches), dict(parameters), taken)
    most, crossing = run.of(dossier)
    if crossing is not None and crossing.objective == "failed":
        crossing = replace(crossing, phi_needed=run.phi_needed(dossier))
    return Played(
        direction=direction,
        start=window.start,
        known=True,
        nats=most,
        crossing=crossing,
        astray=_is_astray(window, direction),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    shares: tuple[int, ...]
    parameters: dict[str, Any]
    taken: Sequence[Taken]

    def of(self, dossier: Dossier) -> tuple[float, Crossing | None]:
        """Give all intervals to a new engine, until it would have gone back."""
        evidence, ladder = dossier.engine(self.shares, self.parameters)
        most, green, blue = 0.0, NOTHING, NOTHING
        for interval in self.taken:
            learn(evidence, interval, ladder, self.shares[interval.step - 1])
            most = max(most, evidence.log_e)
            for of_blue, of_green in interval.edges:
                blue, green = added(blue, of_blue), added(green, of_green)
            if evidence.crossed_at is not None:
                return most, Crossing(
                    at=interval.end,
                    objective=_objective(evidence),
                    phi=dossier.before[3],
                    green=green,
                    blue=blue,
                )
        return most, None

    def phi_needed(self, dossier: Dossier) -> float | None:
        """The least phi of those tried with which nothing would have crossed."""
        *rest, phi = dossier.before
        for clumps in _CLUMPS:
            if clumps > phi:
                other = dossier.model_copy(update={"before": (*rest, clumps)})
                if self.of(other)[1] is None:
                    return clumps
        return None


def _objective(evidence: Evidence) -> str:
    """Which of the two metrics says more."""
    unspent = log1p(-evidence.comparison.spent)
    failed, slow = (m.log_e(unspent) for m in evidence.comparison.mixtures)
    return "failed" if failed >= slow else "slow"


def _taken(
    window: Window, stretches: Sequence[Stretch], direction: Direction
) -> Iterator[Taken]:
    """The minutes of a window as the gate would have taken them, step by step."""
    ends, end = [], window.start
    for part in stretches:
        end += part.length
        ends.append(end)
    step = 1
    for minute in window.during:
        while minute.start >= ends[step - 1]:
            step += 1
        edges = tuple(
            direction.parted(zones) for _, zones in sorted(minute.counts.items())
        )
        known = all(any(pair[side][0] for pair in edges) for side in (0, 1))
        yield Taken(
            end=minute.start + MINUTE,
            step=step,
            whole=True,
            edges=edges if known else (),
        )


def _is_astray(window: Window, direction: Direction) -> bool:
    """Whether zones took other parts of the requests than in the hour before."""
    blue, green = _requests(window.before, direction)
    if not blue or not green:
        return True
    blue_now, green_now = _requests(window.during, direction)
    return is_off(green_now, blue_now, green / (blue + green))


def _requests(minutes: Sequence[ZonedMinute], direction: Direction) -> tuple[int, int]:
    blue = green = 0
    for minute in minutes:
        for zones in minute.counts.values():
            of_blue, of_green = direction.parted(zones)
            blue, green = blue + of_blue[0], green + of_green[0]
    return blue, green


def _all_blue(minute: ZonedMinute) -> Outcome:
    total: Counts | None = None
    for zones in minute.counts.values():
        for counts in zones.values():
            total = added(total or NOTHING, counts)
    counts_of_all = {} if total is None else {"all": {Lane.BLUE: total}}
    return Outcome(minute.start, MINUTE, counts_of_all)
