"""Approval by a person, before the step with a certain share.

Who approves has seen how the step before does.  So an answer counts only when it is
asked for, and an approval only for a while: it was given for numbers that were new.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field

from shifter.core.errors import Problem
from shifter.core.gates.gate import Gate, Reading, Situation, State, Unreadable, Verdict
from shifter.core.lanes import percent
from shifter.core.orders import Answer
from shifter.core.quantities import Duration, Share, format_duration


class ApprovalGate(Gate[None]):
    """Waits for an approval before the step to `before`; declining rolls back."""

    kind: Literal["approval"] = "approval"
    before: Share
    """Share of the step that waits for the approval; a step must have it."""
    allow_starter: bool = False
    """Whether the person who started the cutover may approve it."""
    valid_for: Duration = Field(default=timedelta(hours=1))
    """How long an approval counts; an older one is asked for again."""

    from_record: ClassVar[bool] = True

    def look(self, seen: None, situation: Situation) -> tuple[Reading, Verdict]:
        del seen
        answer = self.last_answer(situation)
        if answer is not None and not answer.approved:
            return self._tell(
                State.BAD, f"declined by {answer.by}: {answer.reason}", Verdict.BREACH
            )
        if situation.next_share != self.before:
            return self._tell(
                State.GOOD, f"asked for only before {percent(self.before)}"
            )
        if answer is None:
            return self._tell(
                State.BAD, f"approval awaited before {percent(self.before)}"
            )
        late = self._too_old(answer, situation)
        if late is not None:
            return self._tell(
                State.BAD,
                f"approval awaited again before {percent(self.before)}: {late}",
            )
        return self._tell(State.GOOD, f"approved by {answer.by}: {answer.reason}")

    def last_answer(self, situation: Situation) -> Answer | None:
        """The last word at this gate, whether or not it still counts."""
        return next(
            (a for a in reversed(situation.answers) if a.gate == self.name), None
        )

    def _too_old(self, answer: Answer, situation: Situation) -> str | None:
        """Why an approval does not count any more, if it does not."""
        settled_at = situation.settled_at
        if settled_at is not None and answer.at < settled_at:
            return f"{answer.by} approved before the present weights were settled"
        if situation.now - answer.at > self.valid_for:
            limit = format_duration(self.valid_for)
            return f"{answer.by} approved more than {limit} ago"
        return None

    def refusal(self, seen: Unreadable | None, situation: Situation) -> Problem | None:
        """An approval that is still to come does not refuse the start."""
        del seen, situation
        return None

    def _tell(
        self, state: State, detail: str, bad: Verdict = Verdict.WAIT
    ) -> tuple[Reading, Verdict]:
        return Reading(state=state, detail=detail, source="record"), bad
