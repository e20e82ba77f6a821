"""What a role may do: a reviewed template, never a copy of what the server says.

    -- the application
    GRANT SELECT, INSERT, UPDATE, DELETE ON paymentdb.* TO {user};

Rules of this file
* `{user}` is the only placeholder, each statement ends with `;`, and each right is
  named: nobody can review ALL PRIVILEGES.
* A fenced account keeps the rights to read, whatever its template says.
* Rights are compared as the server lists them, so a grant that did not take is seen,
  and what is too much is known by name.

MySQL reference manual, "GRANT Statement" and "INFORMATION_SCHEMA Tables" (the three
`..._PRIVILEGES` tables).  Rights to routines are in none of them: they are given, and
not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from rotation_hooks.core.errors import TemplateError
from rotation_hooks.core.roles import Role

_COMMENT = re.compile(r"--[^\n]*")
_GRANT = re.compile(
    r"GRANT\s+(?P<rights>[A-Z_]+(?:\s+[A-Z]+)*(?:\s*,\s*[A-Z_]+(?:\s+[A-Z]+)*)*)"
    r"\s+ON\s+(?P<routine>PROCEDURE\s+|FUNCTION\s+)?"
    r"(?P<on>[`\w*]+\.[`\w*]+)\s+TO\s+\{user\}(?P<option>\s+WITH\s+GRANT\s+OPTION)?",
    re.IGNORECASE,
)
_READING = frozenset({"SELECT", "SHOW VIEW", "USAGE"})
GRANT_OPTION = "GRANT OPTION"
_OTHER_WORDS = {
    "BINLOG MONITOR": "REPLICATION CLIENT",  # MariaDB's word since 10.5
    "DELETE VERSIONING ROWS": "DELETE HISTORY",
}


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One right on one thing: `*.*`, `paymentdb.*`, `paymentdb.payments`."""

    on: str
    privilege: str

    @property
    def is_reading(self) -> bool:
        """Whether it lets nobody change anything."""
        return self.privilege.partition(" (")[0] in _READING

    @classmethod
    def listed(cls, on: str, privilege: str) -> Self:
        """A right as a server lists it, in MySQL's words."""
        return cls(on, _OTHER_WORDS.get(privilege, privilege))


class State(StrEnum):
    """Whether the fence lets the application write."""

    OPEN = "open"
    FENCED = "fenced"


@dataclass(frozen=True, slots=True)
class Template:
    """The rights of a role."""

    rights: frozenset[Right]
    routines: frozenset[Right] = frozenset()
    """On procedures and functions; `on` begins with the word."""

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """The template in a file.  Raises TemplateError with the statement."""
        rights: set[Right] = set()
        routines: set[Right] = set()
        for statement in _statements(text):
            found = _GRANT.fullmatch(statement)
            if found is None:
                raise TemplateError(
                    f"{name}: {statement!r}: write GRANT rights ON schema.table TO "
                    "{user}, with names without quotes"
                )
            on = found["on"].replace("`", "")
            kinds = {
                " ".join(one.upper().split()) for one in found["rights"].split(",")
            }
            if any(kind.startswith("ALL") for kind in kinds):
                raise TemplateError(f"{name}: {statement!r}: name each right")
            if found["option"]:
                kinds.add(GRANT_OPTION)
            if found["routine"]:
                on = f"{found['routine'].strip().upper()} {on}"
            into = routines if found["routine"] else rights
            into.update(Right(on, kind) for kind in kinds)
        if not rights:
            raise TemplateError(f"{name} grants nothing: write at least one GRANT")
        return cls(frozenset(rights - _nothing(rights)), frozenset(routines))

    def in_state(self, role: Role, state: State) -> Template:
        """What an account of the role has while the side is in this state."""
        if state is State.OPEN or not role.is_fenced:
            return self
        return Template(frozenset(right for right in self.rights if right.is_reading))


@dataclass(frozen=True, slots=True)
class Change:
    """What makes an account's rights those of its template."""

    give: frozenset[Right]
    take: frozenset[Right]

    def __bool__(self) -> bool:
        return bool(self.give or self.take)


def change(wanted: Template, found: frozenset[Right]) -> Change:
    """The rights to give and to take."""
    return Change(
        give=wanted.rights - found | wanted.routines, take=found - wanted.rights
    )


def told(change: Change) -> str:
    """A change in words, for those who read why a step failed."""
    return "; ".join(
        f"{word} {right.privilege} on {right.on}"
        for word, rights in (("lacks", change.give), ("has", change.take))
        for right in sorted(rights)
    )


def _statements(text: str) -> Iterable[str]:
    bare = _COMMENT.sub("", text)
    return filter(None, (" ".join(part.split()) for part in bare.split(";")))


def _nothing(rights: Iterable[Right]) -> set[Right]:
    """USAGE is the word for no right at all, and no server lists it with others."""
    return {right for right in rights if right.privilege == "USAGE"}
