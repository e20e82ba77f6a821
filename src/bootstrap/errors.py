"""What can go wrong, by who must act.  Each is one sentence, and none holds a secret.

BootstrapError
├── BadRequest      whoever wrote the template: a property is missing or wrong
├── Misconfigured   whoever deployed the function: a variable or file is wrong
├── BadSecret       whoever keeps the secret: its text is not what it should be
├── Denied          an administrator: the function's role or a key's policy
├── Unreachable     whoever keeps the network, or nobody: deploy again
├── Untrusted       whoever keeps the database: its certificate, or the authorities
├── LoginRefused    whoever keeps the secret: database and secret disagree
├── Refused         whoever knows the database: it refused a statement
└── WrongSide       whoever wrote the template: this is another side's database
"""

from __future__ import annotations


class BootstrapError(Exception):
    """Base of every error that the bootstrap raises on purpose."""


class BadRequest(BootstrapError):
    """CloudFormation's event lacks something, or has something wrong."""


class Misconfigured(BootstrapError):
    """The function's environment or package lacks something."""


class BadSecret(BootstrapError):
    """A secret does not say what it should; the message names keys, never values."""


class Denied(BootstrapError):
    """AWS refused to give a secret."""


class Unreachable(BootstrapError):
    """No answer from the database or from AWS."""


class Untrusted(BootstrapError):
    """The database does not prove who it is, or speaks in the open."""


class LoginRefused(BootstrapError):
    """The database refuses a name or its password."""


class Refused(BootstrapError):
    """The database refused a statement."""

    def __init__(self, doing: str, number: int = 0, text: str = "") -> None:
        """`number` is the server's own; 0 where the refusal is ours to tell."""
        code = f" with error {number}" if number else ""
        told = f": {text}" if text else ""
        super().__init__(f"the database refused {doing}{code}{told}")
        self.number = number


class WrongSide(BootstrapError):
    """The database says that it is another side's."""
