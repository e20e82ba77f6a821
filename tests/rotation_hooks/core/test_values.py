"""Passwords, names, labels and values: what each of them may be."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation_hooks.core.credential import Credential
from rotation_hooks.core.labels import CURRENT, PENDING, PREVIOUS, Described
from rotation_hooks.core.passwords import ALPHABET, EXCLUDED, LENGTH, generate
from rotation_hooks.core.roles import CLONE, Role, other_user, users_of
from sql_files.roles import SECOND, both_of
from sql_files.roles import Role as Templated

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:payments/blue/app"
SECURITY = Path(__file__).parents[3] / "infra/security.yaml"


@given(st.integers())
def test_a_password_has_every_kind_of_character_and_none_that_chokes(seed: int) -> None:
    password = generate(random.Random(seed).choice)

    assert LENGTH == len(password)
    assert set(password) <= set(ALPHABET)
    assert not EXCLUDED & set(password)
    for kind in (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]"):
        assert re.search(kind, password)


def test_the_templates_leave_out_the_same_characters() -> None:
    [written] = re.findall(
        r"ExcludeCharacters: &characters '(.*)'", SECURITY.read_text("utf-8")
    )

    assert EXCLUDED == set(written.replace("''", "'"))


@given(st.from_regex(r"[A-Za-z0-9]{1,20}", fullmatch=True))
def test_two_users_take_turns(user: str) -> None:
    clone = other_user(user)

    assert (user, clone) == users_of(user) == users_of(clone)
    assert user == other_user(clone)


def test_the_bootstrap_and_the_fence_know_the_same_users() -> None:
    """Core reads no files, so it has words of its own for what `sql_files` says."""
    assert {*Templated, Role.MASTER} == set(Role)
    assert CLONE == SECOND
    assert both_of("app_clone") == users_of("app_clone")


def secret(**changes: object) -> str:
    return json.dumps(
        {
            "engine": "aurora-mysql",
            "host": "blue.internal",
            "dbname": "paymentdb",
            "ssl": True,
            "username": "app",
            "password": "hidden-everywhere",
            "masterarn": ARN,
            "extra": {"kept": 1},
        }
        | changes
    )


def test_what_is_written_is_what_was_read_with_another_login() -> None:
    before = Credential.parse(secret(), ARN, Role.APP)
    after = json.loads(before.after("new", Role.APP).text())

    assert json.loads(secret(username="app_clone", password="new")) == {
        key: value for key, value in after.items() if key not in {"port", "userhost"}
    }
    assert (3306, "%") == (after["port"], after["userhost"])


def test_a_value_does_not_show_its_password() -> None:
    value = Credential.parse(secret(extra="hidden, too"), ARN, Role.APP)

    assert "hidden" not in f"{value!r} {value} {value.where}"
    assert "'app'@'%'" == value.account.grantee


@pytest.mark.parametrize(
    ("versions", "half"),
    [
        ({"1": {CURRENT}}, None),
        ({"1": {CURRENT, PENDING}}, None),
        ({"1": {CURRENT}, "2": {PENDING}}, "2"),
        ({"1": {PREVIOUS}, "2": {CURRENT, PENDING}}, None),
        ({"1": {PENDING}}, "1"),
        ({}, None),
    ],
)
def test_a_rotation_is_under_way_when_another_version_is_pending(
    versions: dict[str, set[str]], half: str | None
) -> None:
    """The label alone may have stayed where it was."""
    described = Described(True, {id: frozenset(has) for id, has in versions.items()})  # noqa: A001

    assert half == described.half_rotated
