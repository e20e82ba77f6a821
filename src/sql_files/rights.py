"""Rights: what a template gives, what a user has, and the statements between the two.

    wanted = template(folder, "app").rights
    held = shown(rows of SHOW GRANTS)
    for statement in changes(held, wanted, account): ...

Rules of this file
* A right is one privilege on one thing, for one column or for all.  A set of them says
  everything, so two sets can be compared and no order matters.
* A template names no user: `{account}` stands where one goes, and nowhere else.
* What is too much is revoked before what is missing is granted.  Revoking from a whole
  table takes its columns along, so whoever changes rights reads them again.
* A line of SHOW GRANTS that nobody understands is an error, never nothing.  It is not
  repeated in the error: some servers show the hash of a password in it.

MySQL reference manual: "GRANT Statement", "REVOKE Statement", "SHOW GRANTS Statement".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sql_files.scripts import UnreadableScript, read_script

ROLE = "ROLE"
GRANT_OPTION = "GRANT OPTION"
ALL = "ALL PRIVILEGES"

_NAME = r"(?:`[^`]+`|[\w$]+|\*)"
_GRANT = re.compile(
    rf"GRANT (?P<privileges>.+?) ON (?P<kind>(?:TABLE|PROCEDURE|FUNCTION) )?"
    rf"(?P<schema>{_NAME})\.(?P<thing>{_NAME}) TO (?P<account>\S+)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_ROLE_NAME = r"`[^`]*`(?:@`[^`]*`)?"
_MEMBER = re.compile(
    rf"GRANT (?P<roles>{_ROLE_NAME}(?:, ?{_ROLE_NAME})*) TO \S+.*", re.DOTALL
)
_DEFAULT_ROLE = re.compile(r"SET DEFAULT ROLE .*", re.IGNORECASE)
_PRIVILEGE = re.compile(r"(?P<name>[A-Za-z_ ]+?)\s*(?:\((?P<columns>[^)]*)\))?")
_ACCOUNT = "{account}"
_SAFE_USER = re.compile(r"[A-Za-z0-9_]{1,32}")
_SAFE_HOST = re.compile(r"[A-Za-z0-9_.:/%-]{1,255}")

_ALSO_CALLED = {
    "ALL": ALL,
    "BINLOG MONITOR": "REPLICATION CLIENT",  # MariaDB documentation, "GRANT"
}


@dataclass(frozen=True, order=True)
class Account:
    """A user of the database, and from where it comes.

    Raises ValueError for a name or host that would have to be escaped.
    """

    user: str
    host: str = "%"

    def __post_init__(self) -> None:
        if not _SAFE_USER.fullmatch(self.user):
            raise ValueError("the user's name has to be 1 to 32 letters, digits or _")
        if not _SAFE_HOST.fullmatch(self.host):
            raise ValueError(
                "the user's host has to be %, a name, an address or a network"
            )

    def __str__(self) -> str:
        return f"'{self.user}'@'{self.host}'"


@dataclass(frozen=True, order=True)
class Right:
    """One privilege on one thing."""

    on: str
    """`*.*`, a schema, a table or a routine, quoted; of a ROLE, the role."""
    privilege: str
    column: str = ""
    """The one column that it is for; empty where it is for all."""

    def __str__(self) -> str:
        column = f" ({self.column})" if self.column else ""
        return f"{self.privilege}{column} on {self.on}"


Rights = frozenset[Right]


def template(folder: Path, name: str) -> Rights:
    """The rights of `<folder>/grants/<name>.sql`.  Raises UnreadableScript."""
    found: set[Right] = set()
    for statement in read_script(folder / "grants", name):
        match = _GRANT.fullmatch(" ".join(statement.split()))
        if match is None or match["account"] != _ACCOUNT:
            raise UnreadableScript(
                f"grants/{name}.sql: write GRANT … ON … TO {_ACCOUNT}, not {statement}"
            )
        found.update(_rights(match))
    return frozenset(found)


def shown(lines: Iterable[str]) -> Rights:
    """The rights in the lines of SHOW GRANTS.  Raises ValueError, without the line."""
    found: set[Right] = set()
    for number, line in enumerate(lines, start=1):
        if match := _GRANT.fullmatch(line):
            found.update(_rights(match))
        elif match := _MEMBER.fullmatch(line):
            roles = re.findall(_ROLE_NAME, match["roles"])
            found.update(Right(role, ROLE) for role in roles)
        elif not _DEFAULT_ROLE.fullmatch(line):
            raise ValueError(f"line {number} of SHOW GRANTS is of an unknown form")
    return frozenset(found)


def changes(held: Rights, wanted: Rights, account: Account) -> Iterator[str]:
    """The statements that make of the rights held the rights wanted."""
    yield from revoking(held - wanted, account)
    yield from granting(wanted - held, account)


def revoking(rights: Rights, account: Account) -> Iterator[str]:
    """The statements that take these rights away."""
    for right in sorted(r for r in rights if r.privilege == ROLE):
        yield f"REVOKE {right.on} FROM {account}"
    for on, privileges in _by_thing(rights):
        # "All" and the option to grant stand alone in a REVOKE, or it is no statement.
        alone = [name for name in privileges if name in (ALL, GRANT_OPTION)]
        together = ", ".join(name for name in privileges if name not in alone)
        for names in filter(None, [together, *alone]):
            yield f"REVOKE {names} ON {on} FROM {account}"


def granting(rights: Rights, account: Account) -> Iterator[str]:
    """The statements that give these rights.  No template gives a role."""
    for on, privileges in _by_thing(rights):
        given = [name for name in privileges if name != GRANT_OPTION] or ["USAGE"]
        passed_on = " WITH GRANT OPTION" if GRANT_OPTION in privileges else ""
        yield f"GRANT {', '.join(given)} ON {on} TO {account}{passed_on}"


def _rights(match: re.Match[str]) -> Iterator[Right]:
    kind = (match["kind"] or "").upper().replace("TABLE ", "")
    on = f"{kind}{_quoted(match['schema'])}.{_quoted(match['thing'])}"
    for part in re.split(r",(?![^(]*\))", match["privileges"]):
        privilege = _PRIVILEGE.fullmatch(part.strip())
        if privilege is None:
            raise ValueError(f"a privilege on {on} is of an unknown form")
        name = " ".join(privilege["name"].upper().split())
        if name == "USAGE":
            continue
        for column in (privilege["columns"] or "").split(","):
            yield Right(on, _ALSO_CALLED.get(name, name), column.strip(" `").lower())
    if match["rest"].upper().endswith("WITH GRANT OPTION"):
        yield Right(on, GRANT_OPTION)


def _by_thing(rights: Iterable[Right]) -> Iterator[tuple[str, list[str]]]:
    """The privileges on each thing, written as a statement lists them."""
    columns: dict[tuple[str, str], list[str]] = defaultdict(list)
    for right in sorted(rights):
        if right.privilege != ROLE:
            columns[right.on, right.privilege].append(right.column)
    things: dict[str, list[str]] = defaultdict(list)
    for (on, privilege), names in columns.items():
        if "" in names:
            things[on].append(privilege)
        if named := ", ".join(name for name in names if name):
            things[on].append(f"{privilege} ({named})")
    yield from things.items()


def _quoted(name: str) -> str:
    return name if name == "*" or name.startswith("`") else f"`{name}`"
