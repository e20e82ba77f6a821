"""The record: the cutover's row, and the single source of truth.

It holds what is intended and what was read back, never what is hoped.  It is saved with
its version as the condition, together with a journal entry and the environment's lock.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from shifter.core.edges import DnsChange, EdgeState
from shifter.core.errors import IllegalTransition
from shifter.core.gates.gate import Gate, Situation
from shifter.core.journal import GENESIS
from shifter.core.lanes import ALL_BLUE, Split, Weights
from shifter.core.model import Model
from shifter.core.notice import Notice
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.phases import Phase
from shifter.core.plan import Plan

WRITE_SECONDS = 20
"""How long a claimed intent may write weights."""
LATE_SECONDS = 10
"""How long after the end of a claim a write that was under way may still land."""


Scaling = Literal["scale_in", "scheduled"]
"""What can make blue smaller: a scaling policy, or a scheduled action."""


class Claim(Model):
    """The right of one run of `shift` to write weights, for a while."""

    version: int
    """Version of the record that made the claim; no other run has it."""
    until: datetime


class Baseline(Model):
    """What prepare found; the way back leads here."""

    edges: dict[str, EdgeState]
    dns_share: int | None
    capacity: dict[str, int]
    suspended: tuple[Scaling, ...] = ()
    """What somebody else had suspended of blue's scaling; the end leaves it so."""


class Rollback(Model):
    """A way back that was begun."""

    since: datetime
    reason: str
    unable: tuple[str, ...] = ()
    """Edges that are not written: blue cannot serve there, another lane can."""
    verified_at: datetime | None = None
    """When all edges were last read back as all blue."""
    attempts: int = 0
    """Runs of roll_back that did not see all edges all blue."""


class Proof(Model):
    """What showed, after a rollback, that green is really quiet."""

    at: datetime
    safe: bool
    detail: str


class Record(Model):
    """Everything that is known about one cutover."""

    schema_version: Literal[1] = 1
    cutover_id: str
    environment: str
    plan: Plan
    started_by: str
    started_at: datetime

    phase: Phase
    step: int = 0
    """Number of the present step, from 1; 0 before the first."""
    version: int = 0
    decided: int = 0
    """Version that carries the last decision."""
    owner: int = 1
    history_events: int = 0
    """At most so many history events has the present execution used."""
    look_again_at: datetime
    """Nobody having looked some minutes after this means that the owner is dead."""
    authority: Literal["blue"] = "blue"
    epoch: int = 0

    baseline: Baseline
    claim: Claim | None = None
    """The last one made; no weight write can land after its end plus LATE_SECONDS."""
    settled_at: datetime | None = None
    bake_from: datetime | None = None
    """When DNS had settled too, and the bake clock started."""
    dns_change: DnsChange | None = None
    adopted: dict[str, Weights] = Field(default_factory=dict)
    """Weights below the step's that somebody set by hand, by edge."""

    waiting: dict[str, datetime] = Field(default_factory=dict)
    """Since when each gate has been waiting without a pause."""
    memories: dict[str, str] = Field(default_factory=dict)
    abort: Abort | None = None
    pause: Pause | None = None
    resume: Resume | None = None
    answers: tuple[Answer, ...] = ()
    failures: int = 0
    """Failed acts in a row since weights were last settled."""

    reason: str = ""
    paged: str = ""
    """What people were last paged about; the same thing is not told twice."""
    ended_at: datetime | None = None
    """When it ended; the watchdog looks after it for a day from then."""
    outbox: tuple[Notice, ...] = ()
    """Notices that people have not been told for certain."""
    unannounced: tuple[Notice, ...] = ()
    """The same for systems: whoever waits for one way must not keep the other back."""
    rollback: Rollback | None = None
    proof: Proof | None = None
    journal_length: int = 0
    journal_head: str = GENESIS

    @property
    def split(self) -> Split:
        """What the present step gives the lanes."""
        return self.plan.split(self.step)

    @property
    def expected(self) -> tuple[Split, ...]:
        """What an edge may show now."""
        match self.phase:
            case Phase.SHIFTING:
                return tuple({self.plan.split(self.step - 1): None, self.split: None})
            case Phase.BAKING | Phase.COMPLETED:
                return (self.split,)
            case _:
                return (ALL_BLUE,)

    @property
    def dns_share(self) -> int | None:
        """Per mille of DNS answers that should lead to edge-2; None without DNS."""
        if self.baseline.dns_share is None:
            return None
        planned = self.plan.dns_share(self.step)
        return self.baseline.dns_share if planned is None else planned

    @property
    def told_to_stop(self) -> bool:
        """Whether an operator has ordered that nothing may go on for now."""
        last = {answer.gate: answer.approved for answer in self.answers}
        return (
            self.abort is not None or self.pause is not None or not all(last.values())
        )

    @property
    def way_back(self) -> Rollback:
        """The way back that was begun; only a record that is going back has one."""
        if self.rollback is None:
            raise IllegalTransition(f"{self.cutover_id} is not going back")
        return self.rollback

    @property
    def writes_end_at(self) -> datetime | None:
        """After this moment no weight write that was under way can land any more."""
        if self.claim is None:
            return None
        return self.claim.until + timedelta(seconds=LATE_SECONDS)

    def situation(self, gate: Gate[Any], now: datetime) -> Situation:
        """What one gate may know."""
        following = self.plan.steps[self.step : self.step + 1]
        if self.phase is Phase.SHIFTING:
            following = ()  # no other step is due before this one is made
        return Situation(
            now=now,
            started_at=self.started_at,
            shares=tuple(step.share for step in self.plan.steps),
            step=self.step,
            split=self.split,
            expected=self.expected,
            settled_at=self.settled_at,
            next_share=following[0].share if following else None,
            next_bake=following[0].bake if following else None,
            adopted=self.adopted,
            edges=frozenset(self.baseline.edges),
            capacity=self.baseline.capacity,
            dns_share=self.dns_share,
            dns_change=self.dns_change,
            pause=self.pause,
            answers=self.answers,
            memory=self.memories.get(gate.name),
        )
