"""What Secrets Manager says of a secret's versions, and whether a step may begin.

Rules of this file
* A label AWSPENDING alone tells nothing: it may stay on the version that became
  current.  A rotation is under way when another version than that one has it.
* The checks come in the order of the published protocol.

AWS documentation: Secrets Manager user guide, "Rotation by Lambda function"; API,
`DescribeSecret`, `UpdateSecretVersionStage`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rotation_hooks.core.errors import TokenRefused
from rotation_hooks.core.schedule import Schedule

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
PREVIOUS = "AWSPREVIOUS"


class Step(StrEnum):
    """The four steps, in their order."""

    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


@dataclass(frozen=True, slots=True)
class Described:
    """A secret without its values."""

    rotation_enabled: bool
    versions: Mapping[str, frozenset[str]]
    """Labels by version id; a version without labels is gone."""
    schedule: Schedule = field(default_factory=Schedule)
    """When it was rotated, and will be."""

    def labelled(self, label: str) -> str | None:
        """The version that has the label."""
        return next((v for v, has in self.versions.items() if label in has), None)

    @property
    def half_rotated(self) -> str | None:
        """The version that a rotation is under way to; None when there is none."""
        pending = self.labelled(PENDING)
        return None if pending == self.labelled(CURRENT) else pending


def is_current(described: Described, token: str, arn: str) -> bool:
    """Tell whether the token's rotation is over already.

    Raises TokenRefused when no rotation with this token is under way.
    """
    if not described.rotation_enabled:
        raise TokenRefused(f"{arn}: rotation is switched off: switch it on, or stop")
    if token not in described.versions:
        raise TokenRefused(f"{arn} has no version {token}: start a rotation anew")
    if CURRENT in described.versions[token]:
        return True
    if PENDING not in described.versions[token]:
        raise TokenRefused(
            f"{arn}: version {token} is not pending: another rotation took its place"
        )
    return False
