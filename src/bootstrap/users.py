"""Users and their rights, made to be what secrets and templates say.

Rules of this file
* A user in a secret exists, must speak TLS, and its password works.  A password that
  works is left alone, and so is one that a rotation has already changed.
* Every account of a role has the rights of its template, no more and no fewer: also the
  second one of two users in turn, and one that somebody made for another host.
* The application's rights follow the side's fence, under the fence's own lock: nothing
  here opens a side that a cutover has closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bootstrap.errors import BootstrapError, LoginRefused, Refused
from bootstrap.secrets import Login
from bootstrap.server import Server, Session
from sql_files.rights import Account, Rights, changes, shown
from sql_files.roles import FENCE_LOCK, Role, both_of, rights_of

_LOCK_WAIT_S = 20
_ROUNDS = 3

Tell = Callable[[str], None]


def ensure_user(
    session: Session,
    server: Server,
    login: Login,
    pending: Callable[[], Login | None],
    tell: Tell,
) -> Login:
    """Make the user of a secret, or mend it; the login that works.

    `pending` is what a rotation that is under way has made, if one is.
    """
    account = login.account
    if not _exists(session, account):
        session.run(
            "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s REQUIRE SSL",
            account.user,
            account.host,
            login.password,
            doing=f"to make the user {account}",
        )
        tell(f"made the user {account}")
        return login
    if works(server, login):
        return login
    changed = pending()
    if changed is not None and changed.account == account and works(server, changed):
        tell(f"left the password of {account} alone: a rotation is changing it")
        return changed
    session.run(
        "ALTER USER %s@%s IDENTIFIED BY %s REQUIRE SSL",
        account.user,
        account.host,
        login.password,
        doing=f"the password of {account}",
    )
    tell(f"set the password of {account} to that of its secret")
    return login


def works(server: Server, login: Login) -> bool:
    """Tell whether the login is accepted.  Any other trouble is raised."""
    try:
        server.log_in(login).close()
    except LoginRefused:
        return False
    return True


def ensure_rights(
    session: Session, role: Role, user: str, folder: Path, tell: Tell
) -> None:
    """Give every account of a role exactly what its template says."""
    with locked(session, FENCE_LOCK):
        writable = bool(session.one("SELECT writable FROM shifter.fence"))
        wanted = rights_of(folder, role, writable=writable)
        _converge(session, user, wanted, tell)


@contextmanager
def locked(session: Session, name: str) -> Iterator[None]:
    """Hold a lock of the server until the block ends.  Raises Refused if taken."""
    if session.one("SELECT GET_LOCK(%s, %s)", name, _LOCK_WAIT_S) != 1:
        raise Refused(f"the lock {name}, which another session holds; deploy again")
    try:
        yield
    finally:
        with suppress(BootstrapError):  # it ends with the session at the latest
            session.run("SELECT RELEASE_LOCK(%s)", name)


def _converge(session: Session, user: str, wanted: Rights, tell: Tell) -> None:
    for account in _accounts(session, *both_of(user)):
        session.run(f"ALTER USER {account} REQUIRE SSL")
        for _ in range(_ROUNDS):
            statements = list(changes(_held(session, account), wanted, account))
            if not statements:
                break
            for statement in statements:
                session.run(statement)
                tell(statement)
        else:
            raise Refused(f"to change the rights of {account} for good")


def _held(session: Session, account: Account) -> Rights:
    rows = session.run(f"SHOW GRANTS FOR {account}")
    try:
        return shown(str(next(iter(row.values()))) for row in rows)
    except ValueError as error:
        raise Refused(f"to tell the rights of {account} ({error})") from None


def _exists(session: Session, account: Account) -> bool:
    return account in _accounts(session, account.user)


def _accounts(session: Session, *users: str) -> list[Account]:
    names = ", ".join(["%s"] * len(users))
    rows = session.run(
        f"SELECT User AS user, Host AS host FROM mysql.user WHERE User IN ({names})",  # noqa: S608 - placeholders alone
        *users,
    )
    return sorted(Account(row["user"], row["host"]) for row in rows)
