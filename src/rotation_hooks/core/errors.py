"""What can go wrong with a rotation, by who must act.

    RotationError
    ├── Misplaced           the request or the secret is wrong; nothing was changed
    │   ├── BadEvent        an event that no function understands
    │   ├── SettingsError   an environment variable is missing or wrong
    │   ├── TemplateError   a grant template is not as it must be
    │   ├── ForeignSecret   not a secret that this function rotates
    │   ├── Malformed       what the secret says cannot be used: names the key only
    │   └── TokenRefused    no rotation is under way with this token
    ├── Busy                somebody else holds the environment: the next try may work
    ├── FinishFirst         another version is half rotated: resume that one's token
    ├── NoLogin             no version of the secret logs in: a person must repair it
    ├── Conflict            somebody else saved first: load again
    ├── NotVerified         the database is not as it was told to be
    ├── DatabaseError       the database did not do what it was asked
    │   ├── Unreachable     no answer: nothing is known, retry
    │   ├── Untrusted       TLS refused, or a certificate that nobody vouches for
    │   ├── LoginRefused    a wrong password, or a user that is not there or locked
    │   └── Failed          any other error, with its number
    └── AwsError            an AWS call failed
        ├── Throttled       retry
        ├── Unavailable     retry: no answer, or a fault on AWS's side
        ├── Denied          an administrator must act: permission or key
        └── Rejected        AWS refused the request itself

No message carries a value of a secret: keys, ARNs, versions, names of users and the
database's numbers are enough to act upon.
"""

from __future__ import annotations

WRONG_PASSWORD = 1045
"""MySQL's number for a refused login, ER_ACCESS_DENIED_ERROR."""


class RotationError(Exception):
    """Base of every error that the rotation hooks raise on purpose."""


class Misplaced(RotationError):
    """The request or the secret is wrong; nothing was changed."""


class BadEvent(Misplaced):
    """An event that the function does not understand."""


class SettingsError(Misplaced):
    """An environment variable of the function is missing or wrong."""


class TemplateError(Misplaced):
    """A grant template says something that it may not say."""


class ForeignSecret(Misplaced):
    """A secret that is not one of those that this function rotates."""

    def __init__(self, arn: str) -> None:
        super().__init__(
            f"{arn} is not one of this function's secrets: "
            "name it in SECRETS, or let its own function rotate it"
        )


class Malformed(Misplaced):
    """What a secret says cannot be used.  `key` names the part; its value is hidden."""

    def __init__(self, arn: str, key: str, remedy: str) -> None:
        super().__init__(f"{arn}: {key}: {remedy}")
        self.key = key


class TokenRefused(Misplaced):
    """No rotation of this secret is under way with this token."""


class Busy(RotationError):
    """Somebody else holds the environment; nothing was changed."""


class FinishFirst(RotationError):
    """Another version is half rotated, and must not lose its label."""

    def __init__(self, arn: str, token: str) -> None:
        super().__init__(
            f"{arn}: the database already knows the pending version {token}: "
            "finish that rotation first, with the same ClientRequestToken"
        )
        self.token = token


class NoLogin(RotationError):
    """No version of the secret logs in, so nobody can change the password."""


class Conflict(RotationError):
    """Somebody else saved the item first; load it again."""


class NotVerified(RotationError):
    """The database was read back, and is not as it was told to be."""


class DatabaseError(RotationError):
    """The database did not do what it was asked; `number` is MySQL's, 0 if none."""

    def __init__(self, where: str, detail: str, number: int = 0) -> None:
        told = f"{detail} ({number})" if number else detail
        super().__init__(f"{where}: {told}")
        self.number = number


class Unreachable(DatabaseError):
    """The database gave no answer; whether a statement took effect is unknown."""


class Untrusted(DatabaseError):
    """No TLS with a server that the authorities vouch for."""


class LoginRefused(DatabaseError):
    """The database refused this user."""


class Failed(DatabaseError):
    """The database refused a statement."""


class AwsError(RotationError):
    """An AWS call failed; `action` is the API action, `resource` what it was about."""

    def __init__(self, action: str, resource: str, detail: str) -> None:
        super().__init__(f"{action} on {resource}: {detail}")
        self.action = action


class Throttled(AwsError):
    """AWS asked to slow down; a retry can help."""


class Unavailable(AwsError):
    """No answer, or a fault on AWS's side; whether the call took effect is unknown."""


class Denied(AwsError):
    """Not allowed: an administrator must grant the permission or the key."""


class Rejected(AwsError):
    """AWS refused the request itself; a retry cannot help."""
