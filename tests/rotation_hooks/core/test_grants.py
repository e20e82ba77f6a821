"""Templates that people review, and what a server has to be told for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation_hooks.core.errors import TemplateError
from rotation_hooks.core.grants import (
    GRANT_OPTION,
    Right,
    State,
    Template,
    change,
    told,
)
from rotation_hooks.core.roles import Role
from tests.rotation_hooks.stage import SQL

APP = """
-- who pays; and a comment; with a semicolon
grant SELECT, insert ON paymentdb.* TO {user};
GRANT SELECT ON `shifter`.`fence`
    TO {user} WITH GRANT OPTION;
GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO {user};
"""

rights = st.frozensets(
    st.builds(
        Right,
        st.sampled_from(["*.*", "paymentdb.*", "paymentdb.payments"]),
        st.sampled_from(["SELECT", "INSERT", "UPDATE (total)", "SHOW VIEW", "DROP"]),
    )
)


def test_a_template_is_read_right_by_right() -> None:
    assert Template(
        rights=frozenset(
            {
                Right("paymentdb.*", "SELECT"),
                Right("paymentdb.*", "INSERT"),
                Right("shifter.fence", "SELECT"),
                Right("shifter.fence", GRANT_OPTION),
            }
        ),
        routines=frozenset({Right("PROCEDURE mysql.rds_kill", "EXECUTE")}),
    ) == Template.parse(APP, "app.sql")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "app.sql grants nothing: write at least one GRANT"),
        ("-- GRANT SELECT ON a.* TO {user};", "grants nothing"),
        ("GRANT ALL PRIVILEGES ON a.* TO {user};", "name each right"),
        ("GRANT ALL ON a.* TO {user};", "name each right"),
        ("GRANT SELECT ON a.* TO 'app'@'%';", r"write GRANT rights ON"),
        ("GRANT SELECT ON a.* TO {user}, {user};", r"write GRANT rights ON"),
        ("GRANT SELECT (total) ON a.b TO {user};", r"write GRANT rights ON"),
        ("GRANT SELECT ON {schema}.* TO {user};", r"write GRANT rights ON"),
        ("DROP TABLE payments;", "'DROP TABLE payments': write GRANT rights ON"),
    ],
)
def test_anything_else_is_refused(text: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        Template.parse(text, "app.sql")


@pytest.mark.parametrize("path", sorted((SQL / "grants").glob("*.sql")))
def test_each_template_of_ours_is_one(path: object) -> None:
    assert hasattr(path, "read_text")
    assert Template.parse(path.read_text("utf-8"), str(path)).rights


def test_the_fence_takes_the_applications_right_to_write_and_nobody_elses() -> None:
    template = Template.parse(APP, "app.sql")
    reading = {Right("paymentdb.*", "SELECT"), Right("shifter.fence", "SELECT")}

    assert Template(frozenset(reading)) == template.in_state(Role.APP, State.FENCED)
    assert template == template.in_state(Role.APP, State.OPEN)
    for role in (Role.DMS, Role.FENCE, Role.MASTER):
        assert template == template.in_state(role, State.FENCED)


@given(wanted=rights, found=rights)
def test_a_change_leads_from_what_is_to_what_is_wanted(
    wanted: frozenset[Right], found: frozenset[Right]
) -> None:
    needed = change(Template(wanted), found)

    assert wanted == found - needed.take | needed.give
    assert not change(Template(wanted), wanted)


@given(wanted=rights)
def test_a_fenced_side_never_has_a_right_that_writes(wanted: frozenset[Right]) -> None:
    fenced = Template(wanted).in_state(Role.APP, State.FENCED)

    assert {right.privilege for right in fenced.rights} <= {"SELECT", "SHOW VIEW"}


def test_a_change_is_told_in_words() -> None:
    needed = change(
        Template(frozenset({Right("a.*", "INSERT")})), frozenset({Right("*.*", "DROP")})
    )

    assert "lacks INSERT on a.*; has DROP on *.*" == told(needed)


def test_mariadbs_words_are_mysqls() -> None:
    assert Right("*.*", "REPLICATION CLIENT") == Right.listed("*.*", "BINLOG MONITOR")
