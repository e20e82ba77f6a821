"""Rights as MySQL lists them, and the statements that change them.

`information_schema` is the same in MySQL and MariaDB and shows each account its own
rights, which SHOW GRANTS prints in words of each server's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from rotation_hooks.core.credential import Account
from rotation_hooks.core.grants import GRANT_OPTION, Change, Right

Rows = Callable[..., list[dict[str, Any]]]

_TABLE = "CONCAT(table_schema, '.', table_name)"
_COLUMN = "CONCAT(privilege_type, ' (', column_name, ')')"
# What each right is on, its name, and whether it can be passed on.
_VIEWS = {
    "user_privileges": ("'*.*'", "privilege_type", "is_grantable"),
    "schema_privileges": (
        "CONCAT(table_schema, '.*')",
        "privilege_type",
        "is_grantable",
    ),
    "table_privileges": (_TABLE, "privilege_type", "is_grantable"),
    "column_privileges": (_TABLE, _COLUMN, "'NO'"),
}
_LISTED = tuple(
    f"SELECT {on} AS thing, {privilege} AS privilege, {grantable} AS grantable"  # noqa: S608  only words of ours
    f" FROM information_schema.{view} WHERE grantee = %s"
    for view, (on, privilege, grantable) in _VIEWS.items()
)


def read(rows: Rows, account: Account) -> frozenset[Right]:
    """The account's rights, as the server lists them to whoever is logged in."""
    found: set[Right] = set()
    for listed in _LISTED:
        for row in rows(listed, account.grantee):
            # A database's name in a grant is a pattern, and `_` in it may be escaped.
            on = str(row["thing"]).replace("\\", "")
            found.add(Right.listed(on, str(row["privilege"])))
            if row["grantable"] == "YES":
                found.add(Right(on, GRANT_OPTION))
    return frozenset(right for right in found if right.privilege != "USAGE")


def statements(account: Account, change: Change) -> Iterator[str]:
    """What makes the change: rights that are too much go first."""
    for on, privileges in _by_thing(change.take):
        yield f"REVOKE {', '.join(privileges)} ON {on} FROM {account.grantee}"
    for on, privileges in _by_thing(change.give):
        option = " WITH GRANT OPTION" if GRANT_OPTION in privileges else ""
        named = [one for one in privileges if one != GRANT_OPTION] or ["USAGE"]
        yield f"GRANT {', '.join(named)} ON {on} TO {account.grantee}{option}"


def _by_thing(rights: Iterable[Right]) -> Iterator[tuple[str, list[str]]]:
    for on, group in groupby(sorted(rights), lambda right: right.on):
        yield on, [right.privilege for right in group]
