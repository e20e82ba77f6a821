"""The shape of the events that are put on the event bus.

Rules of this file
* What is sent and what is read is the same model, so the two cannot drift apart.
* A change of the form gets a new `schema_version`; a reader refuses what it does not
  know, because half of an event is worse than none.

AWS documentation: Amazon EventBridge user guide, "Events in Amazon EventBridge".
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

SOURCE = "shifter"
CUTOVER_TRANSITION = "Cutover transition"


class CutoverTransition(BaseModel):
    """The detail of a `Cutover transition` event: one for each notice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    environment: str
    cutover_id: str
    at: datetime
    phase: str
    step: int
    steps: int
    action: str
    rule: str
    reason: str
    severity: Literal["info", "page"]
    journal_head: str
    """Hash of the journal entry that caused the event."""
