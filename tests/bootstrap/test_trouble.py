"""What goes wrong is told in a sentence, and the next run goes on from there."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pymysql
import pytest

from bootstrap.errors import Refused, Unreachable
from bootstrap.request import Wanted
from bootstrap.secrets import Login
from bootstrap.server import Server, Session
from bootstrap.settings import trusting
from bootstrap.steps import Bootstrap
from sql_files.rights import Account
from tests.bootstrap.world import PASSWORDS, SQL, Context, Database
from tests.mariadb import HOST, MariaDB


@dataclass
class Countdown:
    """How many statements still succeed, and how many there were."""

    left: int
    seen: int = 0


class Failing(Session):
    """A session that the network ends before a statement."""

    def __init__(self, session: Session, countdown: Countdown) -> None:
        super().__init__(session._connection)
        self._countdown = countdown

    def run(self, statement: str, *values: object, doing: str = "") -> Any:
        self._countdown.seen += 1
        if self._countdown.seen > self._countdown.left:
            raise Unreachable("the database went away")
        return super().run(statement, *values, doing=doing)


@dataclass(frozen=True)
class FailingServer(Server):
    """A server whose sessions end after a number of statements."""

    countdown: Countdown = field(default_factory=lambda: Countdown(0))

    def log_in(self, login: Login) -> Session:
        return Failing(super().log_in(login), self.countdown)


@dataclass(frozen=True)
class LateServer(Server):
    """A server that is there only from some time on."""

    database: Database | None = None
    from_second: float = 60.0

    def log_in(self, login: Login) -> Session:
        assert self.database is not None
        if self.database.clock.now() < self.from_second:
            raise Unreachable("there is no writer yet")
        return super().log_in(login)


def _bootstrap(blue: Database, server: Server) -> Bootstrap:
    wanted = Wanted.model_validate(blue.event()["ResourceProperties"])
    return Bootstrap(
        wanted=wanted,
        server=server,
        secrets=blue.secrets,
        folder=SQL,
        clock=blue.clock,
        tell=lambda _: None,
    )


def _address(blue: Database) -> tuple[str, int, Any]:
    return HOST, blue.server.port, trusting(str(blue.server.authority))


def _ends_after(blue: Database, statements: int) -> bool:
    """Run until the network ends it; tell whether it did."""
    failing = FailingServer(*_address(blue), countdown=Countdown(statements))
    try:
        _bootstrap(blue, failing).run(until=0)
    except Unreachable:
        return True
    return False


def test_wherever_it_ends_the_next_run_completes_it(blue: Database) -> None:
    """On a new database each time; a sample, as dropping all of it takes long."""
    blue.make_ready()
    expected = blue.state()
    ended = []
    for statements in range(1, 80, 6):
        blue.forget()
        blue.server.run("DELETE FROM mysql.rds_configuration")
        if _ends_after(blue, statements):
            ended.append(statements)
        blue.make_ready("Update")
        assert expected == blue.state(), f"after {statements} statements"

    assert [1, 7, 13, 19, 25, 31, 37, 43, 49] == ended[:9]


def test_one_that_ends_again_and_again_is_completed_in_the_end(
    blue: Database,
) -> None:
    """Before every statement once, each time on what the runs before have left."""
    blue.make_ready()
    expected = blue.state()
    blue.forget()
    blue.server.run("DELETE FROM mysql.rds_configuration")

    statements = 0
    while _ends_after(blue, statements):
        statements += 1

    assert statements > 30
    assert expected == blue.state()


def test_a_database_that_is_late_is_waited_for(blue: Database) -> None:
    server = LateServer(*_address(blue), database=blue)

    _bootstrap(blue, server).run(until=300)

    assert [5.0] * 12 == blue.clock.slept
    assert blue.logs_in("app", PASSWORDS["app"])


def test_a_database_that_never_comes_is_told_in_time(blue: Database) -> None:
    """Some of the function's time is kept for the answer."""
    with closing(socket.socket()) as nobody:
        nobody.bind((HOST, 0))
        port = nobody.getsockname()[1]
        answer = blue.ask(blue.event(Port=str(port)), Context(seconds=200))

    assert "FAILED" == answer["Status"]
    assert f"Unreachable: {HOST}:{port} does not answer" in answer["Reason"]
    assert "security groups" in answer["Reason"]
    assert blue.clock.now() <= 200 - 120


