from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from moto import mock_aws

from rotation_hooks.telemetry import logger
from tests.adapters.account import Account
from tests.adapters.fixtures_b import make_table
from tests.mariadb import MariaDB
from tests.rotation_hooks.passwords import KnownPasswords
from tests.rotation_hooks.stage import MariaBase, MemoryBase, MemoryVault, Stage


@pytest.fixture
def passwords(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[KnownPasswords]:
    """Those of one test; none of them may be in anything that it printed or raised."""
    logged, known = StringIO(), KnownPasswords()
    monkeypatch.setattr(logger().registered_handler, "stream", logged)
    yield known
    printed = capsys.readouterr()
    parts = [logged.getvalue(), caplog.text, printed.out, printed.err, *known.told]
    assert known.known
    assert [] == list(known.found_in("\n".join(parts))), "a password was told"


@pytest.fixture
def account() -> Iterator[Account]:
    """An AWS account with nothing in it but the table."""
    made = Account()
    with mock_aws():
        make_table(made.client("dynamodb"))
        yield made
    made.close()


@pytest.fixture(scope="module")
def built(mariadb: MariaDB) -> Iterator[MariaBase]:
    """A real database with its schemas, for all tests of a file."""
    made = MariaBase(mariadb)
    made.build()
    yield made
    made.clear()


@pytest.fixture
def base(built: MariaBase) -> MariaBase:
    """The same, and nobody in it but root."""
    built.reset()
    return built


@pytest.fixture
def stage(base: MariaBase, passwords: KnownPasswords) -> Iterator[Stage]:
    """Secrets in memory, a real database, whose log is searched for passwords, too."""
    yield Stage.made(MemoryVault(), base, passwords)
    log = (base.server.folder / "log.err").read_text("utf-8", "replace")
    assert "ready for connections" in log
    assert [] == list(passwords.found_in(log)), "the server's log has a password"


@pytest.fixture
def memory_stage(passwords: KnownPasswords) -> Stage:
    """All of it in memory."""
    return Stage.made(MemoryVault(), MemoryBase(), passwords)


@pytest.fixture(params=["memory", "mariadb"])
def either(request: pytest.FixtureRequest) -> Stage:
    """Each of the two in turn."""
    name = "memory_stage" if request.param == "memory" else "stage"
    made: Stage = request.getfixturevalue(name)
    return made
