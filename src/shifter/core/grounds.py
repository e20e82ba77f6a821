"""The grounds of a decision: what it depends on, of all that a record knows.

A decision sees nothing else of the record.  So its journal entry, which keeps grounds
and judgements, is enough to make it again: with the plan, which never changes.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from shifter.core.edges import Found
from shifter.core.model import Model
from shifter.core.orders import Abort, Resume
from shifter.core.phases import Phase


class Grounds(Model):
    """Where a cutover stands, what was ordered, and what went wrong."""

    phase: Phase
    step: int = 0
    """Number of the present step, from 1; 0 before the first."""
    reason: str = ""
    """Of the decision before this one."""
    abort: Abort | None = None
    resume: Resume | None = None
    waiting: dict[str, datetime] = Field(default_factory=dict)
    """Since when each gate has been waiting without a pause."""
    failures: int = 0
    """Failed acts in a row, without the one that is told by `degraded`."""
    bake_from: datetime | None = None
    writes_end_at: datetime | None = None
    """After this moment no weight write that was under way can land any more."""
    found: dict[str, Found] = Field(default_factory=dict)
    """What the weights gate found at each edge."""
    degraded: str | None = None
    """What went wrong in the act before this assessment, if something did."""
