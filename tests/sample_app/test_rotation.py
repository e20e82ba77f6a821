"""A rotated password: read again where the task may, told where it may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sample_app.credentials import Credentials, Login
from tests.sample_app.service import PASSWORD, Schema, serve
from tests.served import Served

SECRET = "payments-test/blue/app"


@contextmanager
def _rotated(schema: Schema, password: str) -> Iterator[None]:
    """The user has another password, and every session is ended."""
    schema.server.run(f"ALTER USER {schema.user}@'%' IDENTIFIED BY '{password}'")
    schema.kill()
    try:
        yield
    finally:
        schema.server.run(f"ALTER USER {schema.user}@'%' IDENTIFIED BY '{PASSWORD}'")
        schema.kill()


def _secret(schema: Schema, password: str) -> str:
    return json.dumps({"username": schema.user, "password": password})


def test_a_task_that_may_not_read_the_secret_says_that_it_must_be_deployed(
    schema: Schema, tmp_path: Path
) -> None:
    with serve(schema, tmp_path / "out") as up:
        assert 201 == up.pay("injected-0001").status_code
        with _rotated(schema, "another-password"):
            refused, ready = up.pay("injected-0002"), up.get("/ready")
        after = up.pay("injected-0002")

    assert (503, "credentials") == (refused.status_code, refused.json()["reason"])
    assert (503, "credentials") == (ready.status_code, ready.json()["reason"])
    assert "deploy it anew" in ready.json()["detail"]
    assert 201 == after.status_code


@pytest.mark.xdist_group("served")
def test_a_task_that_may_read_the_secret_outlives_a_rotation(
    schema: Schema, served: Served, tmp_path: Path
) -> None:
    """No request fails: the first one that is refused reads the secret again."""
    manager = served.client("secretsmanager")
    arn = manager.create_secret(Name=SECRET, SecretString=_secret(schema, PASSWORD))[
        "ARN"
    ]
    variables = served.variables() | {"DATABASE_CREDENTIALS_ARN": arn}

    with serve(schema, tmp_path / "out", variables) as up:
        before = up.pay("rotated-0001").status_code
        manager.put_secret_value(
            SecretId=arn, SecretString=_secret(schema, "the-new-one")
        )
        with _rotated(schema, "the-new-one"):
            after = [up.pay(f"rotated-{n:04}").status_code for n in range(2, 8)]

    assert [201] * 7 == [before, *after]
    assert "the-new-one" not in (tmp_path / "out").read_text()


@pytest.mark.xdist_group("served")
def test_a_secret_that_comes_to_nothing_is_given_up(
    schema: Schema, served: Served, tmp_path: Path
) -> None:
    """After five seconds the caller hears 503, and the log says why."""
    manager = served.client("secretsmanager")
    arn = manager.create_secret(Name=f"{SECRET}/spoilt", SecretString="no JSON")["ARN"]
    variables = served.variables() | {"DATABASE_CREDENTIALS_ARN": arn}

    with serve(schema, tmp_path / "out", variables) as up, _rotated(schema, "x" * 20):
        refused = up.pay("spoilt-0001")
        told = up.told("the secret cannot be read")

    assert (503, "credentials") == (refused.status_code, refused.json()["reason"])
    assert "it is not JSON with username and password" == told[0]["why"]


def test_whoever_was_refused_late_takes_what_another_has_read() -> None:
    """A crowd of refused logins reads the secret once."""
    read = 0

    def secret() -> str:
        nonlocal read
        read += 1
        return json.dumps({"username": "app_clone", "password": f"number {read}"})

    old, new = Login("app", "old"), Login("app_clone", "number 1")
    credentials = Credentials(old, secret)

    assert [new, new, new] == [credentials.renew(old) for _ in range(3)]
    assert 1 == read


def test_a_login_does_not_show_its_password() -> None:
    assert "Login(user='app')" == repr(Login("app", "hidden"))
