from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.errors import Misconfigured
from bootstrap.settings import Settings
from tests.bootstrap.world import SQL
from tests.mariadb import MariaDB


def test_settings_come_from_the_environment(mariadb: MariaDB) -> None:
    settings = Settings.from_environment(
        {"SQL_FOLDER": str(SQL), "DATABASE_AUTHORITIES": str(mariadb.authority)}
    )

    assert SQL == settings.sql_folder
    assert settings.trusted.check_hostname


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "SQL_FOLDER is not set"),
        ({"SQL_FOLDER": "/nowhere"}, "SQL_FOLDER is '/nowhere', which is no folder"),
        ({"SQL_FOLDER": str(SQL)}, "DATABASE_AUTHORITIES is not set"),
        (
            {"SQL_FOLDER": str(SQL), "DATABASE_AUTHORITIES": "/nowhere"},
            "DATABASE_AUTHORITIES is '/nowhere': No such file",
        ),
        (
            {"SQL_FOLDER": str(SQL), "DATABASE_AUTHORITIES": str(Path(__file__))},
            "it holds no certificates",
        ),
    ],
)
def test_what_is_wrong_is_named(environment: dict[str, str], told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        Settings.from_environment(environment)
