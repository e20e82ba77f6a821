"""The server that the tests of databases stand on is a real one, reached over TLS."""

from __future__ import annotations

from contextlib import closing

import pymysql
import pytest

from tests.mariadb import MariaDB


def test_a_session_is_encrypted(mariadb: MariaDB) -> None:
    with closing(mariadb.connect()) as session, session.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_version'")
        (row,) = cursor.fetchall()

    assert row["Value"].startswith("TLSv1.")


def test_a_certificate_of_another_authority_is_refused(
    mariadb_pair: tuple[MariaDB, MariaDB],
) -> None:
    """Each server has an authority of its own, so one is a stranger to the other."""
    blue, green = mariadb_pair

    with pytest.raises(pymysql.OperationalError, match="certificate verify failed"):
        blue.connect(ssl_ca=str(green.authority))


def test_a_wrong_password_is_refused(mariadb: MariaDB) -> None:
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        mariadb.connect(password="not this one")


def test_the_two_of_a_pair_are_two(mariadb_pair: tuple[MariaDB, MariaDB]) -> None:
    blue, green = mariadb_pair

    blue.run("CREATE DATABASE only_here")
    try:
        assert not green.run("SHOW DATABASES LIKE 'only_here'")
    finally:
        blue.run("DROP DATABASE only_here")
