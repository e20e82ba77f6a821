from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mariadb import MariaDB
from tests.sample_app.service import Schema, Service, serve


@pytest.fixture(scope="module")
def schema(mariadb: MariaDB, request: pytest.FixtureRequest) -> Iterator[Schema]:
    """A schema for the tests of one file."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    with Schema.made(mariadb, name) as made:
        yield made


@pytest.fixture(scope="module")
def service(
    schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """One service for all tests of a file that leave it running."""
    with serve(schema, tmp_path_factory.mktemp("service") / "output") as up:
        yield up


@pytest.fixture
def own_service(schema: Schema, tmp_path: Path) -> Iterator[Service]:
    """A service for one test, which may end it."""
    with serve(schema, tmp_path / "output") as up:
        yield up
