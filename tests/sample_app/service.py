"""The payment service as a process of its own, against a real database over TLS.

    def test_something(service: Service) -> None:
        service.pay("a-key-of-mine")

Each module of tests has a schema and a user `app` of its own, with exactly the rights
that the service needs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sql_files.scripts import read_script
from tests.mariadb import HOST, MariaDB

ROOT = Path(__file__).parents[2]
SCHEMA = read_script(ROOT / "infra/sql", "payments")
PATIENCE_S = 60
PASSWORD = "not-a-secret-of-anybody"
RIGHTS = "SELECT, INSERT, UPDATE, DELETE"
PAYMENT: Mapping[str, Any] = {
    "merchant": "shop-17",
    "amount_minor": 1250,
    "currency": "EUR",
    "method": "tok_abcdefgh1234",
}


@dataclass(frozen=True)
class Schema:
    """A schema with the tables of the service, and the service's user."""

    server: MariaDB
    name: str
    user: str

    @classmethod
    @contextmanager
    def made(cls, server: MariaDB, name: str) -> Iterator[Schema]:
        """A new schema with its user, until the block ends."""
        schema = cls(server, name, f"{name}_app")
        server.run(f"CREATE DATABASE {name}")
        with server.connect(database=name) as session, session.cursor() as cursor:
            for statement in SCHEMA:
                cursor.execute(statement)
        server.run(
            f"CREATE USER {schema.user}@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SSL"
        )
        schema.open()
        try:
            yield schema
        finally:
            server.run(f"DROP USER {schema.user}@'%'", f"DROP DATABASE {name}")

    def fence(self) -> None:
        """Refuse writes as a cutover does: revoke, then end every session."""
        self.server.run(
            f"REVOKE INSERT, UPDATE, DELETE ON {self.name}.* FROM {self.user}@'%'"
        )
        self.kill()

    def open(self) -> None:
        """Let the service write."""
        self.server.run(f"GRANT {RIGHTS} ON {self.name}.* TO {self.user}@'%'")

    def kill(self) -> None:
        """End every session of the service."""
        for row in self.server.run(
            f"SELECT id FROM information_schema.processlist WHERE user = '{self.user}'"
        ):
            self.server.run(f"KILL {row['id']}")

    def rows(self, key: str) -> int:
        """How many payments have this key."""
        [found] = self.server.run(
            f"SELECT COUNT(*) AS n FROM {self.name}.payments"
            f" WHERE idempotency_key = '{key}'"
        )
        return int(found["n"])

    def totals(self) -> tuple[int, int]:
        """The sum of the payments, and of the merchants' totals."""
        [found] = self.server.run(
            f"SELECT (SELECT COALESCE(SUM(amount_minor), 0) FROM {self.name}.payments)"
            " AS paid, (SELECT COALESCE(SUM(total_minor), 0)"
            f" FROM {self.name}.merchant_totals) AS total"
        )
        return int(found["paid"]), int(found["total"])


@dataclass(frozen=True)
class Service:
    """A running service."""

    schema: Schema
    process: subprocess.Popen[bytes]
    output: Path
    ports: Mapping[str, int]

    def client(self, edge: str = "edge-1") -> httpx.Client:
        """A client of one edge."""
        base = f"http://{HOST}:{self.ports[edge]}"
        return httpx.Client(base_url=base, timeout=PATIENCE_S, trust_env=False)

    def pay(self, key: str, edge: str = "edge-1", **changed: Any) -> httpx.Response:
        """Send a payment."""
        with self.client(edge) as client:
            headers = {"Idempotency-Key": key}
            return client.post(
                "/payments", headers=headers, json={**PAYMENT, **changed}
            )

    def get(self, path: str, edge: str = "edge-1") -> httpx.Response:
        with self.client(edge) as client:
            return client.get(path)

    def stop(self) -> int:
        """Tell it to end, as ECS does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_S)

    def lines(self) -> list[dict[str, Any]]:
        """Everything that it has logged."""
        return [json.loads(line) for line in self.output.read_text().splitlines()]

    def told(self, message: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line.get("message") == message]


@contextmanager
def serve(
    schema: Schema, output: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """A service on free ports, until the block ends."""
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "sample_app"],
            cwd=ROOT,
            env={**bare(), **environment(schema), **(variables or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            ports = _ports(process, output)
            yield Service(schema, process, output, ports)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)


def environment(schema: Schema) -> dict[str, str]:
    """What infra/ecs.yaml would tell it, for this database."""
    return {
        "ENVIRONMENT": "payments-test",
        "LANE": "blue",
        "EDGES": "edge-1=0,edge-2=0",
        "LISTEN_ON": HOST,
        "DATABASE_HOST": HOST,
        "DATABASE_PORT": str(schema.server.port),
        "DATABASE_NAME": schema.name,
        "DATABASE_USER": schema.user,
        "DATABASE_PASSWORD": PASSWORD,
        "DATABASE_AUTHORITIES": str(schema.server.authority),
    }


def bare() -> dict[str, str]:
    """This process's environment without what belongs to an AWS account."""
    return {n: v for n, v in os.environ.items() if not n.startswith("AWS_")}


def _ports(process: subprocess.Popen[bytes], output: Path) -> Mapping[str, int]:
    until = time.monotonic() + PATIENCE_S
    while True:
        text = output.read_text()
        for line in text.splitlines(keepends=True):
            if '"listening"' in line and line.endswith("\n"):
                found: Mapping[str, int] = json.loads(line)["ports"]
                return found
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"The service did not start:\n{text}")
        time.sleep(0.05)
