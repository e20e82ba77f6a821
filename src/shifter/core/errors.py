"""What can go wrong, by who must act.

    ShifterError
    ├── UserError           the caller must change something; nothing was touched
    │   ├── PlanError       the plan is wrong
    │   ├── NotReady        the world is not ready for this plan
    │   ├── Refused         an order that is not allowed, or not allowed now
    │   ├── BadEvent        an event that no function understands
    │   ├── NotFound        no such cutover
    │   └── SettingsError   an environment variable is missing or wrong
    ├── LockHeld            somebody else holds the environment
    ├── IllegalTransition   a bug or a race: never retried
    ├── Conflict            someone else wrote first: load again, assess again
    ├── UnreadableRecord    what is stored was written by another version of Shifter
    ├── WorldError          the world did not do what was asked: assess in degraded mode
    │   ├── NotVerified     wrote weights, read back others
    │   ├── ClaimExpired    the time for writing weights was over
    │   └── LaneUnhealthy   a raise would send requests to a lane that cannot serve
    └── AwsError            an AWS call failed
        ├── Throttled       retry
        ├── Unavailable     retry: no answer, or a fault on AWS's side
        ├── Denied          an administrator must act: permission or key
        └── Rejected        AWS refused the request itself

The names of the classes are the names that the state machine retries and catches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


class ShifterError(Exception):
    """Base of every error that Shifter raises on purpose."""


class UserError(ShifterError):
    """The caller must change something; nothing was touched."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what was found, what would be right."""

    field: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.value}: {self.remedy}"


class PlanError(UserError):
    """The plan is wrong; every problem names its field, its value and its remedy."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class NotReady(UserError):
    """The world is not ready for this plan: found by prepare, before any change."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class Refused(UserError):
    """An operator's order that is not allowed, or not allowed now."""


class BadEvent(UserError):
    """An event that the function does not understand; nothing was done."""


class NotFound(UserError):
    """There is no such cutover."""


class SettingsError(UserError):
    """An environment variable of the function is missing or wrong."""


class LockHeld(ShifterError):
    """The environment's lock belongs to somebody else."""

    def __init__(self, *, environment: str, holder: str, since: datetime) -> None:
        super().__init__(
            f"{environment} is held by {holder} since {since.isoformat()}: "
            "wait for it to end, or end it, then start again"
        )
        self.environment = environment
        self.holder = holder
        self.since = since


class IllegalTransition(ShifterError):
    """An action that the phase table does not allow; nothing was changed."""


class Conflict(ShifterError):
    """Someone else saved the record first; load it again and assess again."""


class UnreadableRecord(ShifterError):
    """What is stored cannot be read by this version: use the one that wrote it."""


class WorldError(ShifterError):
    """The world did not do what was asked of it."""


class NotVerified(WorldError):
    """Weights were written and other weights were read back."""


class ClaimExpired(WorldError):
    """The time in which a claimed intent may write weights was over."""


class LaneUnhealthy(WorldError):
    """A raise would send requests to a lane that has no healthy target."""


class AwsError(ShifterError):
    """An AWS call failed; `action` is the API action, `resource` what it was about."""

    def __init__(self, action: str, resource: str, detail: str) -> None:
        super().__init__(f"{action} on {resource}: {detail}")
        self.action = action
        self.resource = resource
        self.detail = detail


class Throttled(AwsError):
    """AWS asked to slow down; a retry can help."""


class Unavailable(AwsError):
    """No answer, or a fault on AWS's side; whether the call took effect is unknown."""


class Denied(AwsError):
    """Not allowed: an administrator must grant the permission or the key."""


class Rejected(AwsError):
    """AWS refused the request itself; a retry cannot help."""
