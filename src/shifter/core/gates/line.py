"""Stop the line: one SSM parameter that holds every cutover which names it.

Whoever has a reason to let nothing change writes it into the parameter; `go` lets
everybody go on.  It holds where things are, and never leads back: the reason is
somebody else's, and says nothing about green.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict

GO = "go"
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class LineSeen:
    """The parameter: its name if the topology gives one, its value if it exists."""

    parameter: str | None
    value: str | None = None


class LineGate(Gate[LineSeen]):
    """Passes while nobody has stopped the line."""

    kind: Literal["line"] = "line"
    name: Literal["line"] = "line"

    to_start: ClassVar[str] = f'write "{GO}" into the parameter to let the line go'

    def look(self, seen: LineSeen, situation: Situation) -> tuple[Reading, Verdict]:
        del situation
        state, detail = self._tell(seen)
        source = f"parameter {seen.parameter}" if seen.parameter else "topology"
        return Reading(state=state, detail=detail, source=source), Verdict.WAIT

    def _tell(self, seen: LineSeen) -> tuple[State, str]:
        if seen.parameter is None:
            return State.GOOD, "no parameter"
        if seen.value is None:
            return State.NO_DATA, f"no parameter is named {seen.parameter}"
        value = " ".join(seen.value.split())
        if value == GO:
            return State.GOOD, GO
        if len(value) > _LONGEST:
            value = f"{value[: _LONGEST - 1]}…"
        typed = f"{seen.parameter} --overwrite --value {GO}"
        way_on = f"to let it go: aws ssm put-parameter --name {typed}"
        return State.BAD, f"stopped: {value}; {way_on}"
