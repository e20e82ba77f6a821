"""Wherever a rotation is cut off, the same token leads to a secret that works."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from rotation_hooks.core.errors import RotationError
from rotation_hooks.core.labels import CURRENT, PENDING, Step
from rotation_hooks.core.roles import Role
from tests.rotation_hooks.faults import (
    Cut,
    Point,
    Tally,
    effects,
    every_schedule,
    everything,
    watch,
)
from tests.rotation_hooks.passwords import KnownPasswords
from tests.rotation_hooks.stage import MariaBase, MemoryBase, MemoryVault, Stage

Printed = Callable[[str, Tally], None]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    def show(what: str, tally: Tally) -> None:
        with capsys.disabled():
            print(f"\n{what}: {tally.ran} schedules, {len(tally.wrong)} wrong")

    return show


def judge(stage: Stage, role: Role, token: str) -> str | None:
    """What is wrong at the end of a schedule."""
    if {CURRENT} != stage.labels(role, token):
        return f"the labels are {sorted(stage.labels(role, token))}"
    if stage.credential(role, PENDING) is not None:
        return "a version is pending"
    if not stage.works(role):
        return "what is current does not log in"
    if role is Role.APP and not stage.writes():
        return "the application cannot write"
    versions = stage.vault.describe(stage.arns[role]).versions
    if len(versions) != 2:
        return f"there are {len(versions)} versions"
    return None


@pytest.mark.parametrize("role", list(Role))
def test_cut_off_once_or_twice_at_every_call(
    passwords: KnownPasswords, printed: Printed, role: Role
) -> None:
    def make() -> Stage:
        return Stage.made(MemoryVault(), MemoryBase(), passwords, roles=[role])

    # The others have the same steps as one of these two.
    twice = role in (Role.APP, Role.FENCE)
    tally = every_schedule(make, role, judge, everything, twice=twice)
    told = "up to twice" if twice else "once"
    printed(f"{role} in memory, cut off {told} at each call", tally)

    assert [] == tally.wrong
    assert tally.ran > (500 if twice else 30)


@pytest.mark.parametrize("role", [Role.APP, Role.FENCE, Role.MASTER])
def test_cut_off_once_at_every_call_over_mariadb(
    base: MariaBase, passwords: KnownPasswords, printed: Printed, role: Role
) -> None:
    def make() -> Stage:
        base.reset()
        return Stage.made(MemoryVault(), base, passwords, roles=[role])

    tally = every_schedule(make, role, judge, everything, twice=False)
    printed(f"{role} over MariaDB, cut off once at each call", tally)

    assert [] == tally.wrong
    assert tally.ran > 30


@pytest.mark.parametrize("role", [Role.APP, Role.FENCE])
def test_cut_off_once_or_twice_at_every_effect_over_mariadb(
    base: MariaBase, passwords: KnownPasswords, printed: Printed, role: Role
) -> None:
    def make() -> Stage:
        base.reset()
        return Stage.made(MemoryVault(), base, passwords, roles=[role])

    tally = every_schedule(make, role, judge, effects, twice=True)
    printed(f"{role} over MariaDB, cut off up to twice at each effect", tally)

    assert [] == tally.wrong
    assert tally.ran > 50


def test_what_is_current_logs_in_whenever_two_users_are_cut_off(
    passwords: KnownPasswords,
) -> None:
    """Nobody has to wait until somebody resumes."""
    for call in range(1, 40):
        stage = Stage.made(MemoryVault(), MemoryBase(), passwords, roles=[Role.APP])
        director, token = watch(stage, everything), stage.start(Role.APP)
        director.begin(Point(call, after=True))
        try:
            stage.run(Role.APP, token)
        except Cut as error:
            passwords.tell(error)
        assert stage.works(Role.APP)
        assert stage.writes()


def test_another_token_would_be_seen_to_lose_the_password(
    passwords: KnownPasswords,
) -> None:
    """A negative control: who resumes with a new token, and strips the label, fails."""
    lost = 0
    for call in range(1, 40):
        stage = Stage.made(MemoryVault(), MemoryBase(), passwords, roles=[Role.FENCE])
        director, old = watch(stage, everything), stage.start(Role.FENCE)
        director.begin(Point(call, after=True))
        try:
            stage.run(Role.FENCE, old)
        except Cut as error:
            passwords.tell(error)
        director.begin(None)
        stage.vault.drop_pending(stage.arns[Role.FENCE], old)
        new = str(uuid.uuid4())
        stage.vault.start_rotation(stage.arns[Role.FENCE], new)
        try:
            stage.run(Role.FENCE, new, Step)
        except RotationError as error:
            passwords.tell(error)
        lost += not stage.works(Role.FENCE)

    assert 0 < lost
