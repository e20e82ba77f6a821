"""What the database refuses is 503 with a time to come back, and cured by itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.mariadb import MariaDB, require_mariadb
from tests.sample_app.service import Schema, Service, serve


@contextmanager
def _revoked(schema: Schema) -> Iterator[None]:
    schema.fence()
    try:
        yield
    finally:
        schema.open()


@contextmanager
def _read_only(schema: Schema) -> Iterator[None]:
    schema.server.run("SET GLOBAL read_only = 1")
    try:
        yield
    finally:
        schema.server.run("SET GLOBAL read_only = 0")


@contextmanager
def _locked(schema: Schema) -> Iterator[None]:
    schema.server.run(f"ALTER USER {schema.user}@'%' ACCOUNT LOCK")
    schema.kill()
    try:
        yield
    finally:
        schema.server.run(f"ALTER USER {schema.user}@'%' ACCOUNT UNLOCK")


def _told(answer: httpx.Response) -> tuple[int, str | None, str]:
    return (
        answer.status_code,
        answer.headers.get("retry-after"),
        answer.json().get("reason"),
    )


@pytest.mark.parametrize(
    ("trouble", "reason", "number"),
    [
        (_revoked, "fenced", 1142),
        (_read_only, "fenced", 1290),
        (_locked, "locked", 4151),
    ],
)
def test_a_database_that_refuses_writes_is_503_until_it_takes_them_again(
    service: Service, trouble: object, reason: str, number: int
) -> None:
    """With the same key, which is then taken once."""
    assert callable(trouble)
    key = f"fenced-{number}"
    assert 201 == service.pay(f"before-{number}").status_code

    with trouble(service.schema):
        refused = service.pay(key)

        assert (503, "1", reason) == _told(refused)
        assert f"(error {number})" in refused.json()["detail"]
        assert 0 == service.schema.rows(key)
        assert 200 == service.get("/health").status_code
    assert 201 == service.pay(key).status_code
    assert 1 == service.schema.rows(key)


def test_a_fenced_lane_still_reads_and_is_ready(service: Service) -> None:
    """Green runs fenced and healthy before a cutover."""
    where = service.pay("reads-0001").headers["location"]

    with _revoked(service.schema):
        assert 200 == service.get(where).status_code
        assert 200 == service.get("/ready").status_code


def test_rights_that_come_back_are_seen_although_sessions_are_kept(
    service: Service,
) -> None:
    """An open session keeps the rights that it had when it logged in.

    Those that only read meanwhile were refused nothing.
    """
    where = service.pay("again-0000").headers["location"]
    with _revoked(service.schema):
        refused = [service.pay("again-0001").status_code for _ in range(20)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(service.get, [where] * 40))
    taken = [service.pay("again-0001").status_code for _ in range(20)]

    assert ({503}, {201}) == (set(refused), set(taken))


def test_sessions_that_were_ended_are_made_anew_without_an_error(
    service: Service,
) -> None:
    """A fail-over ends all of them at once, between two requests."""
    service.pay("killed-0001")
    service.schema.kill()

    assert 201 == service.pay("killed-0002").status_code


def test_a_database_that_is_gone_is_503_and_not_ready_but_alive(
    tmp_path: Path,
) -> None:
    require_mariadb()
    (tmp_path / "server").mkdir()
    with MariaDB.started(tmp_path / "server") as server:
        made = Schema(server, "gone", "gone_app")
        with Schema.made(server, "gone"), serve(made, tmp_path / "before") as up:
            assert 201 == up.pay("gone-0001").status_code
    with serve(made, tmp_path / "after") as up:
        refused, ready = up.pay("gone-0002"), up.get("/ready")

        assert (503, "1", "away") == _told(refused)
        assert (503, "1", "away") == _told(ready)
        assert "cannot be reached" in ready.json()["detail"]
        assert 200 == up.get("/health").status_code
        assert 200 == up.get("/lane").status_code


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(
    schema: Schema, mariadb_pair: tuple[MariaDB, MariaDB], tmp_path: Path
) -> None:
    """Not in the open either: the login never begins."""
    stranger = str(mariadb_pair[0].authority)

    with serve(schema, tmp_path / "out", {"DATABASE_AUTHORITIES": stranger}) as up:
        assert (503, "1", "untrusted") == _told(up.pay("tls-0001"))
    assert 0 == schema.rows("tls-0001")


def test_a_server_by_another_name_is_not_spoken_to(
    schema: Schema, tmp_path: Path
) -> None:
    """A certificate is for the name that was asked for, not for any."""
    with serve(schema, tmp_path / "out", {"DATABASE_HOST": "localhost"}) as up:
        assert (503, "1", "untrusted") == _told(up.pay("tls-0002"))
    assert 0 == schema.rows("tls-0002")


def test_the_log_says_why_without_saying_what(service: Service) -> None:
    with _revoked(service.schema):
        service.pay("silent-0001", method="tok_neverlogged0")
    [line] = [
        line for line in service.told("answered") if line.get("database_error") == 1142
    ][-1:]

    assert ("fenced", "/payments", "POST", 503) == (
        line["reason"],
        line["route"],
        line["method"],
        line["status"],
    )
    assert "neverlogged" not in service.output.read_text()
    assert "silent-0001" not in service.output.read_text()


def test_a_fault_of_our_own_is_500_and_logged_without_what_was_sent(
    service: Service,
) -> None:
    """A table that is missing is no trouble that passes: nobody should try again."""
    tables = f"{service.schema.name}.payments", f"{service.schema.name}.hidden"
    service.schema.server.run("RENAME TABLE {} TO {}".format(*tables))
    try:
        failed = service.pay("fault-0001", method="tok_neverlogged1")
    finally:
        service.schema.server.run("RENAME TABLE {1} TO {0}".format(*tables))
    [line] = service.told("the service failed")

    assert (500, None) == (failed.status_code, failed.headers.get("retry-after"))
    assert "The service failed; its log says where." == failed.json()["detail"]
    assert "blue" == failed.headers["x-shifter-lane"]
    assert "ProgrammingError" == line["exception"]
    assert any(place.startswith("ledger.py:") for place in line["through"])
    assert "neverlogged" not in service.output.read_text()


def test_whoever_finds_no_free_session_is_told_to_come_back(
    schema: Schema, tmp_path: Path
) -> None:
    """The one session there is waits for another's lock."""
    one = {"CONNECTIONS": "1"}
    with (
        closing(schema.server.connect(database=schema.name)) as other,
        serve(schema, tmp_path / "out", one) as up,
    ):
        other.begin()
        with other.cursor() as cursor:
            cursor.execute(
                "INSERT INTO payments VALUES (NULL, 'busy-0001', 'shop', 1, 'EUR',"
                " 'tok_other1234', 'blue', UTC_TIMESTAMP(6))"
            )
        with ThreadPoolExecutor(8) as pool:
            refused = list(pool.map(up.pay, ["busy-0001"] * 8))
        other.rollback()

    assert {(503, "1", "busy")} == {_told(answer) for answer in refused}
    assert 0 == schema.rows("busy-0001")
