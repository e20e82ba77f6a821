"""One side of an environment on which a rotation can be played.

A stage is made of two parts, each of them the real thing or its twin: where the secrets
are (moto, memory), and the database (MariaDB, memory).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pymysql
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from rotation_hooks.adapters import templates
from rotation_hooks.adapters.memory.world import (
    MemoryDatabases,
    MemoryLock,
    MemorySecrets,
    Server,
)
from rotation_hooks.adapters.mysql import MySql
from rotation_hooks.adapters.secretsmanager import SecretsManager
from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.errors import LoginRefused, RotationError
from rotation_hooks.core.fence import State
from rotation_hooks.core.labels import CURRENT, Step
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.engine.rotate import rotate
from rotation_hooks.ports import Clock, Databases, Lock, Passwords, Secrets
from sql_files.rights import Account as Named
from sql_files.rights import Rights, granting, revoking
from sql_files.scripts import read_script
from tests.mariadb import HOST, MariaDB
from tests.rotation_hooks.passwords import KnownPasswords

NOW = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
SQL = Path(__file__).parents[2] / "infra/sql"
Templates = Mapping[tuple[Role, State], Rights]
TEMPLATES = templates.load(SQL)
SCHEMAS = (
    "paymentdb",
    "shifter",
    "awsdms_control",
    "awsdms_loop_blue",
    "awsdms_loop_green",
)
NONE: Rights = frozenset()
WRITING = TEMPLATES[Role.APP, State.OPEN] - TEMPLATES[Role.APP, State.FENCED]
"""What the fence takes."""
USERS = ("app", "app_clone", "dms", "dms_clone", "fence", "shifter_master")
FIRST_USERS = {
    Role.MASTER: "shifter_master",
    Role.APP: "app",
    Role.DMS: "dms",
    Role.FENCE: "fence",
}
MEMORY_HOST = "blue.database.internal"


@dataclass
class StoppedClock:
    """Fits `ports.Clock`; moves when it is told to."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class TestPorts:
    """Fits `ports.Ports`."""

    __test__ = False

    clock: Clock
    secrets: Secrets
    databases: Databases
    lock: Lock
    passwords: Passwords
    templates: Templates = field(default_factory=lambda: TEMPLATES)
    names: dict[str, SecretName] = field(default_factory=dict)
    declared_writers: frozenset[str] = frozenset()


class Vault(Secrets, Protocol):
    """Where secrets are, and what Secrets Manager itself does with them."""

    def create(self, name: str, text: str) -> str: ...

    def start_rotation(self, arn: str, token: str) -> None: ...


class MemoryVault(MemorySecrets):
    """The twin."""

    def create(self, name: str, text: str) -> str:
        arn = f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}"
        self.add(arn, f"first-version-of-{name}", text)
        return arn


class MotoVault(SecretsManager):
    """moto; a rotation starts as its RotateSecret does, before that invokes a function.

    Going on from there needs Docker, so the events are sent by `tests.rotation_hooks`.
    """

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.client = client

    def create(self, name: str, text: str) -> str:
        return str(self.client.create_secret(Name=name, SecretString=text)["ARN"])

    def start_rotation(self, arn: str, token: str) -> None:
        kept = secretsmanager_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].secrets[arn]
        assert isinstance(kept, FakeSecret)
        kept.rotation_requested = kept.rotation_enabled = True
        kept.remove_version_stages_from_old_versions(["AWSPENDING"])
        kept.versions.setdefault(
            token,
            {
                "createdate": int(time.time()),
                "version_id": token,
                "version_stages": ["AWSPENDING"],
            },
        )


class Base(Protocol):
    """The database of a side, as an administrator sees it."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def databases(self) -> Databases: ...

    def add_user(self, user: str, password: str, rights: Rights) -> None: ...

    def add_master(self, user: str, password: str) -> None: ...

    def fence(self) -> None: ...

    def open(self) -> None: ...

    def forget_fence(self) -> None: ...


@dataclass
class MemoryBase:
    """The twin."""

    host: str = MEMORY_HOST
    port: int = 3306

    def __post_init__(self) -> None:
        self.databases = MemoryDatabases()
        self.server = self.databases.servers[self.host] = Server()

    def add_user(self, user: str, password: str, rights: Rights) -> None:
        account = Account(user=user, host="%")
        self.server.passwords[account] = password
        self.server.has[account] = rights

    def add_master(self, user: str, password: str) -> None:
        self.add_user(user, password, NONE)

    def fence(self) -> None:
        self._set(State.FENCED)

    def open(self) -> None:
        self._set(State.OPEN)

    def forget_fence(self) -> None:
        self.server.fence = None

    def _set(self, state: State) -> None:
        self.server.fence = state
        wanted = TEMPLATES[Role.APP, state]
        for account in self.server.has:
            if account.user.startswith("app"):
                self.server.has[account] = wanted


class MariaBase:
    """A real server, with the schemas that the bootstrap makes."""

    def __init__(self, server: MariaDB) -> None:
        self.server = server
        self.host, self.port = HOST, server.port
        self.databases = MySql(server.authority)

    def build(self) -> None:
        self.clear()
        self.server.run("CREATE DATABASE paymentdb")
        with self.server.connect(database="paymentdb") as session:
            for script in ("payments", "fence", "rotation", "replication"):
                for statement in read_script(SQL, script):
                    session.cursor().execute(statement)

    def reset(self) -> None:
        """Nobody but root, and an open fence."""
        self.server.run(
            *(f"DROP USER IF EXISTS {user}@'%'" for user in USERS),
            "REPLACE INTO shifter.fence VALUES (1, 'blue', 1, TRUE, '')",
        )

    def clear(self) -> None:
        self.server.run(
            *(f"DROP DATABASE IF EXISTS {schema}" for schema in SCHEMAS),
            *(f"DROP USER IF EXISTS {user}@'%'" for user in USERS),
        )

    def add_user(self, user: str, password: str, rights: Rights) -> None:
        self.server.run(
            f"CREATE USER {user}@'%' IDENTIFIED BY '{password}'",
            *granting(rights, Named(user)),
        )

    def add_master(self, user: str, password: str) -> None:
        self.server.run(
            f"CREATE USER {user}@'%' IDENTIFIED BY '{password}'",
            f"GRANT ALL ON *.* TO {user}@'%' WITH GRANT OPTION",
        )

    def fence(self) -> None:
        """REVOKE and KILL, for every account of the application that there is."""
        self.server.run("UPDATE shifter.fence SET writable = FALSE, epoch = epoch + 1")
        for user in self._application():
            self.server.run(*revoking(WRITING, Named(user)))
        self.kill()

    def open(self) -> None:
        self.server.run("UPDATE shifter.fence SET writable = TRUE, epoch = epoch + 1")
        for user in self._application():
            self.server.run(*granting(WRITING, Named(user)))
        self.kill()

    def forget_fence(self) -> None:
        self.server.run("DELETE FROM shifter.fence")

    def kill(self) -> None:
        """End the application's sessions that there are now, and see them gone."""
        before = self._sessions()
        while alive := before & self._sessions():
            for session in alive:
                with suppress(pymysql.MySQLError):  # it may be gone since the listing
                    self.server.run(f"KILL {session}")

    def _sessions(self) -> set[int]:
        listed = "SELECT id FROM information_schema.processlist WHERE user LIKE 'app%'"
        return {int(row["id"]) for row in self.server.run(listed)}

    def _application(self) -> list[str]:
        listed = "SELECT user FROM mysql.user WHERE user IN ('app', 'app_clone')"
        return [str(*row.values()) for row in self.server.run(listed)]


