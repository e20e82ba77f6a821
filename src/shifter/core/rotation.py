"""What the guard of rotations tells: whether passwords let a cutover begin.

Rules of this file
* The guard is a deployable of its own, and a newer one may tell more: what is not known
  here is ignored, what is missing or contradicts itself is no answer.
* Nothing here is a password, or could be one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import ConfigDict, StringConstraints, model_validator

from shifter.core.model import Model

Told = Annotated[str, StringConstraints(min_length=1)]


class _Told(Model):
    model_config = ConfigDict(extra="ignore")


class RotationReason(_Told):
    """One thing that is in the way of a cutover."""

    code: Told
    """What kind of thing it is: ROTATION_DUE, LOGIN_FAILED, ..."""
    secret: Told
    """Whose it is: blue/app, or a side."""
    detail: str
    """What was found, and what to do."""

    def __str__(self) -> str:
        return f"{self.code} {self.secret}: {self.detail}"


class RotationAnswer(_Told):
    """What the guard makes of a window of time that begins now."""

    ok: bool
    reasons: tuple[RotationReason, ...]
    """Everything that is in the way; nothing exactly if it is ok."""
    rotate_first: tuple[str, ...] = ()
    """Secrets whose next rotation leaves the window if they are rotated now."""
    move_window: datetime | None = None
    """When a cutover may begin instead; None where no rotation is due in the window."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ok is bool(self.reasons):
            raise ValueError("ok and reasons contradict each other")
        return self

    @property
    def way_out(self) -> str:
        """What leads out besides mending what the reasons name; may be empty."""
        ways = []
        if self.rotate_first:
            named = ", ".join(self.rotate_first)
            ways.append(f"rotate {named} first (shifter rotation rotate-first)")
        if self.move_window is not None:
            ways.append(f"begin after {self.move_window:%Y-%m-%d %H:%M} UTC")
        return ", or ".join(ways)


class SecretStanding(_Told):
    """How one secret stands."""

    secret: Told
    """What it is for: blue/app."""
    arn: Told
    current: str | None = None
    """Its version that is in use."""
    rotated_at: datetime | None = None
    """When it was rotated last; None: never."""
    begins_at: datetime | None = None
    """From when the next rotation may begin; None: none is planned."""
    ends_at: datetime | None = None
    """By when the next rotation has begun."""
    counts_from_the_last: bool = False
    """Whether a rotation now would move the next one."""
    half_rotated: str | None = None
    """The version that a rotation is under way to."""
    stage: str | None = None
    """How far those who use it have followed the current version; None: not known."""
    failed: str | None = None
    """Why its last rotation failed, until a login was verified since."""
    login: Told
    """`works`, or why it does not."""


class RotationLook(RotationAnswer):
    """The answer to a look, which changes nothing: with every secret that was read."""

    secrets: tuple[SecretStanding, ...]
