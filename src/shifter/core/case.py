"""The case that a decision is made about, and the decision as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shifter.core.edges import Found
from shifter.core.gates.gate import Judgement, OnDeadline, Verdict
from shifter.core.grounds import Grounds
from shifter.core.lanes import Split
from shifter.core.phases import Action
from shifter.core.plan import Plan
from shifter.core.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that a decision may depend on."""

    plan: Plan
    grounds: Grounds
    judgements: tuple[Judgement, ...]
    now: datetime

    @classmethod
    def about(
        cls,
        record: Record,
        *,
        now: datetime,
        judgements: tuple[Judgement, ...] = (),
        found: Mapping[str, Found] | None = None,
        degraded: str | None = None,
    ) -> Case:
        """The case of a record, with what was found at its edges."""
        grounds = Grounds(
            phase=record.phase,
            step=record.step,
            reason=record.reason,
            abort=record.abort,
            resume=record.resume,
            waiting=record.waiting,
            failures=record.failures,
            bake_from=record.bake_from,
            writes_end_at=record.writes_end_at,
            found=dict(found or {}),
            degraded=degraded,
        )
        return cls(plan=record.plan, grounds=grounds, judgements=judgements, now=now)

    def of(self, verdict: Verdict) -> tuple[Judgement, ...]:
        return tuple(j for j in self.judgements if j.verdict is verdict)

    @property
    def waiting(self) -> dict[str, datetime]:
        """Since when each waiting gate has been waiting."""
        return {
            judged.gate: self.grounds.waiting.get(judged.gate, self.now)
            for judged in self.of(Verdict.WAIT)
        }

    def overdue(self, action: OnDeadline) -> tuple[str, ...]:
        """Gates that have waited for their whole deadline, with this `on_deadline`."""
        waiting = self.waiting
        return tuple(
            gate.name
            for gate in self.plan.all_gates
            if gate.on_deadline is action
            and gate.name in waiting
            and self.now - waiting[gate.name] >= self.plan.deadline(gate)
        )

    @property
    def bake_ends_at(self) -> datetime | None:
        """The end of the bake; not while a write of this step may still land.

        Such a write would fall into the next step, and look like an edit by hand.
        """
        grounds = self.grounds
        if grounds.bake_from is None:
            return None
        ends_at = grounds.bake_from + self.plan.bake(grounds.step)
        return max(ends_at, grounds.writes_end_at or ends_at)

    @property
    def split(self) -> Split:
        """What the present step gives the lanes."""
        return self.plan.split(self.grounds.step)


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
