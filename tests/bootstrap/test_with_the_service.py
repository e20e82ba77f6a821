"""The sample service takes payments on a database that the bootstrap has made ready."""

from __future__ import annotations

from pathlib import Path

from sql_files.rights import template
from tests.bootstrap.world import PASSWORDS, SQL, Database
from tests.sample_app.service import RIGHTS, Schema, serve


def test_the_service_has_all_that_it_needs_and_is_closed_out_by_the_fence(
    blue: Database, tmp_path: Path
) -> None:
    """With the very user, password and rights; a closed side answers 503, not 500."""
    blue.make_ready()
    schema = Schema(blue.server, "paymentdb", "app")
    variables = {"DATABASE_PASSWORD": PASSWORDS["app"]}
    with serve(schema, tmp_path / "output", variables) as service:
        assert 201 == service.pay("a-key-of-mine").status_code
        assert 200 == service.get("/ready").status_code

        blue.server.run("UPDATE shifter.fence SET writable = 0, epoch = 1")
        blue.make_ready("Update")
        schema.kill()
        assert 503 == service.pay("another-key").status_code
        assert 200 == service.get("/health").status_code

        blue.server.run("UPDATE shifter.fence SET writable = 1, epoch = 2")
        blue.make_ready("Update")
        assert 201 == service.pay("another-key").status_code
    assert 2 == schema.rows("a-key-of-mine") + schema.rows("another-key")


def test_the_services_own_tests_have_the_rights_of_the_template() -> None:
    payments = {r for r in template(SQL, "app") if r.on == "`paymentdb`.*"}

    assert set(RIGHTS.split(", ")) == {right.privilege for right in payments}
