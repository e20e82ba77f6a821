"""The case that a decision is made about, and the decision as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shifter.core.edges import Found
from shifter.core.gates.gate import Judgement, OnDeadline, Verdict
from shifter.core.phases import Action
from shifter.core.record import Record

SOONEST = timedelta(seconds=10)
ACTING = timedelta(seconds=60)
"""How long an act may take before somebody must look again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a decision may depend on."""

    record: Record
    judgements: tuple[Judgement, ...]
    now: datetime
    found: Mapping[str, Found] = field(default_factory=dict)
    """What the weights gate found at each edge."""
    degraded: str | None = None
    """What went wrong in the act before this assessment, if something did."""

    def of(self, verdict: Verdict) -> tuple[Judgement, ...]:
        return tuple(j for j in self.judgements if j.verdict is verdict)

    @property
    def waiting(self) -> dict[str, datetime]:
        """Since when each waiting gate has been waiting."""
        return {
            judged.gate: self.record.waiting.get(judged.gate, self.now)
            for judged in self.of(Verdict.WAIT)
        }

    def overdue(self, action: OnDeadline) -> tuple[str, ...]:
        """Gates that have waited for their whole deadline, with this `on_deadline`."""
        waiting = self.waiting
        return tuple(
            gate.name
            for gate in self.record.plan.all_gates
            if gate.on_deadline is action
            and gate.name in waiting
            and self.now - waiting[gate.name] >= self.record.plan.deadline(gate)
        )

    @property
    def bake_ends_at(self) -> datetime | None:
        """The end of the bake; not while a write of this step may still land.

        Such a write would fall into the next step, and look like an edit by hand.
        """
        record = self.record
        if record.bake_from is None:
            return None
        ends_at = record.bake_from + record.plan.bake(record.step)
        return max(ends_at, record.writes_end_at or ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, why, and when to look again."""

    action: Action
    rule: str
    reason: str
    look_again_at: datetime
    step: int
    """The step that the action is about."""
    page: bool = False
    adopt: bool = False
    """Take the weights that were found as what is wanted for now."""
