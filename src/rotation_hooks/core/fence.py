"""Whether a side takes writes, and whom that concerns."""

from __future__ import annotations

from enum import StrEnum

from rotation_hooks.core.roles import Role


class State(StrEnum):
    """Whether the fence lets the application write."""

    OPEN = "open"
    FENCED = "fenced"


def may_write(role: Role, state: State) -> bool:
    """Tell whether a user of the role must be able to write."""
    return state is State.OPEN or not role.is_fenced
