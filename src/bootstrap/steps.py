"""Making a database ready, step by step; each does nothing where nothing is missing.

    wait for the master's session → one bootstrap at a time → tables → the fence's row
    → retention of the binary log → users → their rights → each one logs in and reads

Whatever ends half-way is taken up by the next run, from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bootstrap.errors import BadSecret, LoginRefused, Unreachable, WrongSide
from bootstrap.request import Side, Wanted
from bootstrap.secrets import SCHEMA, Login, Secrets, Stage, master_login, role_login
from bootstrap.server import Server, Session
from bootstrap.users import Tell, ensure_rights, ensure_user, locked
from sql_files.roles import Role, both_of
from sql_files.scripts import read_script

SCRIPTS = ("payments", "fence", "rotation", "replication")
LOCK = "shifter_bootstrap"
ASK_AGAIN_S = 5.0
REFUSED_FOR_S = 20.0
"""A rotation changes the master's password a moment before its secret says so."""


class Clock(Protocol):
    """Seconds that only go on, and a way to let them."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Bootstrap:
    """One database to be made ready, and what that takes."""

    wanted: Wanted
    server: Server
    secrets: Secrets
    folder: Path
    clock: Clock
    tell: Tell

    def run(self, *, until: float) -> None:
        """Make it ready; wait for the server until then.  Raises BootstrapError."""
        with (
            closing(
                wait_for_session(self.server, self._master, self.clock, until)
            ) as s,
            locked(s, LOCK),
        ):
            make_tables(s, self.folder)
            ensure_fence(s, self.wanted.side)
            s.run(
                "CALL mysql.rds_set_configuration('binlog retention hours', %s)",
                self.wanted.binlog_hours,
                doing="the retention of the binary log",
            )
            for role, login in self._logins().items():
                self._ensure(s, role, login)

    def _ensure(self, session: Session, role: Role, login: Login) -> None:
        def pending() -> Login | None:
            text = self.secrets.text(self._arn(role), Stage.PENDING)
            try:
                return self._login(role, text)
            except BadSecret:  # none, or one that a rotation has only begun
                return None

        working = ensure_user(session, self.server, login, pending, self.tell)
        ensure_rights(session, role, login.account.user, self.folder, self.tell)
        prove(self.server, working)

    def _master(self) -> Login:
        arn = self.wanted.master_secret
        return master_login(arn, self.secrets.text(arn, Stage.CURRENT))

    def _logins(self) -> Mapping[Role, Login]:
        """The roles' logins, read when the server answers: a rotation may have been."""
        found = {
            role: self._login(role, self.secrets.text(self._arn(role), Stage.CURRENT))
            for role in Role
        }
        names = {"master": self._master().account.user} | {
            role: login.account.user for role, login in found.items()
        }
        owners: dict[str, str] = {}
        for owner, name in names.items():
            other = owners.setdefault(both_of(name)[0], owner)
            if other != owner:
                raise BadSecret(
                    f"the secrets of {other} and {owner} name the same user, {name}: "
                    "give each a user of its own"
                )
        return found

    def _login(self, role: Role, text: str | None) -> Login:
        return role_login(
            self._arn(role), text, host=self.wanted.host, port=self.wanted.port
        )

    def _arn(self, role: Role) -> str:
        return {
            Role.APP: self.wanted.app_secret,
            Role.DMS: self.wanted.dms_secret,
            Role.FENCE: self.wanted.fence_secret,
        }[role]


def wait_for_session(
    server: Server, login: Callable[[], Login], clock: Clock, until: float
) -> Session:
    """A session as soon as there is one; the login is asked for at each attempt.

    Raises LoginRefused, Unreachable when it takes too long, Untrusted at once.
    """
    refused_at: float | None = None
    while True:
        try:
            return server.log_in(login())
        except LoginRefused:
            refused_at = clock.now() if refused_at is None else refused_at
            if clock.now() - refused_at >= REFUSED_FOR_S:
                raise
        except Unreachable:
            if clock.now() + ASK_AGAIN_S > until:
                raise
        clock.sleep(ASK_AGAIN_S)


def make_tables(session: Session, folder: Path) -> None:
    """Make what of the schemas and tables is missing."""
    session.run(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
    session.use(SCHEMA)
    for name in SCRIPTS:
        for statement in read_script(folder, name):
            session.run(statement)


def ensure_fence(session: Session, side: Side) -> None:
    """Make the row of the fence, once: everything starts on blue.

    Raises WrongSide when there is one of the other side: then nothing else is touched.
    """
    session.run(
        "INSERT INTO shifter.fence (one, side, epoch, writable, holder)"
        " VALUES (1, %s, 0, %s, '') ON DUPLICATE KEY UPDATE one = one",
        side,
        side is Side.BLUE,
    )
    found = session.one("SELECT side FROM shifter.fence")
    if found != side:
        raise WrongSide(
            f"this database is {found}, and was to be made ready as {side}: "
            "compare the endpoints that infra/bootstrap.yaml is given; in a copy of "
            "the other side's database, delete the row of shifter.fence"
        )


def prove(server: Server, login: Login) -> None:
    """See that a user logs in and may read.  Raises BootstrapError."""
    with closing(server.log_in(login)) as session:
        session.run(f"SELECT 1 FROM {SCHEMA}.payments LIMIT 1")  # noqa: S608 - ours
