"""MySQL behind the port: over verified TLS, or not at all.

Rules of this file
* The server's certificate is verified, and its name.  There is no other way to log in.
* Whatever waits has a limit, on the server's side too: a function that is frozen must
  not keep the fence's lock.
* What the server says is told by its number alone: its text quotes the statement.
* A server is asked what it can do by letting it try, not by its version.

MySQL reference manual, "ALTER USER Statement", "Locking Functions", "Server Error
Message Reference"; MariaDB documentation, "SET PASSWORD", "Account Locking" (4151).
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.constants import ER
from pymysql.cursors import DictCursor

from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.errors import (
    DatabaseError,
    Failed,
    LoginRefused,
    SettingsError,
    Unreachable,
    Untrusted,
)
from rotation_hooks.core.fence import State
from sql_files import rights as listed
from sql_files.rights import Rights
from sql_files.roles import FENCE_LOCK

if TYPE_CHECKING:
    Connection = pymysql.Connection[DictCursor]

CONNECT_S = 3
ANSWER_S = 5
IDLE_S = 10
FENCE_S = 3

_REFUSED = frozenset({ER.ACCESS_DENIED_ERROR, 1698, 3118, 3955, 4151, 1820, 1862})
_AWAY = frozenset({0, 1040, 1053, 1152, 1927, 2002, 2003, 2005, 2006, 2013})
_NO_TLS = frozenset({2026, 3159})
_MAY_NOT_WRITE = frozenset(
    {ER.TABLEACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, 1290, 1792, 1836}
)
_NO_FUNCTION = frozenset({ER.PARSE_ERROR, ER.NO_DB_ERROR, ER.SP_DOES_NOT_EXIST})
_MAY_NOT_READ = frozenset({ER.TABLEACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR})
_PROBE = "shifter.rotation_probe"
_ROUNDS = 2


def trusting(authorities: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, with servers that one of the authorities vouches for."""
    try:
        context = ssl.create_default_context(cafile=authorities)
    except OSError as error:
        why = "holds no certificates"
        if not isinstance(error, ssl.SSLError):
            why = f"cannot be read: {error.strerror}"
        told = f"DATABASE_AUTHORITIES is {str(authorities)!r}, which {why}"
        raise SettingsError(told) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on the form of a certificate is judged too, not only its signer.
    # PyMySQL's own context leaves that out as well, for old databases' sake.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


class MySql:
    """Fits `ports.Databases`."""

    def __init__(self, authorities: Path) -> None:
        self._trusted = trusting(authorities)

    @contextmanager
    def login(self, credential: Credential) -> Iterator[MySqlSession]:
        connection = self._connect(credential)
        try:
            yield MySqlSession(connection, credential)
        finally:
            with suppress(pymysql.MySQLError, OSError):
                connection.close()

    def _connect(self, credential: Credential) -> Connection:
        with _translated(credential.where, login=True):
            return pymysql.Connection(
                host=credential.host,
                port=credential.port,
                user=credential.username,
                password=credential.password.get_secret_value(),
                ssl=self._trusted,
                charset="utf8mb4",
                init_command=f"SET SESSION wait_timeout = {IDLE_S}",
                connect_timeout=CONNECT_S,
                read_timeout=ANSWER_S,
                write_timeout=ANSWER_S,
                autocommit=True,
                cursorclass=DictCursor,
            )


