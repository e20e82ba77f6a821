from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mariadb import MariaDB, require_mariadb
from tests.served import Served, serve


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One served sandbox for all tests of a file."""
    with serve("--speed", "60") as up:
        yield up


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """One MariaDB server for all tests of a process."""
    require_mariadb()
    with MariaDB.started(tmp_path_factory.mktemp("mariadb")) as up:
        yield up


@pytest.fixture(scope="session")
def mariadb_pair(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[MariaDB, MariaDB]]:
    """Two more, a blue one and a green one, that know nothing of each other."""
    require_mariadb()
    blue, green = (tmp_path_factory.mktemp(side) for side in ("blue", "green"))
    with MariaDB.started(blue, 1) as first, MariaDB.started(green, 2) as second:
        yield first, second
