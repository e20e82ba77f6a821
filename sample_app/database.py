"""Sessions with the database: over TLS or not at all, kept, and never trusted for long.

Rules of this file
* The server's certificate is verified, and its name; there is no way to speak in the
  open.
* A session that saw any error is closed.
* A kept session may be dead, and it keeps the rights that it had when it logged in.  So
  what is refused there is tried once more after a new login, which sees the rights that
  hold now.  The work has to bear that, as it has to bear a caller's repetition.
* A login refused for its password is tried again with what the secret says now, every
  100 ms for 5 s: a rotation is over by then.

Numbers: MySQL reference manual, "Server Error Message Reference" and "Client Error
Message Reference"; MariaDB documentation, "MariaDB Error Codes" (1927, 4151).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, LifoQueue
from typing import TYPE_CHECKING, TypeVar

import pymysql
from pymysql.cursors import DictCursor

from sample_app.credentials import Credentials, Login
from sample_app.errors import Misconfigured, Unavailable
from sample_app.settings import Settings

T = TypeVar("T")
if TYPE_CHECKING:
    Session = pymysql.Connection[DictCursor]

WRONG_PASSWORD = 1045
_TELLS: Mapping[str, tuple[str, frozenset[int]]] = {
    "fenced": (
        "The database takes no writes from this lane; a cutover may be moving them.",
        frozenset({1044, 1142, 1290, 1792, 1836}),
    ),
    "locked": (
        "The database has locked the service's user.",
        frozenset({3118, 4151}),
    ),
    "credentials": (
        "The database refuses the service's password; deploy it anew after a rotation.",
        frozenset({WRONG_PASSWORD}),
    ),
    "away": (
        "The database cannot be reached, or has ended the session.",
        frozenset({0, 1053, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2026}),
    ),
    "busy": (
        "The database has too much to do.",
        frozenset({1040, 1203, 1205, 1213, 1226}),
    ),
}

_CURED_BY_A_LOGIN = _TELLS["fenced"][1] | _TELLS["away"][1]

_CONNECT_S = 3
_ANSWER_S = 5
_LOCK_WAIT_S = 3
_PATIENCE_S = 2.0
_RENEW_EVERY_S = 0.1
_RENEW_FOR_S = 5.0


class Database:
    """A number of sessions, and transactions in them."""

    def __init__(self, settings: Settings, credentials: Credentials) -> None:
        self._settings = settings
        self._credentials = credentials
        self._trusted = _trusting(settings)
        # A place for each session; an empty one is filled by whoever takes it.
        self._places: LifoQueue[Session | None] = LifoQueue()
        for _ in range(settings.connections):
            self._places.put(None)

    def transact(self, work: Callable[[DictCursor], T]) -> T:
        """Do the work in a transaction; its answer, once that is committed.

        Raises Unavailable when the database does not answer, or not as it should.
        """
        try:
            kept = self._places.get(timeout=_PATIENCE_S)
        except Empty:
            told = "Every session with the database is in use."
            raise Unavailable("busy", told) from None
        back: Session | None = None
        try:
            back, answer = self._done(kept, work)
        except pymysql.MySQLError as error:
            raise unavailable(error) from error
        finally:
            self._places.put(back)
        return answer

    def _done(
        self, kept: Session | None, work: Callable[[DictCursor], T]
    ) -> tuple[Session, T]:
        if kept is not None:
            try:
                return kept, _worked(kept, work)
            except pymysql.MySQLError as error:
                if number(error) not in _CURED_BY_A_LOGIN:
                    raise
        session = self._logged_in()
        return session, _worked(session, work)

    def close(self) -> None:
        """End the sessions that nobody uses."""
        with suppress(Empty):
            while True:
                kept = self._places.get_nowait()
                if kept is not None:
                    _close(kept)

    def _logged_in(self) -> Session:
        login = self._credentials.login
        until = time.monotonic() + _RENEW_FOR_S
        while True:
            try:
                return self._open(login)
            except pymysql.OperationalError as error:
                over = time.monotonic() > until or not self._credentials.renewable
                if number(error) != WRONG_PASSWORD or over:
                    raise
            renewed = self._credentials.renew(login)
            if renewed == login:
                time.sleep(_RENEW_EVERY_S)
            login = renewed

    def _open(self, login: Login) -> Session:
        return pymysql.Connection(
            host=self._settings.database_host,
            port=self._settings.database_port,
            database=self._settings.database_name,
            user=login.user,
            password=login.password,
            ssl=self._trusted,
            charset="utf8mb4",
            sql_mode="STRICT_ALL_TABLES",
            init_command=f"SET SESSION innodb_lock_wait_timeout = {_LOCK_WAIT_S}",
            connect_timeout=_CONNECT_S,
            read_timeout=_ANSWER_S,
            write_timeout=_ANSWER_S,
            autocommit=False,
            cursorclass=DictCursor,
        )


def number(error: pymysql.MySQLError) -> int:
    """The database's number for an error; 0 where it has none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def unavailable(error: pymysql.MySQLError) -> Exception:
    """The error as the caller may hear it; itself when it is our own fault."""
    found = number(error)
    if found == 0 and not isinstance(error, pymysql.InterfaceError):
        return error
    if isinstance(getattr(error, "original_exception", None), ssl.SSLError):
        told = "The database's certificate is not one that the service trusts."
        return Unavailable("untrusted", told, found)
    for reason, (told, numbers) in _TELLS.items():
        if found in numbers:
            return Unavailable(reason, told, found or None)
    return error


def _trusting(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or newer, with a server that one of the authorities vouches for."""
    path = settings.database_authorities
    try:
        context = ssl.create_default_context(cafile=path)
    except OSError as error:
        no_file = not isinstance(error, ssl.SSLError)
        why = error.strerror if no_file else "it holds no certificates"
        raise Misconfigured(f"DATABASE_AUTHORITIES is {str(path)!r}: {why}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # From Python 3.13 on the form of a certificate is judged too, not only its signer.
    # PyMySQL's own context leaves that out as well, for old databases' sake.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _worked(session: Session, work: Callable[[DictCursor], T]) -> T:
    """The answer of the work; a session that did not come to its end is closed."""
    done = False
    try:
        session.begin()
        with session.cursor() as cursor:
            answer = work(cursor)
        session.commit()
        done = True
    finally:
        if not done:
            _close(session)
    return answer


def _close(session: Session) -> None:
    with suppress(pymysql.MySQLError, OSError):
        session.close()