class MySqlSession:
    """Fits `ports.Session`."""

    def __init__(self, connection: Connection, credential: Credential) -> None:
        self._connection = connection
        self._where = credential.where

    def change_own_password(self, password: str) -> None:
        # MariaDB takes MySQL's form, says that all is well, and keeps the old password.
        form = "ALTER USER CURRENT_USER() IDENTIFIED BY %s"
        if self._has_password_function():
            form = "SET PASSWORD = PASSWORD(%s)"
        self._run(form, password)

    def _has_password_function(self) -> bool:
        """Ask without a password: a statement that fails may be logged as it is."""
        try:
            self._run("DO PASSWORD('')")
        except Failed as error:
            if error.number not in _NO_FUNCTION:
                raise
            return False
        return True

    def put_account(self, account: Account, password: str) -> None:
        who = account.user, account.host
        told = "%s@%s IDENTIFIED BY %s REQUIRE SSL"
        # The server's note that the account exists already is no warning to anybody.
        self._run(f"CREATE USER IF NOT EXISTS {told}", *who, password)
        self._run(f"ALTER USER {told}", *who, password)

    def rights(self, account: Account) -> Rights:
        lines = self._rows(f"SHOW GRANTS FOR {account.grantee}")
        try:
            return listed.shown(str(*line.values()) for line in lines)
        except ValueError as error:
            told = f"the rights of {account.grantee} cannot be told: {error}"
            raise Failed(self._where, told) from None

    def set_rights(self, account: Account, rights: Rights) -> None:
        whom = listed.Account(account.user, account.host)
        # Revoking from a table takes its columns along, so what is left is read again.
        for _ in range(_ROUNDS):
            for statement in listed.changes(self.rights(account), rights, whom):
                self._run(statement)

    def accounts(self) -> Mapping[str, Rights | None]:
        # A role of MariaDB has no host; whoever has one is seen to have it.
        rows = self._rows(
            "SELECT User AS user, Host AS host FROM mysql.user WHERE Host <> ''"
        )
        return {
            f"'{row['user']}'@'{row['host']}'": self._told(row["user"], row["host"])
            for row in rows
        }

    def _told(self, user: str, host: str) -> Rights | None:
        try:
            lines = self._rows("SHOW GRANTS FOR %s@%s", user, host)
            return listed.shown(str(*line.values()) for line in lines)
        except (Failed, ValueError):
            return None

    def state(self) -> State:
        rows = self._rows("SELECT writable FROM shifter.fence")
        if len(rows) != 1:
            raise Failed(self._where, "shifter.fence has no row: run the bootstrap")
        return State.OPEN if rows[0]["writable"] else State.FENCED

    @contextmanager
    def hold_fence(self) -> Iterator[None]:
        asked = "SELECT GET_LOCK(%s, %s) AS taken"
        if self._rows(asked, FENCE_LOCK, FENCE_S)[0]["taken"] != 1:
            told = "the fence is moving, and did not end in time: try again"
            raise Failed(self._where, told)
        try:
            yield
        finally:
            with suppress(DatabaseError):  # it goes with the session
                self._run("DO RELEASE_LOCK(%s)", FENCE_LOCK)

    def may_write(self) -> bool:
        try:
            self._run("START TRANSACTION")
            self._run(f"INSERT INTO {_PROBE} (token) VALUES (UUID())")  # noqa: S608
        except Failed as error:
            if error.number not in _MAY_NOT_WRITE:
                raise
            return False
        finally:
            with suppress(DatabaseError):  # it goes with the session
                self._run("ROLLBACK")
        return True

    def may_read(self) -> bool:
        try:
            self._rows(f"SELECT COUNT(*) FROM {_PROBE}")  # noqa: S608
        except Failed as error:
            if error.number not in _MAY_NOT_READ:
                raise
            return False
        return True

    def _run(self, statement: str, *values: object) -> None:
        self._rows(statement, *values)

    def _rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        with _translated(self._where), self._connection.cursor() as cursor:
            # Without values, % is no placeholder: accounts have it in their hosts.
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())


@contextmanager
def _translated(where: str, *, login: bool = False) -> Iterator[None]:
    try:
        yield
    except pymysql.MySQLError as error:
        raise _kind(error, where, login=login) from None
    except OSError as error:
        raise Unreachable(where, f"no answer ({type(error).__name__})") from None


def _kind(error: pymysql.MySQLError, where: str, *, login: bool) -> DatabaseError:
    first = error.args[0] if error.args else 0
    number = first if isinstance(first, int) else 0
    if isinstance(getattr(error, "original_exception", None), ssl.SSLError):
        told = "its certificate is not one that the authorities vouch for"
        return Untrusted(where, told, number)
    if number in _NO_TLS:
        return Untrusted(where, "it offers no TLS", number)
    if number in _AWAY:
        return Unreachable(where, "no answer, or it ended the session", number)
    if login and number in _REFUSED:
        return LoginRefused(where, "the login is refused", number)
    return Failed(where, f"a statement is refused ({type(error).__name__})", number)