def test_a_wrong_password_of_the_master_is_told_after_a_rotations_time(
    blue: Database,
) -> None:
    blue.keep("master", {"username": "root", "password": "wrong-Passw0rd"})

    reason = blue.refusal()

    assert "LoginRefused" in reason
    assert "refuses the user root" in reason
    assert "wrong-Passw0rd" not in reason
    assert 20 == blue.clock.now()
    assert [] == blue.accounts()


def test_a_master_secret_that_is_rotated_meanwhile_is_read_again(
    blue: Database,
) -> None:
    right = blue.server.password

    class Rotating(type(blue.secrets)):  # type: ignore[misc]
        def text(self, arn: str, stage: Any) -> str | None:
            if blue.clock.now() >= 5:
                blue.keep("master", {"username": "root", "password": right})
            found: str | None = super().text(arn, stage)
            return found

    rotating = Rotating()
    rotating.texts = blue.secrets.texts
    blue.keep("master", {"username": "root", "password": "the one before"})
    server = Server(*_address(blue))
    bootstrap = _bootstrap(blue, server)
    Bootstrap(
        wanted=bootstrap.wanted,
        server=server,
        secrets=rotating,
        folder=SQL,
        clock=blue.clock,
        tell=lambda _: None,
    ).run(until=300)

    assert [5.0] == blue.clock.slept
    assert blue.logs_in("app", PASSWORDS["app"])


def test_a_server_of_another_authority_is_refused_at_once(
    blue: Database, mariadb_pair: tuple[MariaDB, MariaDB]
) -> None:
    """No password is sent to it, and waiting would not change it."""
    stranger, _ = mariadb_pair
    port = str(stranger.port)
    for role in ("app", "dms", "fence"):
        blue.keep(role, blue.secret(role, port=stranger.port))

    reason = blue.refusal(Port=port)

    assert f"Untrusted: {HOST}:{port} does not prove who it is" in reason
    assert [] == blue.clock.slept
    assert not stranger.run("SHOW DATABASES LIKE 'paymentdb'")


def test_a_certificate_for_another_name_is_refused(blue: Database) -> None:
    """`localhost` is the same server, and its certificate does not say so."""
    for role in ("app", "dms", "fence"):
        blue.keep(role, blue.secret(role, host="localhost"))

    assert "Untrusted: localhost" in blue.refusal(Host="localhost")


def test_the_other_sides_database_is_not_touched(blue: Database) -> None:
    blue.make_ready()
    before = blue.state()
    green = blue.green()

    reason = green.refusal("Update")

    assert "WrongSide: this database is blue" in reason
    assert before == blue.state()


def test_a_lock_that_somebody_holds_is_named(blue: Database) -> None:
    """Two runs at once wait for each other; one that hangs is told about."""

    class Held(Session):
        def one(self, statement: str, *values: object) -> Any:
            return 0 if "GET_LOCK" in statement else super().one(statement, *values)

    class HeldServer(Server):
        def log_in(self, login: Login) -> Session:
            return Held(super().log_in(login)._connection)

    with pytest.raises(Exception, match="the lock shifter_bootstrap, which another"):
        _bootstrap(blue, HeldServer(*_address(blue))).run(until=300)

    assert not blue.server.run("SHOW DATABASES LIKE 'paymentdb'")


def test_what_the_server_refuses_is_told_with_its_number(blue: Database) -> None:
    """Here a master user that may not pass on what it has."""
    blue.server.run(
        "CREATE USER weak@'%' IDENTIFIED BY 'weak-Passw0rd'",
        "GRANT ALL ON *.* TO weak@'%'",
    )
    blue.keep("master", {"username": "weak", "password": "weak-Passw0rd"})

    reason = blue.refusal()

    assert "Refused: the database refused GRANT" in reason
    assert "on `paymentdb`.* TO 'app'@'%' with error 1044: Access denied" in (
        reason.replace(" ON ", " on ")
    )


def test_what_the_server_says_is_not_repeated_where_there_was_a_secret(
    blue: Database,
) -> None:
    """A syntax error quotes what stood near it: the driver's own error has it all."""
    statement = "CREATE USER x@'%%' IDENTIFIED TOO %s"
    with (
        blue.server.connect() as raw,
        raw.cursor() as cursor,
        pytest.raises(pymysql.ProgrammingError, match="s3cret-Passw0rd"),
    ):
        cursor.execute(statement, ("s3cret-Passw0rd",))

    session = Server(*_address(blue)).log_in(
        Login(Account("root"), blue.server.password)
    )
    with closing(session), pytest.raises(Refused) as caught:
        session.run(statement, "s3cret-Passw0rd", doing="to make the user x")

    assert "the database refused to make the user x with error 1064" == str(
        caught.value
    )
    assert caught.value.__suppress_context__
