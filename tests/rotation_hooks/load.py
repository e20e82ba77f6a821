"""Eight clients that log in all the time, each by a rule of its own.

Nothing here is timed: whoever rotates waits until every client has tried often enough
since the step before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pymysql

from rotation_hooks.core.credential import Credential
from rotation_hooks.core.errors import WRONG_PASSWORD
from rotation_hooks.core.roles import Role
from tests.mariadb import MariaDB
from tests.rotation_hooks.stage import MariaBase, Stage

CLIENTS = 8
BACK_OFF_S = 0.1
PATIENCE_S = 5.0
DEADLINE_S = 60.0

Work = Callable[["pymysql.Connection[pymysql.cursors.DictCursor]"], None]


@dataclass
class Count:
    """What one client has seen."""

    tried: int = 0
    ok: int = 0
    failed: int = 0
    """Logins that came to nothing, after all that the client's rule allows."""
    refused: list[str] = field(default_factory=list)


def look(session: pymysql.Connection[pymysql.cursors.DictCursor]) -> None:
    """Do what a health check does."""
    session.cursor().execute("SELECT COUNT(*) FROM paymentdb.payments")


class Client(threading.Thread):
    """Logs in, works, logs out, and begins again.

    One that is `injected` has read its secret once, as a task does when it starts.
    """

    def __init__(
        self,
        stage: Stage,
        role: Role,
        *,
        patient: bool,
        injected: bool,
        work: Work,
    ) -> None:
        super().__init__(daemon=True)
        self._injected = stage.credential(role) if injected else None
        assert isinstance(stage.base, MariaBase)
        self._server: MariaDB = stage.base.server
        self._stage, self._role = stage, role
        self._patient, self._work = patient, work
        self._over = threading.Event()
        self.count = Count()

    def stop(self) -> None:
        self._over.set()

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._once()
                self.count.ok += 1
            except pymysql.MySQLError as error:
                self.count.failed += 1
                self.count.refused.append(f"{error.args[0]}")

    def _once(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            self.count.tried += 1
            try:
                self._log_in()
            except pymysql.OperationalError as error:
                wrong = error.args[0] == WRONG_PASSWORD
                if not (wrong and self._patient) or time.monotonic() > until:
                    raise
                time.sleep(BACK_OFF_S)
            else:
                return

    def _log_in(self) -> None:
        found = self._injected or self._stage.credential(self._role)
        assert isinstance(found, Credential)
        password = found.password.get_secret_value()
        session = self._server.connect(found.username, password)
        try:
            self._work(session)
        finally:
            session.close()


class Load:
    """All clients of a test."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._clients = clients

    def goes_on(self, times: int = 3) -> None:
        """Wait until every client has tried so many times more."""
        wanted = [client.count.tried + times for client in self._clients]
        until = time.monotonic() + DEADLINE_S
        while any(
            client.count.tried < least
            for client, least in zip(self._clients, wanted, strict=True)
        ):
            assert time.monotonic() < until, "a client has stopped"
            time.sleep(0.005)

    @property
    def ok(self) -> int:
        return sum(client.count.ok for client in self._clients)

    @property
    def failed(self) -> int:
        return sum(client.count.failed for client in self._clients)

    @property
    def refused(self) -> set[str]:
        return {one for client in self._clients for one in client.count.refused}


@contextmanager
def load(
    stages: Sequence[Stage],
    role: Role,
    *,
    patient: bool = False,
    injected: bool = False,
    work: Work = look,
) -> Iterator[Load]:
    """Eight clients, in turn for each of the stages, until the block ends."""
    clients = [
        Client(
            stages[n % len(stages)],
            role,
            patient=patient,
            injected=injected,
            work=work,
        )
        for n in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    made = Load(clients)
    try:
        made.goes_on()
        yield made
        made.goes_on()
    finally:
        for client in clients:
            client.stop()
        for client in clients:
            client.join(DEADLINE_S)
