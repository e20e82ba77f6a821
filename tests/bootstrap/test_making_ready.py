"""What the bootstrap makes of a new database, and of one that it has seen before."""

from __future__ import annotations

import pytest

from sql_files.rights import shown, template
from tests.bootstrap.world import PASSWORDS, ROLES, SCHEMAS, SQL, Database

PAY = (
    "INSERT INTO paymentdb.payments"
    " (idempotency_key, merchant, amount_minor, currency, method, lane, taken_at)"
    " VALUES ('k', 'm', 1, 'EUR', 'tok', 'blue', NOW())"
)


def test_a_new_database_gets_its_tables(blue: Database) -> None:
    blue.make_ready()

    found = {row["Database"] for row in blue.server.run("SHOW DATABASES")}
    assert set(SCHEMAS) <= found
    for table in ("payments", "merchant_totals"):
        assert blue.server.run(f"SHOW TABLES FROM paymentdb LIKE '{table}'")
    for table in ("fence", "marker_forward", "marker_reverse", "rotation_probe"):
        assert blue.server.run(f"SHOW TABLES FROM shifter LIKE '{table}'")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_the_rights_of_its_template_and_no_others(
    role: str, blue: Database
) -> None:
    blue.make_ready()

    assert template(SQL, role) == shown(blue.grants(role))


@pytest.mark.parametrize("role", ROLES)
def test_each_role_logs_in_over_tls_and_not_in_the_open(
    role: str, blue: Database
) -> None:
    blue.make_ready()

    assert blue.logs_in(role, PASSWORDS[role])
    in_the_open = {"ssl_ca": None, "ssl_verify_identity": None, "ssl_disabled": True}
    assert not blue.logs_in(role, PASSWORDS[role], **in_the_open)


def test_the_binary_log_is_kept_as_long_as_the_template_says(blue: Database) -> None:
    blue.ask(blue.event(BinlogRetentionHours="168"))

    [row] = blue.server.run("SELECT * FROM mysql.rds_configuration")
    assert ("binlog retention hours", 168) == (row["name"], row["value"])


def test_everything_starts_on_blue(blue: Database) -> None:
    """Blue takes writes, green answers health checks, and neither had an epoch yet."""
    blue.make_ready()
    [row] = blue.server.run("SELECT * FROM shifter.fence")
    assert ("blue", 0, 1, "") == (
        row["side"],
        row["epoch"],
        row["writable"],
        row["holder"],
    )
    assert 0 == blue.try_as("app", PAY)

    blue.forget()
    green = blue.green()
    green.make_ready()
    [row] = green.server.run("SELECT * FROM shifter.fence")
    assert ("green", 0, 0) == (row["side"], row["epoch"], row["writable"])
    assert 1142 == green.try_as("app", PAY)
    assert 0 == green.try_as("app", "SELECT * FROM paymentdb.payments")
    assert 0 == green.try_as("dms", PAY)


def test_the_second_time_nothing_changes(blue: Database) -> None:
    blue.make_ready()
    before, _ = blue.state(), blue.told()

    blue.make_ready("Update")

    assert before == blue.state()
    assert ["Update is done"] == blue.told()


def test_a_side_that_a_cutover_has_closed_stays_closed(blue: Database) -> None:
    """A deployment after a cutover must not let both sides write."""
    blue.make_ready()
    blue.server.run(
        "UPDATE shifter.fence SET writable = 0, epoch = 7, holder = 'cutover:c-1'"
    )

    blue.make_ready("Update")

    assert template(SQL, "app-fenced") == shown(blue.grants("app"))
    assert 1142 == blue.try_as("app", PAY)
    [row] = blue.server.run("SELECT * FROM shifter.fence")
    assert (7, 0, "cutover:c-1") == (row["epoch"], row["writable"], row["holder"])


@pytest.mark.parametrize(
    "extra",
    [
        "GRANT DROP ON paymentdb.* TO app@'%'",
        "GRANT ALL ON paymentdb.* TO app@'%' WITH GRANT OPTION",
        "GRANT FILE ON *.* TO app@'%'",
        "GRANT INSERT ON paymentdb.payments TO app@'%'",
        "GRANT UPDATE (lane), SELECT (id) ON paymentdb.payments TO app@'%'",
        "GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO app@'%'",
        "GRANT writer TO app@'%'",
        "REVOKE SELECT ON paymentdb.* FROM app@'%'",
        "REVOKE INSERT ON shifter.rotation_probe FROM app@'%'",
    ],
)
def test_rights_come_back_to_the_template(extra: str, blue: Database) -> None:
    """What is too much is revoked, what is missing is granted."""
    blue.make_ready()
    blue.server.run("CREATE ROLE writer", extra)
    assert template(SQL, "app") != shown(blue.grants("app"))

    blue.make_ready("Update")

    assert template(SQL, "app") == shown(blue.grants("app"))


def test_every_account_of_a_role_is_held_to_its_template(blue: Database) -> None:
    """Two users in turn, and one that somebody made for a host of theirs."""
    blue.make_ready()
    blue.server.run(
        "CREATE USER app_clone@'%' IDENTIFIED BY 'x'",
        "CREATE USER app@'10.1.2.3' IDENTIFIED BY 'x'",
        "CREATE USER app@'10.9.0.0/255.255.0.0' IDENTIFIED BY 'x'",
        "GRANT ALL ON *.* TO app@'10.1.2.3' WITH GRANT OPTION",
    )

    blue.make_ready("Update")

    for account in (
        ("app", "%"),
        ("app_clone", "%"),
        ("app", "10.1.2.3"),
        ("app", "10.9.0.0/255.255.0.0"),
    ):
        assert template(SQL, "app") == shown(blue.grants(*account))
        assert any("REQUIRE SSL" in line for line in blue.grants(*account))


def test_a_fence_may_take_and_give_the_right_to_write(blue: Database) -> None:
    """With the very statements of a cutover; and nothing beyond the template."""
    blue.make_ready()

    for statement in (
        "REVOKE INSERT, UPDATE, DELETE ON paymentdb.* FROM app@'%'",
        "REVOKE INSERT ON shifter.rotation_probe FROM app@'%'",
    ):
        assert 0 == blue.try_as("fence", statement)
    assert 1142 == blue.try_as("app", PAY)
    assert 0 == blue.try_as(
        "fence", "GRANT INSERT, UPDATE, DELETE ON paymentdb.* TO app@'%'"
    )
    assert 0 == blue.try_as("app", PAY)
    assert 0 != blue.try_as("fence", "GRANT DROP ON paymentdb.* TO app@'%'")
    assert 0 == blue.try_as("fence", "UPDATE shifter.fence SET epoch = epoch + 1")
    assert 0 == blue.try_as("fence", "SELECT User, Insert_priv FROM mysql.user")
    assert 0 != blue.try_as("fence", "SELECT * FROM mysql.global_priv")
    assert 0 == blue.try_as("fence", "SELECT id FROM information_schema.processlist")


@pytest.mark.parametrize("role", ["app", "dms"])
def test_who_may_write_may_not_open_or_close_the_fence(
    role: str, blue: Database
) -> None:
    blue.make_ready()

    assert 1142 == blue.try_as(role, "UPDATE shifter.fence SET writable = 1")
