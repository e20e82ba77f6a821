"""A database to be made ready, with secrets, a clock and an answer box of a test's own.

    def test_something(side: Database) -> None:
        side.make_ready()

The server is a real one.  What RDS brings of its own, stands in for itself: two
procedures and a table that MariaDB has under another name.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pymysql
from aws_lambda_powertools import Logger

from bootstrap.errors import Unreachable
from bootstrap.handler import World, handle
from bootstrap.secrets import Stage
from bootstrap.settings import Settings, trusting
from tests.mariadb import HOST, MariaDB

ROOT = Path(__file__).parents[2]
SQL = ROOT / "infra/sql"
SCHEMAS = (
    "paymentdb",
    "shifter",
    "awsdms_control",
    "awsdms_loop_blue",
    "awsdms_loop_green",
)
ROLES = ("app", "dms", "fence")
USERS = (*ROLES, "app_clone", "dms_clone", "weak")
PASSWORDS: Mapping[str, str] = {
    role: f"{role}-Pa$$word=~{number}!#&*()" for number, role in enumerate(ROLES)
}
ANSWER_TO = "https://cloudformation.example.com/answer?signature=very-secret"

STAND_INS = (
    "CREATE OR REPLACE TABLE mysql.rds_configuration (name VARCHAR(60), value INT)",
    (
        "CREATE OR REPLACE PROCEDURE mysql.rds_set_configuration"
        "(n VARCHAR(60), v INT) BEGIN DELETE FROM mysql.rds_configuration;"
        " INSERT INTO mysql.rds_configuration VALUES (n, v); END"
    ),
    "CREATE OR REPLACE PROCEDURE mysql.rds_kill(id BIGINT) KILL id",
    "CREATE OR REPLACE TABLE mysql.role_edges (FROM_USER VARCHAR(32))",
)
STAND_INS_GO = (
    "DROP TABLE mysql.rds_configuration",
    "DROP TABLE mysql.role_edges",
    "DROP PROCEDURE mysql.rds_set_configuration",
    "DROP PROCEDURE mysql.rds_kill",
)


def arn(side: str, role: str) -> str:
    return f"arn:aws:secretsmanager:us-east-1:111122223333:secret:{side}-{role}-AbCdEf"


class MemorySecrets:
    """The twin of Secrets Manager."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}

    def text(self, arn: str, stage: Stage) -> str | None:
        return self.texts.get((arn, stage))


@dataclass
class OwnClock:
    """A clock that goes on only while somebody sleeps, and remembers that."""

    time: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@dataclass(frozen=True)
class Context:
    """What is left of the function's time."""

    seconds: int = 600

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


