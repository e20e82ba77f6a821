"""What a session promises, over the twin and MariaDB, and what only MariaDB shows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest

from rotation_hooks.adapters.mysql import MySql, MySqlSession
from rotation_hooks.core.credential import Account, Credential
from rotation_hooks.core.errors import Failed, LoginRefused, SettingsError, Untrusted
from rotation_hooks.core.fence import State
from rotation_hooks.core.roles import Role
from rotation_hooks.ports import Session
from sql_files.rights import GRANT_OPTION, Right, Rights
from tests.mariadb import HOST
from tests.rotation_hooks.stage import MariaBase, Stage

NONE: Rights = frozenset()
PROBE = "`shifter`.`rotation_probe`"
CLONE = Account(user="app_clone", host="%")
READ, WRITE = Right(PROBE, "SELECT"), Right(PROBE, "INSERT")


@contextmanager
def master(stage: Stage) -> Iterator[Session]:
    found = stage.credential(Role.MASTER)
    assert found is not None
    with stage.base.databases.login(found) as session:
        yield session


def as_clone(stage: Stage, password: str) -> Credential:
    text = stage.text("app_clone", password, Role.APP)
    return Credential.parse(text, "arn", Role.APP)


def test_an_account_is_made_and_made_again_with_another_password(
    either: Stage,
) -> None:
    first, second = either.passwords.new(), either.passwords.new()
    with master(either) as session:
        for password in (first, first, second):
            session.put_account(CLONE, password)

    with either.base.databases.login(as_clone(either, second)) as session:
        assert NONE == session.rights(CLONE)
        assert not session.may_read()
        assert not session.may_write()
    refused = pytest.raises(LoginRefused)
    with refused as raised, either.base.databases.login(as_clone(either, first)):
        raise AssertionError("the old password still works")
    assert 1045 == raised.value.number


def test_an_unknown_user_is_refused_as_a_wrong_password_is(either: Stage) -> None:
    unknown = as_clone(either, either.passwords.new())
    with pytest.raises(LoginRefused) as raised, either.base.databases.login(unknown):
        raise AssertionError("who is that?")

    assert 1045 == raised.value.number


def test_rights_are_given_and_taken(either: Stage) -> None:
    password = either.passwords.new()
    with master(either) as session:
        session.put_account(CLONE, password)
        session.set_rights(CLONE, frozenset({READ, WRITE}))
        assert {READ, WRITE} == session.rights(CLONE)
        with either.base.databases.login(as_clone(either, password)) as own:
            assert {READ, WRITE} == own.rights(CLONE)
            assert own.may_write()
        session.set_rights(CLONE, frozenset({READ}))
        assert {READ} == session.rights(CLONE)
    with either.base.databases.login(as_clone(either, password)) as own:
        assert own.may_read()
        assert not own.may_write()


def test_the_fence_says_whether_a_side_is_open(either: Stage) -> None:
    with master(either) as session:
        assert State.OPEN is session.state()
        either.base.fence()
        assert State.FENCED is session.state()
        either.base.open()
        assert State.OPEN is session.state()


def test_only_one_at_a_time_holds_the_fence(either: Stage) -> None:
    with master(either) as first, master(either) as second:
        refused = pytest.raises(Failed, match="is moving")
        with first.hold_fence(), refused, second.hold_fence():
            raise AssertionError("both hold it")
        with second.hold_fence():
            pass


# --- MariaDB alone --------------------------------------------------------------------


def test_no_row_of_a_probe_stays(stage: Stage, base: MariaBase) -> None:
    assert stage.writes()

    assert () == base.server.run("SELECT * FROM shifter.rotation_probe")


def test_every_level_of_rights_is_seen(stage: Stage, base: MariaBase) -> None:
    """What is given beside the template is given back as what is too much."""
    base.server.run(
        "GRANT PROCESS, REPLICATION CLIENT ON *.* TO app@'%'",
        "GRANT TRIGGER ON paymentdb.payments TO app@'%' WITH GRANT OPTION",
        "GRANT UPDATE (lane) ON paymentdb.payments TO app@'%'",
    )
    account = Account(user="app", host="%")
    extra = {
        Right("*.*", "PROCESS"),
        Right("*.*", "REPLICATION CLIENT"),
        Right("`paymentdb`.`payments`", "TRIGGER"),
        Right("`paymentdb`.`payments`", GRANT_OPTION),
        Right("`paymentdb`.`payments`", "UPDATE", "lane"),
    }
    with master(stage) as session:
        before = session.rights(account)
        assert extra <= before
        session.set_rights(account, before - extra)
        assert before - extra == session.rights(account)


def test_an_account_may_be_for_a_network(stage: Stage, base: MariaBase) -> None:
    """A secret's `userhost` is part of its account, with whatever stands for any."""
    account, password = Account(user="dms_clone", host="127.0.%"), "x" * 20
    text = stage.text("dms_clone", password, Role.DMS, userhost=account.host)
    found = Credential.parse(text, "arn", Role.DMS)
    assert account == found.account
    with master(stage) as session:
        session.put_account(account, password)
        session.set_rights(account, frozenset({READ}))
    try:
        with base.databases.login(found) as own:
            assert {READ} == own.rights(account)
    finally:
        base.server.run("DROP USER dms_clone@'127.0.%'")


