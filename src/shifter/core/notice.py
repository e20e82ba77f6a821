"""Notices: what people and other systems are told, once for each transition."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shifter.core.model import Model


class Severity(StrEnum):
    """How urgent a notice is."""

    INFO = "info"
    PAGE = "page"
    """A person must look now."""


class Way(StrEnum):
    """On which way a notice goes out."""

    PEOPLE = "people"
    """A message, which may wake somebody."""
    SYSTEMS = "systems"
    """An event, for whoever has a rule for it."""


EVERY_WAY = tuple(Way)


class Notice(Model):
    """One message.  `journal_head` anchors the journal outside of our own table."""

    severity: Severity
    environment: str
    cutover_id: str
    at: datetime
    phase: str
    step: int
    steps: int
    action: str
    rule: str
    reason: str
    journal_head: str

    @property
    def subject(self) -> str:
        """At most 100 printable characters, as an SNS subject must be."""
        prefix = "PAGE: " if self.severity is Severity.PAGE else ""
        step = f"step {self.step} of {self.steps}"
        text = f"{prefix}{self.environment}: {self.phase}, {step}"
        return text[:100]

    @property
    def text(self) -> str:
        """The message as a person reads it."""
        return (
            f"{self.subject}\n\n{self.reason}\n\n"
            f"Cutover: {self.cutover_id}\nAction: {self.action} (rule {self.rule})\n"
            f"Time: {self.at.isoformat()}\nJournal head: {self.journal_head}\n"
        )
