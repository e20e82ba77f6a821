"""Phases as a table; the diagram in the docs is drawn from it.

Rules of this file
* Nothing else compares phases to decide what may happen: it asks this table.
* An action that the table lacks raises IllegalTransition and changes nothing.
* An acting phase (SHIFTING, ROLLING_BACK) is left only by the function that acts,
  when it has read back what it wrote, or by rolling back.

Reserved for the data cutover, with authority (which environment owns writes) as a
second column: FLIPPING, RETURNING, HELD.  With `database: none` authority is blue
throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shifter.core.errors import IllegalTransition


class Phase(StrEnum):
    """Where a cutover stands."""

    PREPARED = "PREPARED"
    """Checked and locked; no weight was touched."""
    SHIFTING = "SHIFTING"
    """A step is intended; the edges are being made to match it."""
    BAKING = "BAKING"
    """The edges match the step; everything must stay good for a while."""
    ROLLING_BACK = "ROLLING_BACK"
    """Going back is intended; the edges are being made all blue."""
    ROLLBACK_STUCK = "ROLLBACK_STUCK"
    """An edge could not be made all blue; people were paged, and it is tried again."""
    ROLLED_BACK = "ROLLED_BACK"
    """All blue, read back twice; the lock is free."""
    COMPLETED = "COMPLETED"
    """All green, and the final bake is over; the lock is free."""


class Action(StrEnum):
    """What is done to a cutover; the words of decisions and directives."""

    SHIFT = "shift"
    SETTLE = "settle"
    HOLD = "hold"
    COMPLETE = "complete"
    ROLL_BACK = "roll_back"
    STUCK = "stuck"


_TABLE: dict[Phase, dict[Action, Phase]] = {
    Phase.PREPARED: {
        Action.SHIFT: Phase.SHIFTING,
        Action.HOLD: Phase.PREPARED,
        Action.ROLL_BACK: Phase.ROLLING_BACK,
    },
    Phase.SHIFTING: {
        Action.SHIFT: Phase.SHIFTING,
        Action.SETTLE: Phase.BAKING,
        Action.HOLD: Phase.SHIFTING,
        Action.ROLL_BACK: Phase.ROLLING_BACK,
    },
    Phase.BAKING: {
        Action.SHIFT: Phase.SHIFTING,
        Action.HOLD: Phase.BAKING,
        Action.COMPLETE: Phase.COMPLETED,
        Action.ROLL_BACK: Phase.ROLLING_BACK,
    },
    Phase.ROLLING_BACK: {
        Action.ROLL_BACK: Phase.ROLLING_BACK,
        Action.SETTLE: Phase.ROLLED_BACK,
        Action.STUCK: Phase.ROLLBACK_STUCK,
    },
    Phase.ROLLBACK_STUCK: {
        Action.ROLL_BACK: Phase.ROLLBACK_STUCK,
        Action.STUCK: Phase.ROLLBACK_STUCK,
        Action.SETTLE: Phase.ROLLED_BACK,
        # Only by resolving: people have gone on by hand, and every edge shows it.
        Action.COMPLETE: Phase.COMPLETED,
    },
    Phase.ROLLED_BACK: {},
    Phase.COMPLETED: {},
}

TABLE: Mapping[Phase, Mapping[Action, Phase]] = MappingProxyType(
    {phase: MappingProxyType(row) for phase, row in _TABLE.items()}
)

ENDS = frozenset(phase for phase, row in TABLE.items() if not row)
GOING_BACK = frozenset({Phase.ROLLING_BACK, Phase.ROLLBACK_STUCK})


def after(phase: Phase, action: Action) -> Phase:
    """The phase that an action leads to.  Raises IllegalTransition if none."""
    try:
        return TABLE[phase][action]
    except KeyError:
        allowed = ", ".join(TABLE[phase]) or "nothing: it has ended"
        raise IllegalTransition(
            f"{action} is not allowed in {phase}; allowed: {allowed}"
        ) from None
