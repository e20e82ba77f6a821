"""Which secrets are rotated before a cutover, and how far that is."""

from __future__ import annotations

import pytest

from shifter.core.errors import Refused
from shifter.core.rotation import RotationLook, RotationReason, SecretStanding
from shifter.core.rotation_first import Progress, offered, progress

DUE = RotationReason(code="ROTATION_DUE", secret="blue/app", detail="due at noon")
STANDING = SecretStanding(
    secret="blue/app",
    arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:blue-app",
    current="v-2",
    login="works",
)


def looked(*standings: SecretStanding, rotate: tuple[str, ...] = ()) -> RotationLook:
    """A look at which blue's application is due."""
    return RotationLook(
        ok=False, reasons=(DUE,), rotate_first=rotate, secrets=standings
    )


def test_where_nothing_is_in_the_way_nothing_is_rotated() -> None:
    assert () == offered(RotationLook(ok=True, reasons=(), secrets=(STANDING,)))


def test_what_the_guard_offers_is_rotated_in_its_order() -> None:
    other = STANDING.model_copy(update={"secret": "green/app"})
    look = looked(STANDING, other, rotate=("green/app", "blue/app"))

    assert (other, STANDING) == offered(look)


def test_a_secret_that_the_guard_does_not_describe_is_not_rotated() -> None:
    """Its name is no address: whoever guesses one may rotate somebody else's."""
    with pytest.raises(Refused, match="does not say where blue/app is"):
        offered(looked(rotate=("blue/app",)))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"current": "v-1"}, Progress("is rotated")),
        ({"stage": None}, Progress("CURRENT")),
        ({"stage": "DMS_OK"}, Progress("DMS_OK")),
        ({"stage": "VERIFIED"}, Progress("VERIFIED", done=True)),
        (
            {"stage": "FAILED"},
            Progress("what follows the rotation did not work", failed=True),
        ),
        ({"failed": "login refused"}, Progress("login refused", failed=True)),
    ],
)
def test_a_rotation_is_done_when_a_login_was_verified(
    changed: dict[str, str | None], expected: Progress
) -> None:
    look = looked(STANDING.model_copy(update=changed))

    assert expected == progress(look, "blue/app", "v-2")


def test_a_secret_that_cannot_be_read_is_neither_done_nor_failed() -> None:
    assert Progress("cannot be looked at") == progress(looked(), "blue/app", "v-2")
