"""Whether a side takes writes, and which template a role's users then have.

`infra/sql/grants` has the templates: reviewed text, never a copy of what a server says.
"""

from __future__ import annotations

from enum import StrEnum

from rotation_hooks.core.roles import Role


class State(StrEnum):
    """Whether the fence lets the application write."""

    OPEN = "open"
    FENCED = "fenced"


def template_name(role: Role, state: State) -> str:
    """The grant template of a role on a side in this state."""
    if state is State.FENCED and role.is_fenced:
        return f"{role}-fenced"
    return str(role)


def may_write(role: Role, state: State) -> bool:
    """Tell whether a user of the role must be able to write."""
    return state is State.OPEN or not role.is_fenced
