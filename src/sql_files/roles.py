"""The users of a payment database: what each is for, and which rights it has when.

    rights = rights_of(folder, Role.APP, writable=False)

Whoever changes the application's rights reads `writable` from `shifter.fence` first,
and holds the server's lock FENCE_LOCK until both are done: else a fence and an opening
that meet leave what neither wanted.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from sql_files.rights import Rights, template

FENCE_LOCK = "shifter_fence"
SECOND = "_clone"
"""What the hosted rotation adds to the name of the second of two users in turn."""


class Role(StrEnum):
    """What a user is for; each has a template in infra/sql/grants."""

    APP = "app"
    DMS = "dms"
    FENCE = "fence"


def rights_of(folder: Path, role: Role, *, writable: bool) -> Rights:
    """The rights of a role on a side that takes writes, or on one that takes none.

    A fence closes the application out; replication and the fence itself go on.
    Raises UnreadableScript.
    """
    closed = role is Role.APP and not writable
    return template(folder, f"{role}-fenced" if closed else role)


def both_of(user: str) -> tuple[str, str]:
    """The names of the two users in turn, of which a secret names one."""
    first = user.removesuffix(SECOND)
    return first, first + SECOND
