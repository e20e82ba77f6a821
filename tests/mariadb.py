"""A MariaDB server on loopback, for tests that a real database has to pass.

    def test_something(mariadb: MariaDB) -> None:
        mariadb.run("CREATE DATABASE pay")

The fixture `mariadb` is one server for each process that tests, and whoever uses it
drops what it created; `mariadb_pair` are two more.  The server takes TLS with a
certificate of its own authority, and root logs in over TCP with a password, as the
master user of an Aurora cluster does.  It comes from the operating system (on Debian:
apt-get install mariadb-server).  Where it is missing the tests are skipped, which CI
does not let pass.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymysql.cursors import DictCursor

HOST = "127.0.0.1"
PATIENCE_S = 60.0
PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"))
SERVER = shutil.which("mariadbd", path=PLACES)
INSTALL = shutil.which("mariadb-install-db", path=PLACES)

CONFIGURATION = """\
[mariadbd]
datadir={folder}/data
tmpdir={folder}/tmp
socket={folder}/socket
pid-file={folder}/pid
log-error={folder}/log.err
init-file={folder}/init.sql
port={port}
bind-address={host}
skip-name-resolve
server-id={server_id}
log-bin=binlog
binlog-format=ROW
innodb-buffer-pool-size=32M
performance-schema=OFF
ssl-ca={folder}/authority.pem
ssl-cert={folder}/server.pem
ssl-key={folder}/server.key
"""
INIT = """\
SET SESSION sql_log_bin=0;
ALTER USER root@localhost IDENTIFIED BY '{password}';
CREATE USER IF NOT EXISTS root@'%' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
"""


@dataclass(frozen=True)
class MariaDB:
    """A running server."""

    folder: Path
    port: int
    password: str

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the server's."""
        return self.folder / "authority.pem"

    def connect(
        self, user: str = "root", password: str | None = None, **options: Any
    ) -> pymysql.Connection[DictCursor]:
        """A session, over TLS, that commits each statement unless told otherwise."""
        asked: dict[str, Any] = {
            "autocommit": True,
            "connect_timeout": 10,
            "ssl_ca": str(self.authority),
            "ssl_verify_identity": True,
        }
        return pymysql.Connection(
            host=HOST,
            port=self.port,
            user=user,
            password=self.password if password is None else password,
            cursorclass=DictCursor,
            **asked | options,
        )

    def run(self, *statements: str) -> Sequence[dict[str, Any]]:
        """Run statements as root; the rows of the last one."""
        with closing(self.connect()) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    @classmethod
    @contextmanager
    def started(cls, folder: Path, server_id: int = 1) -> Iterator[Self]:
        """A new server in an empty folder, until the block ends."""
        write_certificates(folder)
        server = cls(folder, _free_port(), secrets.token_hex(16))
        process = server._start(server_id)
        try:
            server._wait_for(process)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE_S)

    def _start(self, server_id: int) -> subprocess.Popen[bytes]:
        assert SERVER is not None
        assert INSTALL is not None
        for name in ("data", "tmp"):
            (self.folder / name).mkdir()
        written = CONFIGURATION.format(
            folder=self.folder, port=self.port, host=HOST, server_id=server_id
        )
        if os.geteuid() == 0:
            written += "user=root\n"
        configuration = self.folder / "my.cnf"
        configuration.write_text(written, "utf-8")
        init = self.folder / "init.sql"
        init.touch(mode=0o600)
        init.write_text(INIT.format(password=self.password), "utf-8")
        defaults = f"--defaults-file={configuration}"
        quiet: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.run([INSTALL, defaults, "--skip-test-db"], check=True, **quiet)
        return subprocess.Popen([SERVER, defaults], start_new_session=True, **quiet)

    def _wait_for(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.connect().close()
            except pymysql.OperationalError:
                if process.poll() is not None or time.monotonic() > until:
                    log = (self.folder / "log.err").read_text("utf-8", "replace")
                    raise AssertionError(f"MariaDB did not start:\n{log}") from None
                time.sleep(0.1)
            else:
                return


def _free_port() -> int:
    """One that the kernel gives to no other test's socket while this server installs.

    Those are above 32,768 (Linux kernel documentation, `ip_local_port_range`).
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with closing(socket.socket()) as holder, suppress(OSError):
            holder.bind((HOST, port))
            return port


def write_certificates(folder: Path) -> None:
    """An authority, and a certificate of its for the server's address."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in "12")
    authority_name = _name("an authority for tests")
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    server = (
        _certificate(_name(HOST), authority_name, server_key.public_key())
        .add_extension(address, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    for name, certificate in (("authority", authority), ("server", server)):
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{name}.pem").write_bytes(pem)
    key = folder / "server.key"
    key.touch(mode=0o600)
    key.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )


def require_mariadb() -> None:
    """Skip the test where there is no MariaDB, but fail it in CI."""
    if not SERVER or not INSTALL:
        missing = "MariaDB is not installed (on Debian: apt-get install mariadb-server)"
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
