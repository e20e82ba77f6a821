"""What goes wrong, by who must act.

Wrong         the caller: no repetition cures it; 4xx
Unavailable   nobody: the same request with the same key is right a little later; 503
Misconfigured whoever deployed it: the service does not start

What a caller sent is shown to the caller only, shortened, and never if it looks like a
card.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SHOWN = 40
_CARD = re.compile(r"\d(?:[ -]?\d){11,}")


@dataclass(eq=False)
class Wrong(Exception):
    """A request that is not right."""

    status: int
    detail: str
    field: str | None = None


@dataclass(eq=False)
class Unavailable(Exception):
    """A request that is right, at a time when it cannot be served."""

    reason: str
    """One word: fenced, locked, credentials, untrusted, away or busy."""
    detail: str
    code: int | None = None
    """The database's number for it."""


class Misconfigured(Exception):
    """The environment lacks a variable, or has a wrong one."""


def shown(value: object) -> str:
    """A value as a message may repeat it: short, printable, without a card's number."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = _CARD.sub("(a long number)", ascii(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