def test_an_account_without_tls_is_refused(stage: Stage, base: MariaBase) -> None:
    """Accounts that a rotation makes need TLS, whoever logs in with them."""
    stage.rotated(Role.APP)
    [row] = base.server.run("SELECT ssl_type FROM mysql.user WHERE user = 'app_clone'")

    assert "ANY" == row["ssl_type"]


def test_a_server_of_another_name_is_refused(stage: Stage) -> None:
    """Its certificate is for 127.0.0.1."""
    found = stage.credential(Role.APP)
    assert found is not None
    text = json.dumps(json.loads(found.text()) | {"host": "localhost"})
    other = Credential.parse(text, "arn", Role.APP)
    with pytest.raises(Untrusted), stage.base.databases.login(other):
        raise AssertionError("it was trusted")


def test_a_server_without_tls_hears_no_password(stage: Stage) -> None:
    """Whoever listens there gets no login, only the end of the line."""
    import socket

    heard = bytearray()
    greeting = (
        b"\x0a8.0.36\x00\x01\x00\x00\x00abcdefgh\x00"
        b"\xff\xf7\xff\x02\x00\xff\xc7\x15" + bytes(10) + b"abcdefghijkl\x00"
        b"mysql_native_password\x00"
    )  # capabilities f7ff: all but 0x0800, which is TLS

    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
                line.settimeout(5)
                while received := line.recv(4096):
                    heard.extend(received)

        server = threading.Thread(target=serve)
        server.start()
        port = listening.getsockname()[1]
        text = stage.text("app", stage.passwords.new(), Role.APP, port=port)
        plain = Credential.parse(text, "arn", Role.APP)
        refused = pytest.raises(Untrusted, match="it offers no TLS")
        with refused, stage.base.databases.login(plain):
            raise AssertionError("it was trusted")
        server.join()

    assert b"app" not in heard


def test_a_file_without_certificates_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("authorities") / "bundle.pem"
    path.write_text("no certificate")
    with pytest.raises(SettingsError, match=r"bundle\.pem', which holds no certif"):
        MySql(path)


# --- MySQL, which is not here ---------------------------------------------------------


class Said:
    """What PyMySQL's connection and cursor are, in front of a server that says no."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.asked: list[str] = []

    def cursor(self) -> Said:
        return self

    def __enter__(self) -> Said:
        return self

    def __exit__(self, *_: object) -> None: ...

    def execute(self, statement: str, values: object = None) -> None:
        self.asked.append(statement)
        if statement.startswith("DO PASSWORD"):
            raise pymysql.ProgrammingError(self.number, "it quotes the statement")

    def fetchall(self) -> tuple[()]:
        return ()


@pytest.mark.parametrize("number", [1046, 1064, 1305])
def test_mysql_8_is_asked_in_its_own_form(memory_stage: Stage, number: int) -> None:
    """It has no function PASSWORD, and says so in one of these ways."""
    said: Any = Said(number)
    found = memory_stage.credential(Role.FENCE)
    assert found is not None
    MySqlSession(said, found).change_own_password("another")

    assert [
        "DO PASSWORD('')",
        "ALTER USER CURRENT_USER() IDENTIFIED BY %s",
    ] == said.asked


def test_any_other_refusal_is_told_without_its_text(memory_stage: Stage) -> None:
    said: Any = Said(1142)
    found = memory_stage.credential(Role.FENCE)
    assert found is not None
    with pytest.raises(Failed) as raised:
        MySqlSession(said, found).change_own_password("another")

    assert "fence at blue.database.internal:3306: a statement is refused" in str(
        raised.value
    )
    assert "quotes" not in str(raised.value)
    assert ["DO PASSWORD('')"] == said.asked
