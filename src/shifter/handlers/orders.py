"""The orders that people give over `control`, one form for each.

Who orders is never written in an order.  Without an id it means the environment's
active cutover; `name` is how the caller wants to be called, which is a comment.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints

from shifter.core.model import Model
from shifter.core.plain import MADE_PLAIN
from shifter.handlers.ids import MaybeId

Id = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1024),
    MADE_PLAIN,
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128), MADE_PLAIN]


class Status(Model):
    """Tell where the cutover stands."""

    order: Literal["status"]
    cutover_id: MaybeId = None


class _Change(Model):
    reason: Reason
    name: Name | None = None

    @property
    def told_reason(self) -> str:
        """The reason, with the name that was given marked as given."""
        if self.name is None:
            return self.reason
        return f"{self.reason} (calls themselves {self.name})"


class Begin(_Change):
    """Start a cutover.  The id is the caller's token: twice is the same as once."""

    order: Literal["start"]
    cutover_id: Id
    plan: dict[str, Any]


class Change(_Change):
    """Stop it, hold it, go on, or free what was made safe by hand."""

    order: Literal["abort", "pause", "resume", "resolve"]
    cutover_id: MaybeId = None


class Answer(_Change):
    """Answer an approval gate."""

    order: Literal["approve", "decline"]
    cutover_id: MaybeId = None
    gate: Id


class Order(
    RootModel[Annotated[Status | Begin | Change | Answer, Field(discriminator="order")]]
):
    """The body of a request to `control`."""