@dataclass
class Stage:
    """The secrets of one side, its database, and the ports of a rotation."""

    vault: Vault
    base: Base
    ports: TestPorts
    passwords: KnownPasswords
    arns: dict[Role, str] = field(default_factory=dict)

    @classmethod
    def made(
        cls,
        vault: Vault,
        base: Base,
        passwords: KnownPasswords,
        *,
        roles: Iterable[Role] = Role,
    ) -> Stage:
        """A side with the users of some roles; the master is always there."""
        ports = TestPorts(
            clock=StoppedClock(),
            secrets=vault,
            databases=base.databases,
            lock=MemoryLock(),
            passwords=passwords,
        )
        stage = cls(vault, base, ports, passwords)
        for role in (Role.MASTER, *(role for role in roles if role != Role.MASTER)):
            stage.add(role, FIRST_USERS[role])
        return stage

    def add(self, role: Role, user: str) -> None:
        """A secret, and the user that it logs in."""
        password = self.passwords.new()
        if role is Role.MASTER:
            self.base.add_master(user, password)
        elif role.alternates:
            self.base.add_user(user, password, TEMPLATES[role, State.OPEN])
        else:
            self.base.add_user(user, password, NONE)
        name = SecretName(Side.BLUE, role)
        text = self.text(user, password, role)
        arn = self.vault.create(f"payments/{name}", text)
        self.arns[role] = arn
        self.ports.names[arn] = name

    def text(self, user: str, password: str, role: Role, /, **changes: Any) -> str:
        """A secret as the templates and the attachment write it."""
        master = {} if role is Role.MASTER else {"masterarn": self.arns[Role.MASTER]}
        return json.dumps(
            {
                "engine": "mysql",
                "host": self.base.host,
                "port": self.base.port,
                "dbname": "paymentdb",
                "ssl": True,
                "username": user,
                "userhost": "%",
                "password": password,
                "dbClusterIdentifier": "payments-blue",
            }
            | master
            | changes
        )

    def start(self, role: Role) -> str:
        """What Secrets Manager does first; the token of the rotation."""
        token = str(uuid.uuid4())
        self.vault.start_rotation(self.arns[role], token)
        return token

    def run(self, role: Role, token: str, steps: Iterable[Step] = Step) -> None:
        """Run the steps; whatever one raises is searched for passwords."""
        try:
            for step in steps:
                rotate(self.arns[role], token, step, self.ports)
        except RotationError as error:
            self.passwords.tell(error)
            raise

    def rotated(self, role: Role) -> str:
        token = self.start(role)
        self.run(role, token)
        return token

    def credential(self, role: Role, label: str = CURRENT) -> Credential | None:
        version = self.vault.describe(self.arns[role]).labelled(label)
        text = version and self.vault.value(self.arns[role], version)
        return Credential.parse(text, self.arns[role], role) if text else None

    def works(self, role: Role, label: str = CURRENT) -> bool:
        """Whether what a label says logs in."""
        found = self.credential(role, label)
        if found is None:
            return False
        try:
            with self.base.databases.login(found):
                return True
        except LoginRefused:
            return False

    def writes(self, role: Role = Role.APP, label: str = CURRENT) -> bool:
        found = self.credential(role, label)
        assert found is not None
        with self.base.databases.login(found) as session:
            return session.may_write()

    def user(self, role: Role, label: str = CURRENT) -> str:
        found = self.credential(role, label)
        assert found is not None
        return found.username

    def labels(self, role: Role, token: str) -> frozenset[str]:
        versions = self.vault.describe(self.arns[role]).versions
        return versions.get(token, frozenset())
