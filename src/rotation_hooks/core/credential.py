"""A secret's value: strict when it is read, and silent about what it holds.

Rules of this file
* An error names the key that is wrong, and never shows its value.
* What is written again is what was read, with another user and another password: keys
  that we do not know belong to somebody else, and stay.
* Names go into SQL as identifiers, so their characters are few.

AWS documentation: Secrets Manager user guide, "JSON structure of AWS Secrets Manager
secrets"; AWS CloudFormation, `AWS::SecretsManager::SecretTargetAttachment`, which adds
`engine`, `host` and `port`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from rotation_hooks.core.errors import Malformed
from rotation_hooks.core.roles import LONGEST_USER, Role, other_user

_USER = r"^[A-Za-z0-9_]+$"
_REMEDIES = {
    "engine": "must be mysql or aurora-mysql",
    "ssl": "must be true: there is no login without TLS",
    "host": "must be the name of the database's writer endpoint",
    "port": "must be a port, such as 3306",
    "masterarn": "must be the ARN of the secret of the user that makes the other user",
}
_NOT_JSON = "is not a JSON object: write the secret anew, as its template has it"


class Credential(BaseModel):
    """How to log in to one database as one user."""

    model_config = ConfigDict(
        frozen=True, extra="allow", defer_build=True, hide_input_in_errors=True
    )

    engine: Literal["mysql", "aurora-mysql"]
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 3306
    dbname: Annotated[str, StringConstraints(pattern=_USER, max_length=64)]
    ssl: Literal[True]
    username: Annotated[str, StringConstraints(pattern=_USER, max_length=LONGEST_USER)]
    userhost: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/%-]+$")] = "%"
    """The host part of the account, `%` for any."""
    password: Annotated[SecretStr, Field(min_length=1)]
    masterarn: Annotated[str, StringConstraints(pattern=r"^arn:aws")] | None = None

    @classmethod
    def parse(cls, text: str, arn: str, role: Role) -> Self:
        """The value of the secret `arn`.  Raises Malformed for the first wrong key."""
        found = _json_object(text, arn)
        try:
            parsed = cls.model_validate(found)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            key = str(first["loc"][0]) if first["loc"] else "value"
            missing = "is missing" if first["type"] == "missing" else "cannot be used"
            raise Malformed(arn, key, _REMEDIES.get(key, missing)) from None
        if not role.alternates:
            return parsed
        if parsed.masterarn is None:
            raise Malformed(arn, "masterarn", _REMEDIES["masterarn"])
        if len(other_user(parsed.username)) > LONGEST_USER:
            raise Malformed(arn, "username", "leaves no room for the ending _clone")
        return parsed

    def __repr__(self) -> str:
        """Nothing but whom it logs in: keys that we do not know may be secret, too."""
        return f"Credential({self.where})"

    def __str__(self) -> str:
        return repr(self)

    @property
    def account(self) -> Account:
        """Whom it logs in."""
        return Account(user=self.username, host=self.userhost)

    @property
    def where(self) -> str:
        """What an error may show of it."""
        return f"{self.username} at {self.host}:{self.port}"

    def after(self, password: str, role: Role) -> Self:
        """What the secret says after a rotation to this password."""
        user = other_user(self.username) if role.alternates else self.username
        return self.model_copy(
            update={"username": user, "password": SecretStr(password)}
        )

    def text(self) -> str:
        """The value as Secrets Manager stores it."""
        plain = {"password": self.password.get_secret_value()}
        return json.dumps(self.model_dump(exclude_none=True) | plain)


class Account(BaseModel):
    """An account of MySQL: a user, and where it may come from."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    user: str
    host: str

    @property
    def grantee(self) -> str:
        """As `information_schema` and GRANT write it; the parts need no escapes."""
        return f"'{self.user}'@'{self.host}'"


def master_of(rotated: Credential, text: str, arn: str) -> Credential:
    """How the master user logs in to the database of a rotated secret.

    A master secret that RDS manages has user name and password alone.  One that names a
    host must name the same: nobody rotates blue's users in green's database.
    Raises Malformed.
    """
    found = _json_object(text, arn)
    if found.get("host", rotated.host) != rotated.host:
        raise Malformed(arn, "host", f"is not {rotated.host}, which it has to rotate")
    own = {
        "engine": rotated.engine,
        "host": rotated.host,
        "port": rotated.port,
        "dbname": rotated.dbname,
        "ssl": True,
    }
    return Credential.parse(json.dumps(own | found), arn, Role.MASTER)


def _json_object(text: str, arn: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise Malformed(arn, "value", _NOT_JSON) from None
    if not isinstance(found, dict):
        raise Malformed(arn, "value", _NOT_JSON)
    return found
