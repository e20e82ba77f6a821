"""What operators order: abort, pause, resume, approve, decline.

Orders are kept in the record until a decision has taken them into account.  `by` is
the caller's ARN where the caller was authenticated; a name given in a payload is
marked as such by whoever takes the order, never believed here.
"""

from __future__ import annotations

from datetime import datetime

from shifter.core.model import Model


class _Order(Model):
    by: str
    at: datetime
    reason: str


class Abort(_Order):
    """Go back to safety now.  Beats everything else and cannot be taken back."""


class Pause(_Order):
    """Close the operator's gate.  Shifter itself orders one when it adopts weights."""


class Resume(_Order):
    """Make the edges match the present step again, then go on."""


class Answer(_Order):
    """Approve or decline at one approval gate."""

    gate: str
    approved: bool
