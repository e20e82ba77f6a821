from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bootstrap.world import ANSWER_TO, PASSWORDS, Database
from tests.mariadb import MariaDB


@pytest.fixture
def blue(mariadb: MariaDB) -> Iterator[Database]:
    """A server as RDS hands it over; afterwards no password was told anywhere."""
    with Database.made(mariadb) as database:
        yield database
        written = database.log.getvalue() + repr(database.box.answers)
        for secret in (*PASSWORDS.values(), mariadb.password, ANSWER_TO):
            assert secret not in written
