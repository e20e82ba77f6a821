"""Rotation: passwords let a cutover begin.

Rules of this file
* The topology implies this gate; no plan names it and none can leave it out.  Where
  nobody rotates passwords there is no such gate.
* It is asked before the first step only.  From its first save a cutover holds the
  environment's lock, and a rotation that begins later is refused by it; one that AWS
  hosts asks no lock, and is kept out by what `prepare` orders.  So a step can find
  nothing that the start has not found, and would only wait for logins.
* No answer, and one that nobody understands, is no data: it never passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict
from shifter.core.rotation import RotationAnswer


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The guard said nothing that can be understood."""

    why: str


RotationSeen = RotationAnswer | NoAnswer


class RotationGate(Gate[RotationSeen]):
    """Passes when the guard knows of nothing that is in the way."""

    kind: Literal["rotation"] = "rotation"
    name: Literal["rotation"] = "rotation"

    to_start: ClassVar[str] = (
        "mend what is named, and look again: shifter rotation status"
    )

    def look(self, seen: RotationSeen, situation: Situation) -> tuple[Reading, Verdict]:
        state, detail = self._tell(seen)
        return (
            Reading(
                state=state,
                detail=detail,
                source="rotation guard",
                at=situation.now,
            ),
            Verdict.WAIT,
        )

    def _tell(self, seen: RotationSeen) -> tuple[State, str]:
        if isinstance(seen, NoAnswer):
            return State.NO_DATA, f"the guard gives no answer: {seen.why}"
        if seen.ok:
            return State.GOOD, "no rotation is in the way"
        told = "; ".join(str(reason) for reason in seen.reasons)
        return State.BAD, f"{told}; {seen.way_out}" if seen.way_out else told
