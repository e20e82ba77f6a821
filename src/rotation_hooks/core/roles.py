"""Which secrets there are: for each side of the environment one for each role.

Rules of this file
* `app` and `dms` are two users in turn, so whoever logs in with the older one is not
  hurt.  `master` and `fence` are one user each: nobody keeps their passwords.
* Only the application's right to write depends on the fence.  Replication writes to the
  fenced side, and the fence itself must always be able to give the right back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CLONE = "_clone"
LONGEST_USER = 32
"""MySQL reference manual, "Account Names": a user name has at most 32 characters."""


class Side(StrEnum):
    """One of the two databases."""

    BLUE = "blue"
    GREEN = "green"


class Role(StrEnum):
    """What a user of the database is for."""

    APP = "app"
    DMS = "dms"
    FENCE = "fence"
    MASTER = "master"

    @property
    def alternates(self) -> bool:
        """Whether two users take turns."""
        return self in (Role.APP, Role.DMS)

    @property
    def is_fenced(self) -> bool:
        """Whether the fence takes this role's right to write."""
        return self is Role.APP


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret by what it is for; `str` gives it as settings write it: blue/app."""

    side: Side
    role: Role

    def __str__(self) -> str:
        return f"{self.side}/{self.role}"


def other_user(user: str) -> str:
    """The user whose turn it is after this one: `app` and `app_clone`."""
    return user.removesuffix(CLONE) if user.endswith(CLONE) else user + CLONE


def users_of(user: str) -> tuple[str, str]:
    """Both users of an alternating role, whichever is given."""
    first = user.removesuffix(CLONE)
    return first, first + CLONE
