"""One secret, and one rotation of it: what every step has to look at.

Values are read when a step needs them, because most steps do not need them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from rotation_hooks.core.credential import Credential, master_of
from rotation_hooks.core.errors import (
    WRONG_PASSWORD,
    ForeignSecret,
    LoginRefused,
    Malformed,
    NoLogin,
)
from rotation_hooks.core.labels import CURRENT, Described
from rotation_hooks.core.roles import SecretName
from rotation_hooks.ports import Inside, Ports

Has = TypeVar("Has", bound=Inside)


@dataclass(frozen=True)
class Looked(Generic[Has]):
    """A secret that somebody looks at."""

    arn: str
    name: SecretName
    described: Described
    ports: Has

    def labelled(self, label: str) -> Credential | None:
        """What the version with this label says; None when nothing does."""
        version = self.described.labelled(label)
        return None if version is None else self.version(version)

    def version(self, version: str) -> Credential | None:
        """What a version says; None when it says nothing yet."""
        text = self.ports.secrets.value(self.arn, version)
        if text is None:
            return None
        return Credential.parse(text, self.arn, self.name.role)

    @property
    def current(self) -> Credential:
        """What is valid today."""
        found = self.labelled(CURRENT)
        if found is None:
            raise Malformed(self.arn, CURRENT, "no version has this label")
        return found

    def master(self, rotated: Credential) -> Credential:
        """Who may change the other user of an alternating role."""
        arn = rotated.masterarn
        if arn is None:
            raise Malformed(self.arn, "masterarn", "is missing")
        described = self.ports.secrets.describe(arn)
        version = described.labelled(CURRENT)
        text = None if version is None else self.ports.secrets.value(arn, version)
        if text is None:
            raise Malformed(arn, CURRENT, "no version with this label has a value")
        return master_of(rotated, text, arn)

    def logs_in(self, credential: Credential) -> bool:
        """Tell whether the database takes this login.

        Only a refused password is an answer: any other error is raised, because
        whoever cannot ask must not conclude.
        """
        try:
            with self.ports.databases.login(credential):
                return True
        except LoginRefused as error:
            if error.number != WRONG_PASSWORD:
                raise
            return False


@dataclass(frozen=True)
class Case(Looked[Ports]):
    """A rotation of it that is under way."""

    token: str

    @property
    def pending(self) -> Credential:
        """What this rotation leads to.  Raises NoLogin before createSecret."""
        found = self.version(self.token)
        if found is None:
            raise NoLogin(
                f"{self.arn}: version {self.token} has no value: "
                "let createSecret run again, with the same token"
            )
        return found


def look_at(arn: str, ports: Has) -> Looked[Has]:
    """A secret, without its values.  Raises ForeignSecret."""
    name = ports.names.get(arn)
    if name is None:
        raise ForeignSecret(arn)
    return Looked(arn, name, ports.secrets.describe(arn), ports)
