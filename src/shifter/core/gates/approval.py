"""Approval by a person, before the step with a certain share."""

from __future__ import annotations

from typing import ClassVar, Literal

from shifter.core.errors import Problem
from shifter.core.gates.gate import Gate, Reading, Situation, State, Unreadable, Verdict
from shifter.core.lanes import percent
from shifter.core.quantities import Share


class ApprovalGate(Gate[None]):
    """Waits for an approval before the step to `before`; declining rolls back."""

    kind: Literal["approval"] = "approval"
    before: Share
    """Share of the step that waits for the approval; a step must have it."""
    allow_starter: bool = False
    """Whether the person who started the cutover may approve it."""

    from_record: ClassVar[bool] = True

    def look(self, seen: None, situation: Situation) -> tuple[Reading, Verdict]:
        del seen
        answer = next(
            (a for a in reversed(situation.answers) if a.gate == self.name), None
        )
        if answer is not None and not answer.approved:
            return self._tell(
                State.BAD, f"declined by {answer.by}: {answer.reason}", Verdict.BREACH
            )
        if situation.next_share != self.before:
            return self._tell(State.GOOD, f"not due before {percent(self.before)}")
        if answer is None:
            return self._tell(State.BAD, f"awaited before {percent(self.before)}")
        return self._tell(State.GOOD, f"approved by {answer.by}: {answer.reason}")

    def refusal(self, seen: Unreadable | None, situation: Situation) -> Problem | None:
        """An approval that is still to come does not refuse the start."""
        del seen, situation
        return None

    def _tell(
        self, state: State, detail: str, bad: Verdict = Verdict.WAIT
    ) -> tuple[Reading, Verdict]:
        return Reading(state=state, detail=detail, source="record"), bad
