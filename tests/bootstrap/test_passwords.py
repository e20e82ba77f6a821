"""Passwords: those of the secrets, but never against a rotation."""

from __future__ import annotations

import pytest

from tests.bootstrap.world import PASSWORDS, Database

OTHER = "another-Passw0rd"


def test_a_password_that_works_is_left_alone(blue: Database) -> None:
    blue.make_ready()
    before = blue.grants("app")

    blue.make_ready("Update")

    assert before == blue.grants("app"), "the line of USAGE has the hash in MariaDB"


def test_a_password_that_has_drifted_is_set_again(blue: Database) -> None:
    blue.make_ready()
    blue.server.run(f"ALTER USER dms@'%' IDENTIFIED BY '{OTHER}'")

    blue.make_ready("Update")

    assert blue.logs_in("dms", PASSWORDS["dms"])


def test_a_password_that_a_rotation_has_set_is_left_alone(blue: Database) -> None:
    """Between setting it and saying so lies a moment; taking it back undoes half."""
    blue.make_ready()
    blue.server.run(f"ALTER USER fence@'%' IDENTIFIED BY '{OTHER}'")
    blue.keep("fence", blue.secret("fence", password=OTHER), stage="AWSPENDING")
    blue.told()

    blue.make_ready("Update")

    assert blue.logs_in("fence", OTHER)
    assert any("a rotation is changing it" in line for line in blue.told())


@pytest.mark.parametrize("pending", ["", "{}", "half a va"])
def test_a_rotation_that_has_not_come_to_the_database_is_no_reason(
    pending: str, blue: Database
) -> None:
    """Neither of its passwords works, so the current one is set."""
    blue.make_ready()
    blue.server.run("ALTER USER fence@'%' IDENTIFIED BY 'forgotten'")
    blue.keep("fence", pending or blue.secret("fence", password=OTHER), "AWSPENDING")

    blue.make_ready("Update")

    assert blue.logs_in("fence", PASSWORDS["fence"])


def test_the_second_of_two_users_in_turn_may_be_the_current_one(
    blue: Database,
) -> None:
    blue.make_ready()
    blue.keep("app", blue.secret("app", username="app_clone", password=OTHER))

    blue.make_ready("Update")

    assert blue.logs_in("app_clone", OTHER)
    assert blue.logs_in("app", PASSWORDS["app"]), "tasks may still use the first"


@pytest.mark.parametrize("host", ["127.0.0.1", "%"])
def test_a_user_comes_from_where_its_secret_says(host: str, blue: Database) -> None:
    blue.keep("app", blue.secret("app", userhost=host))

    blue.make_ready()

    assert ("app", host) in blue.accounts()
