"""What every gate has in common: readings, verdicts, and the policy between them.

A gate is something that must be true to go on.  The way from the world to a verdict
has three stations, and each is a value:

    seen (an adapter's answer)  ─judge─▶  Reading  ─the plan's policy─▶  Verdict

`no_data` and `unreadable` never pass: they wait, unless the plan says that they breach.
Verdicts are ordered; the worst one speaks for all gates.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import StringConstraints

from shifter.core.edges import DnsChange
from shifter.core.errors import Problem
from shifter.core.lanes import ALL_BLUE, Lane, Split, Weights
from shifter.core.model import Model
from shifter.core.orders import Answer, Pause
from shifter.core.quantities import Duration

GateName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=48)
]


class State(StrEnum):
    """What a gate saw."""

    GOOD = "good"
    BAD = "bad"
    NO_DATA = "no_data"
    """The source answered, and had nothing (recent enough) to say."""
    UNREADABLE = "unreadable"
    """The source could not be asked."""


class Verdict(IntEnum):
    """What the plan makes of a reading."""

    PASS = 0
    WAIT = 1
    BREACH = 2


class OnBad(StrEnum):
    """What a bad reading of this gate leads to."""

    HOLD = "hold"
    ROLL_BACK = "roll_back"

    @property
    def verdict(self) -> Verdict:
        return Verdict.WAIT if self is OnBad.HOLD else Verdict.BREACH


class OnSilence(StrEnum):
    """What `no_data` or `unreadable` leads to; passing is not offered."""

    WAIT = "wait"
    BREACH = "breach"

    @property
    def verdict(self) -> Verdict:
        return Verdict.WAIT if self is OnSilence.WAIT else Verdict.BREACH


class OnDeadline(StrEnum):
    """What happens when a gate has waited for longer than its deadline."""

    HOLD_AND_PAGE = "hold_and_page"
    ROLL_BACK = "roll_back"


class Reading(Model):
    """What a gate saw, with where and when it was seen."""

    state: State
    detail: str
    value: float | None = None
    unit: str = ""
    source: str = ""
    at: datetime | None = None


class Judgement(Model):
    """A gate's reading and the verdict that the plan makes of it."""

    gate: str
    kind: str
    reading: Reading
    verdict: Verdict
    memory: str | None = None
    """What the gate wants to be told at the next poll; kept in the record."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An adapter's answer when the source could not be asked."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a gate may know besides what was seen: where the cutover stands."""

    now: datetime
    started_at: datetime | None = None
    """When the cutover began; None where that is not known."""
    shares: tuple[int, ...] = ()
    """The shares of all steps, in per mille."""
    step: int = 0
    """Number of the present step, from 1; 0 before the first."""
    split: Split = ALL_BLUE
    """What the present step gives the lanes."""
    expected: tuple[Split, ...] = (ALL_BLUE,)
    """What an edge may show: two splits while a shift is under way, else one."""
    settled_at: datetime | None = None
    """When the present step's weights were read back; None while they move."""
    next_share: int | None = None
    """Share of the next step in per mille; None at the last step, and while a step is
    being made."""
    next_bake: timedelta | None = None
    """Bake of the next step; None where there is no next step, or it is the last."""
    adopted: Mapping[str, Weights] = field(default_factory=dict)
    """Lower weights that were set by hand, by edge."""
    edges: frozenset[str] = frozenset()
    """Names of all edges."""
    capacity: Mapping[str, int] = field(default_factory=dict)
    """Blue's capacity at prepare: `running` and healthy targets for each edge."""
    dns_share: int | None = None
    dns_change: DnsChange | None = None
    pause: Pause | None = None
    answers: tuple[Answer, ...] = ()
    memory: str | None = None


Seen = TypeVar("Seen")


class Gate(Model, Generic[Seen]):
    """A gate of a plan: its policy, and the judge of its readings."""

    kind: str
    """What the gate looks at."""
    name: GateName
    """What decisions, pages and orders call it; no two gates of a plan share one."""
    on_no_data: OnSilence = OnSilence.WAIT
    """What the silence of its source leads to; passing is not offered."""
    on_unreadable: OnSilence = OnSilence.WAIT
    """What a source that cannot be asked leads to; passing is not offered."""
    deadline: Duration | None = None
    """How long it may wait at a stretch; at least as long as the bake of any step.

    Left out, it is an hour, or the longest bake if that is longer.
    """
    on_deadline: OnDeadline = OnDeadline.HOLD_AND_PAGE
    """What happens when it has waited for that long."""

    from_record: ClassVar[bool] = False
    """True for gates that look at the record only and need no reader."""
    to_start: ClassVar[str] = "must pass before a cutover can start"
    """What to do about a gate that refuses the start."""

    @abstractmethod
    def look(self, seen: Seen, situation: Situation) -> tuple[Reading, Verdict]:
        """Judge what was seen; the verdict counts only for a bad reading."""

    def remember(self, seen: Seen, situation: Situation) -> str | None:
        """What to be told at the next poll; most gates have no memory."""
        del seen, situation
        return None

    def refusal(self, seen: Seen | Unreadable, situation: Situation) -> Problem | None:
        """Why prepare must refuse to start, or None.  Anything but a pass refuses."""
        judged = self.judge(seen, situation)
        if judged.verdict is Verdict.PASS:
            return None
        return Problem(
            field=f"gate {self.name}",
            value=judged.reading.detail,
            remedy=self.to_start,
        )

    def judge(self, seen: Seen | Unreadable, situation: Situation) -> Judgement:
        """Make a verdict of what was seen."""
        if isinstance(seen, Unreadable):
            reading = Reading(state=State.UNREADABLE, detail=seen.detail)
            return self._conclude(reading, Verdict.WAIT, situation.memory)
        reading, bad = self.look(seen, situation)
        return self._conclude(reading, bad, self.remember(seen, situation))

    def _conclude(
        self, reading: Reading, bad: Verdict, memory: str | None
    ) -> Judgement:
        verdict = {
            State.GOOD: Verdict.PASS,
            State.BAD: bad,
            State.NO_DATA: self.on_no_data.verdict,
            State.UNREADABLE: self.on_unreadable.verdict,
        }[reading.state]
        return Judgement(
            gate=self.name,
            kind=self.kind,
            reading=reading,
            verdict=verdict,
            memory=memory,
        )


def lane_of_weight_zero(situation: Situation, lane: Lane | None) -> bool:
    """Tell whether it may be meant that no request reaches this lane now.

    While a step moves, an edge may still show the split before it: a first shift that
    was interrupted would wait for ever for what only its second try can bring.
    Weights that were taken away by hand at every edge, and adopted, are meant, too.
    """
    if lane is None:
        return False
    adopted = situation.adopted
    if adopted.keys() == situation.edges and situation.edges:
        return all(weights.of(lane) == 0 for weights in adopted.values())
    return any(split.of(lane) == 0 for split in situation.expected)
