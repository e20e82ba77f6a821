from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sql_files.rights import (
    GRANT_OPTION,
    ROLE,
    Account,
    Right,
    Rights,
    changes,
    granting,
    shown,
    template,
)
from sql_files.scripts import UnreadableScript

FOLDER = Path(__file__).parents[2] / "infra/sql"
APP = Account("app")
PAYMENTS = "`paymentdb`.*"
WRITES = {"INSERT", "UPDATE", "DELETE"}


def _template(tmp_path: Path, text: str) -> Rights:
    (tmp_path / "grants").mkdir()
    (tmp_path / "grants/some.sql").write_text(text, "utf-8")
    return template(tmp_path, "some")


def test_a_template_is_a_set_of_rights(tmp_path: Path) -> None:
    text = "GRANT SELECT,  insert ON paymentdb.* TO {account} WITH GRANT OPTION;"

    assert {
        Right(PAYMENTS, "SELECT"),
        Right(PAYMENTS, "INSERT"),
        Right(PAYMENTS, GRANT_OPTION),
    } == _template(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "GRANT SELECT ON paymentdb.* TO app;",
        "GRANT writer TO {account};",
        "REVOKE SELECT ON paymentdb.* FROM {account};",
        "GRANT SELECT ON paymentdb.* TO {account}, {account};",
    ],
)
def test_a_template_that_says_anything_else_is_refused(
    text: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableScript, match=r"grants/some\.sql: write GRANT"):
        _template(tmp_path, text)


def test_a_fenced_application_reads_and_an_open_one_writes_too() -> None:
    """What a fence revokes is the difference of the two, and only writes are in it."""
    fenced, open_ = template(FOLDER, "app-fenced"), template(FOLDER, "app")

    assert fenced < open_
    assert WRITES == {right.privilege for right in open_ - fenced}
    assert {"SELECT"} == {right.privilege for right in fenced}


def test_a_fence_can_pass_on_all_that_the_application_has() -> None:
    """A user can grant and revoke only what it has itself, with the option to grant."""
    application, fence = template(FOLDER, "app"), template(FOLDER, "fence")

    assert application <= fence
    assert {right.on for right in application} == {
        right.on for right in fence if right.privilege == GRANT_OPTION
    }


@pytest.mark.parametrize("name", ["app", "app-fenced", "dms", "fence"])
def test_no_role_administers(name: str) -> None:
    """Nobody but the master user makes users, and nobody has all of anything."""
    rights = template(FOLDER, name)
    everywhere = {right.privilege for right in rights if right.on == "*.*"}

    assert everywhere <= {"REPLICATION CLIENT", "REPLICATION SLAVE", "PROCESS"}
    assert not {right for right in rights if right.privilege == "ALL PRIVILEGES"}
    assert not {
        right
        for right in rights
        if right.on.startswith("`mysql`") and right.privilege != "SELECT"
    }
    assert not {right for right in rights if right.column == "authentication_string"}


def test_the_lines_of_mysql_are_understood() -> None:
    """As the MySQL reference manual shows them."""
    lines = [
        "GRANT USAGE ON *.* TO `fence`@`%`",
        "GRANT SELECT, INSERT ON `paymentdb`.* TO `fence`@`%` WITH GRANT OPTION",
        "GRANT SELECT (`Host`, `User`), UPDATE ON `mysql`.`user` TO `fence`@`%`",
        "GRANT EXECUTE ON PROCEDURE `mysql`.`rds_kill` TO `fence`@`%`",
        "GRANT XA_RECOVER_ADMIN ON *.* TO `fence`@`%`",
        "GRANT `one`@`%`,`two`@`%` TO `fence`@`%`",
    ]

    assert {
        Right(PAYMENTS, "SELECT"),
        Right(PAYMENTS, "INSERT"),
        Right(PAYMENTS, GRANT_OPTION),
        Right("`mysql`.`user`", "SELECT", "host"),
        Right("`mysql`.`user`", "SELECT", "user"),
        Right("`mysql`.`user`", "UPDATE"),
        Right("PROCEDURE `mysql`.`rds_kill`", "EXECUTE"),
        Right("*.*", "XA_RECOVER_ADMIN"),
        Right("`one`@`%`", ROLE),
        Right("`two`@`%`", ROLE),
    } == shown(lines)


def test_a_line_that_nobody_understands_is_an_error_that_does_not_repeat_it() -> None:
    with pytest.raises(ValueError, match="line 2") as caught:
        shown(["GRANT USAGE ON *.* TO `a`@`%`", "SOMETHING '*0123456789ABCDEF'"])

    assert "0123456789ABCDEF" not in str(caught.value)


def test_what_is_too_much_goes_before_what_is_missing_comes() -> None:
    held = shown(
        [
            "GRANT SELECT, DROP ON `paymentdb`.* TO `app`@`%` WITH GRANT OPTION",
            "GRANT `writer`@`%` TO `app`@`%`",
        ]
    )

    assert [
        "REVOKE `writer`@`%` FROM 'app'@'%'",
        "REVOKE DROP ON `paymentdb`.* FROM 'app'@'%'",
        "REVOKE GRANT OPTION ON `paymentdb`.* FROM 'app'@'%'",
        "GRANT DELETE, INSERT, UPDATE ON `paymentdb`.* TO 'app'@'%'",
    ] == list(
        changes(
            held, frozenset(Right(PAYMENTS, name) for name in {"SELECT", *WRITES}), APP
        )
    )


def test_nothing_changes_where_nothing_differs() -> None:
    rights = template(FOLDER, "fence")

    assert [] == list(changes(rights, rights, APP))


RIGHTS = st.frozensets(
    st.builds(
        Right,
        st.sampled_from(["`a`.*", "`a`.`t`", "PROCEDURE `a`.`p`"]),
        st.sampled_from(["SELECT", "INSERT", "CREATE ROUTINE", GRANT_OPTION]),
    )
    | st.builds(
        Right, st.just("`a`.`t`"), st.just("SELECT"), st.sampled_from(["one", "two"])
    )
)


@given(RIGHTS)
def test_what_is_granted_is_what_is_shown(rights: Rights) -> None:
    """Statements and lines have one form, so each right survives the way."""
    assert rights == shown(granting(rights, APP))


@pytest.mark.parametrize("name", ["", "a'b", "a`b", "a b", "x" * 33, "a;b", "é"])
def test_a_name_that_would_have_to_be_escaped_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 32 letters"):
        Account(name)


@pytest.mark.parametrize("host", ["", "a'b", "10.0.0.0 "])
def test_a_host_that_would_have_to_be_escaped_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        Account("app", host)
