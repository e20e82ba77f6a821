from __future__ import annotations

from pathlib import Path

import pytest

from sql_files.rights import template
from sql_files.roles import Role, both_of, rights_of

FOLDER = Path(__file__).parents[2] / "infra/sql"


def test_a_fenced_side_closes_the_application_out() -> None:
    assert template(FOLDER, "app") == rights_of(FOLDER, Role.APP, writable=True)
    assert template(FOLDER, "app-fenced") == rights_of(FOLDER, Role.APP, writable=False)


@pytest.mark.parametrize("role", [Role.DMS, Role.FENCE])
def test_a_fence_closes_nobody_else_out(role: Role) -> None:
    """Replication writes on the side that is fenced: that is what a drain waits for."""
    assert rights_of(FOLDER, role, writable=True) == rights_of(
        FOLDER, role, writable=False
    )


@pytest.mark.parametrize("user", ["app", "app_clone"])
def test_either_of_two_users_names_both(user: str) -> None:
    assert ("app", "app_clone") == both_of(user)
