"""What became of many cutovers under one policy in one scenario."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from benchmarks.blast_radius.scenarios import PER_MINUTE
from benchmarks.blast_radius.world import Bools, Floats, Ints

ACTUATION = 2
"""Ticks from a decision to its effect."""
ESCAPE = 30 * PER_MINUTE
"""For so long a fault that was not found is charged, after the end or a pause."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One value for each cutover."""

    bad: Floats
    """Expected bad requests that blue would have served well."""
    back: Bools
    """Taken back."""
    paused: Bools
    """Left to a person: for a healthy green this counts as a false rollback."""
    minutes: Floats
    """How long the cutover took; not a number where it did not end well."""
    delay: Floats
    """Minutes from the fault to the effective rollback; else not a number."""
    moved: Bools
    """Went on in the middle of an incident on both colours."""
    exposed: Bools
    """Was under way when that incident could be seen."""


def joined(outcomes: list[Outcome]) -> Outcome:
    """The outcomes of all parts of one cell."""
    return Outcome(
        *(
            np.concatenate([getattr(part, field.name) for part in outcomes])
            for field in fields(Outcome)
        )
    )


def minutes_since(start: Ints, end: Ints, known: Bools) -> Floats:
    """Minutes between two ticks, where both are known."""
    return np.where(known, (end - start) / PER_MINUTE, np.nan)
