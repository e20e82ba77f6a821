"""The id of a cutover in an event that may leave it out.

A file of its own, because the way back needs no other form of an order.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _filled(given: str) -> str:
    """An id; an empty one is the mistake of a script, and no word for none."""
    if not given.strip():
        told = "names no cutover: write its id, or leave it out for the active one"
        raise ValueError(told)
    return given


MaybeId = (
    Annotated[str, StringConstraints(max_length=80), AfterValidator(_filled)] | None
)
"""A cutover's id; None means the environment's active cutover."""
