"""The directive: all that travels between the state machine and the functions.

A directive of another owner (an older execution) does nothing.  So a redriven or
duplicated execution is harmless.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer

from shifter.core.model import Model

SOONEST = timedelta(seconds=10)
"""Nobody looks again earlier than this."""
ACTING = timedelta(seconds=60)
"""How long an act may take before somebody must look again."""


class Next(StrEnum):
    """What the state machine does next; its one Choice knows these words."""

    ASSESS = "assess"
    SHIFT = "shift"
    HOLD = "hold"
    """Wait until `until`, then assess."""
    ROLL_BACK = "roll_back"
    ROLL_BACK_LATER = "roll_back_later"
    """Wait until `until`, then read the edges once more."""
    FINISH = "finish"
    FINISH_LATER = "finish_later"
    """Wait until `until`, then look for the proof that green is quiet."""
    HAND_OVER = "hand_over"
    END_COMPLETED = "end_completed"
    END_ROLLED_BACK = "end_rolled_back"
    END_STUCK = "end_stuck"
    END_SUPERSEDED = "end_superseded"
    """Another execution owns the cutover, or it has ended: nothing to do here."""


def _iso(value: datetime) -> str:
    whole = value.astimezone(UTC).replace(microsecond=0)
    if whole < value:
        whole += timedelta(seconds=1)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(value: object) -> object:
    return _iso(value) if isinstance(value, datetime) else value


class Directive(Model):
    """What to do next for one cutover, and who may do it."""

    model_config = ConfigDict(extra="ignore")

    cutover_id: Annotated[str, Field(min_length=1, max_length=80)]
    owner: Annotated[int, Field(ge=1)]
    """Number of the execution that drives the cutover, from 1."""
    version: Annotated[int, Field(ge=1)]
    """Version of the record that carries the decision."""
    action: Next
    until: Annotated[
        datetime, BeforeValidator(_whole), PlainSerializer(_iso, return_type=str)
    ]
    """UTC, whole seconds, rounded up: a Wait state never ends too early."""
