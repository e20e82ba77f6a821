"""A wrong environment is told by name, at the start, in one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from socket import create_server

import pytest

from tests.mariadb import HOST, MariaDB
from tests.sample_app.service import ROOT, bare

RIGHT: Mapping[str, str] = {
    "ENVIRONMENT": "payments-test",
    "LANE": "blue",
    "EDGES": "edge-1=0",
    "LISTEN_ON": HOST,
    "DATABASE_HOST": HOST,
    "DATABASE_NAME": "paymentdb",
    "DATABASE_USER": "app",
    "DATABASE_PASSWORD": "never-to-be-told",
    "DATABASE_AUTHORITIES": "/etc/hostname",
}


def _started(environment: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "sample_app"],
        cwd=ROOT,
        env={**bare(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stdout
    assert "never-to-be-told" not in done.stderr
    assert 1 == done.stderr.count("\n")
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"LANE": "red"}, "LANE is 'red'"),
        ({"EDGES": "edge-1"}, "EDGES is 'edge-1': write name=port, separated"),
        ({"EDGES": "a=1,b=1"}, "EDGES is 'a=1,b=1': give each edge a port of its own"),
        ({"EDGES": "a=99999"}, "EDGES is 'a=99999': name each edge once, with a port"),
        ({"DATABASE_PORT": "x"}, "DATABASE_PORT is 'x'"),
        ({"CONNECTIONS": "0"}, "CONNECTIONS is '0'"),
        (
            {"DATABASE_AUTHORITIES": "/no/such/file"},
            "DATABASE_AUTHORITIES is '/no/such/file': No such file",
        ),
        ({}, "DATABASE_AUTHORITIES is '/etc/hostname': it holds no certificates"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value(
    changed: Mapping[str, str], told: str
) -> None:
    code, said = _started({**RIGHT, **changed})

    assert 2 == code
    assert told in said


def test_every_missing_variable_is_named_at_once() -> None:
    code, said = _started({})

    assert 2 == code
    assert all(f"{name} is not set" in said for name in RIGHT if name != "LISTEN_ON")


def test_a_port_that_is_taken_is_named(mariadb: MariaDB) -> None:
    trusted = {"DATABASE_AUTHORITIES": str(mariadb.authority)}
    with closing(create_server((HOST, 0))) as holder:
        port = holder.getsockname()[1]
        code, said = _started({**RIGHT, **trusted, "EDGES": f"edge-1={port}"})

    assert 2 == code
    assert f"port {port} of {HOST} cannot be used: Address already in use" in said
