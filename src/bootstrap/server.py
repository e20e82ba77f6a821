"""A database server: sessions over verified TLS or none, and its errors in our words.

Rules of this file
* What the server says of a statement is repeated only where the statement had no
  values: a syntax error quotes what stood near it, which could be a password.
* Errors of the driver stop here, and are not chained: a traceback would show them.

Numbers: MySQL reference manual, "Server Error Message Reference" and "Client Error
Message Reference"; MariaDB documentation, "MariaDB Error Codes" (1698).
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

from bootstrap.errors import (
    BootstrapError,
    LoginRefused,
    Refused,
    Unreachable,
    Untrusted,
)
from bootstrap.secrets import Login

if TYPE_CHECKING:
    Connection = pymysql.Connection[DictCursor]

_CONNECT_S = 5
_ANSWER_S = 30
_WRONG_PASSWORD = frozenset({1045, 1698})
_NO_TLS = 2026
_AWAY = frozenset({0, 1040, 1053, 1077, 1079, 2002, 2003, 2005, 2006, 2013, 2055})


class Session:
    """One session, in which each statement counts at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(
        self, statement: str, *values: object, doing: str = ""
    ) -> Sequence[dict[str, Any]]:
        """The rows of a statement.  Raises Refused, Unreachable.

        `doing` tells in an error what was tried; without it the statement is shown.
        """
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall()
        except pymysql.MySQLError as error:
            shown = doing or " ".join(statement.split())
            raise _translated(error, shown, told=not values) from None

    def one(self, statement: str, *values: object) -> Any:
        """The only value of the only row; None where there is no row."""
        rows = self.run(statement, *values)
        return next(iter(rows[0].values())) if rows else None

    def use(self, schema: str) -> None:
        """Let statements without a schema mean this one."""
        try:
            self._connection.select_db(schema)
        except pymysql.MySQLError as error:
            raise _translated(error, f"the schema {schema}", told=True) from None

    def close(self) -> None:
        with suppress(pymysql.MySQLError, OSError):
            self._connection.close()


@dataclass(frozen=True)
class Server:
    """Where a database is, and by whose word it is believed."""

    host: str
    port: int
    trusted: ssl.SSLContext

    def log_in(self, login: Login) -> Session:
        """A session, which the caller closes.

        Raises LoginRefused, Untrusted, Unreachable, Refused.
        """
        user = login.account.user
        try:
            return Session(self._open(user, login.password))
        except pymysql.MySQLError as error:
            raise self._not_open(error, user) from None

    def _open(self, user: str, password: str) -> Connection:
        return pymysql.Connection(
            host=self.host,
            port=self.port,
            user=user,
            password=password,
            ssl=self.trusted,
            charset="utf8mb4",
            connect_timeout=_CONNECT_S,
            read_timeout=_ANSWER_S,
            write_timeout=_ANSWER_S,
            autocommit=True,
            cursorclass=DictCursor,
        )

    def _not_open(self, error: pymysql.MySQLError, user: str) -> BootstrapError:
        found = _number(error)
        cause = getattr(error, "original_exception", None)
        if found == _NO_TLS or isinstance(cause, ssl.SSLError):
            return Untrusted(
                f"{self.host}:{self.port} does not prove who it is: look at the "
                "certificate of its instances and at the authorities in infra/dms.yaml"
            )
        if found in _WRONG_PASSWORD:
            return LoginRefused(
                f"{self.host}:{self.port} refuses the user {user}: "
                "database and secret do not agree on its password"
            )
        if found in _AWAY:
            return Unreachable(
                f"{self.host}:{self.port} does not answer (error {found}): look at "
                "the security groups, and whether its writer is available"
            )
        return Refused(f"a session of {user}", found)


def _translated(error: pymysql.MySQLError, doing: str, *, told: bool) -> BootstrapError:
    found = _number(error)
    if found in _AWAY:
        return Unreachable(f"the database went away during {doing} (error {found})")
    return Refused(doing, found, str(error.args[-1]) if told else "")


def _number(error: pymysql.MySQLError) -> int:
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0