class Box:
    """Where answers arrive; a number of them may get lost before."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.lost = 0

    def put(self, address: str, body: bytes) -> None:
        assert address == ANSWER_TO
        if self.lost:
            self.lost -= 1
            raise Unreachable("CloudFormation's bucket answers 503")
        self.answers.append(json.loads(body))


@dataclass(frozen=True)
class Database:
    """One side."""

    server: MariaDB
    side: str = "blue"
    secrets: MemorySecrets = field(default_factory=MemorySecrets)
    clock: OwnClock = field(default_factory=OwnClock)
    box: Box = field(default_factory=Box)
    log: io.StringIO = field(default_factory=io.StringIO)
    heard: list[int] = field(default_factory=lambda: [0])
    authority: str = ""
    name: str = field(default_factory=lambda: f"test-{token_hex(8)}")
    """Of its log: a logger of a name that was there before keeps its stream."""

    @classmethod
    @contextmanager
    def made(cls, server: MariaDB, side: str = "blue") -> Iterator[Database]:
        """A server as RDS hands it over, until the block ends."""
        server.run(*STAND_INS)
        database = cls(server, side)
        database.keep("master", {"username": "root", "password": server.password})
        for role in ROLES:
            database.keep(role, database.secret(role))
        try:
            yield database
        finally:
            database.forget()
            server.run(*STAND_INS_GO)

    def forget(self) -> None:
        """Take away what a bootstrap has made."""
        self.server.run(*(f"DROP DATABASE IF EXISTS {name}" for name in SCHEMAS))
        for user, host in self.accounts():
            self.server.run(f"DROP USER '{user}'@'{host}'")
        self.server.run("DROP ROLE IF EXISTS writer")

    def green(self) -> Database:
        """The same server, taken for green's."""
        other = replace(self, side="green", secrets=MemorySecrets())
        for (name, stage), text in self.secrets.texts.items():
            other.secrets.texts[name.replace(":blue-", ":green-"), stage] = text
        return other

    def secret(self, role: str, **changed: object) -> dict[str, object]:
        """What the secret of a role says when its database is attached."""
        return {
            "engine": "mysql",
            "host": HOST,
            "port": self.server.port,
            "dbname": "paymentdb",
            "ssl": True,
            "username": role,
            "userhost": "%",
            "password": PASSWORDS[role],
            **changed,
        }

    def keep(
        self, role: str, value: object, stage: str = "AWSCURRENT", **changed: object
    ) -> None:
        """Put a value into a role's secret."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.secrets.texts[arn(self.side, role), stage] = text

    def event(self, kind: str = "Create", **changed: object) -> dict[str, Any]:
        """What CloudFormation sends."""
        return {
            "RequestType": kind,
            "ResponseURL": ANSWER_TO,
            "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/p/1",
            "RequestId": "b0a2",
            "ResourceType": "Custom::DatabaseBootstrap",
            "LogicalResourceId": f"{self.side.title()}Bootstrap",
            "ResourceProperties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:b:live",
                "Side": self.side,
                "Host": HOST,
                "Port": str(self.server.port),
                "BinlogRetentionHours": "72",
                **{
                    f"{role.title()}SecretArn": arn(self.side, role)
                    for role in ("master", *ROLES)
                },
                **changed,
            },
        }

    def ask(
        self, event: dict[str, Any], context: Context | None = None
    ) -> dict[str, Any]:
        """What the function answers to an event."""
        handle(event, context or Context(), self.world())
        assert self.log.getvalue(), "what is not logged cannot be searched for secrets"
        return self.box.answers[-1]

    def world(self) -> World:
        authority = self.authority or str(self.server.authority)
        logger = Logger(service=self.name, stream=self.log)
        return World(
            settings=lambda: Settings(SQL, trusting(authority)),
            secrets=lambda: self.secrets,
            put=self.box.put,
            clock=self.clock,
            logger=logger,
        )

    def make_ready(self, kind: str = "Create") -> None:
        """Ask for it, and see it done."""
        answer = self.ask(self.event(kind))
        assert answer["Status"] == "SUCCESS", answer["Reason"]

    def refusal(self, kind: str = "Create", **changed: object) -> str:
        """Why it was not done."""
        answer = self.ask(self.event(kind, **changed))
        assert answer["Status"] == "FAILED"
        return str(answer["Reason"])

    def told(self) -> list[str]:
        """What has been logged since the last time that somebody asked."""
        lines = self.log.getvalue().splitlines()
        new = lines[self.heard[-1] :]
        self.heard.append(len(lines))
        return [json.loads(line)["message"] for line in new]

    def accounts(self) -> list[tuple[str, str]]:
        """All users of these tests that there are; others may share the server."""
        names = ", ".join(f"'{user}'" for user in USERS)
        rows = self.server.run(
            "SELECT User AS user, Host AS host FROM mysql.user"
            f" WHERE User IN ({names}) ORDER BY User, Host"
        )
        return [(row["user"], row["host"]) for row in rows]

    def grants(self, user: str, host: str = "%") -> list[str]:
        rows = self.server.run(f"SHOW GRANTS FOR '{user}'@'{host}'")
        return [str(next(iter(row.values()))) for row in rows]

    def state(self) -> object:
        """Everything that a bootstrap makes, in a form that compares."""
        tables = self.server.run(
            "SELECT table_schema AS s, table_name AS t FROM information_schema.tables"
            " WHERE table_schema IN ('paymentdb', 'shifter') ORDER BY 1, 2"
        )
        return (
            [(row["s"], row["t"]) for row in tables],
            [sorted(self.grants(*account)) for account in self.accounts()],
            list(self.server.run("SELECT * FROM shifter.fence")),
            list(self.server.run("SELECT * FROM mysql.rds_configuration")),
        )

    def logs_in(self, user: str, password: str, **options: Any) -> bool:
        with suppress(pymysql.OperationalError):
            self.server.connect(user, password, **options).close()
            return True
        return False

    def try_as(self, role: str, statement: str) -> int:
        """The error that a role gets for a statement; 0 for none."""
        session = self.server.connect(role, PASSWORDS[role])
        with closing(session), session.cursor() as cursor:
            try:
                cursor.execute(statement)
            except pymysql.MySQLError as error:
                return int(error.args[0])
            return 0
