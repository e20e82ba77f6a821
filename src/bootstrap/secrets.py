"""Secrets: what a user's has to say, and the port to where they are kept.

Parsing is strict, and an error names a key, never a value.

AWS documentation: AWS Secrets Manager user guide, "JSON structure of AWS Secrets
Manager database credential secrets"; Amazon Aurora user guide, "Password management
with Amazon Aurora and AWS Secrets Manager" (a managed master secret has a name and a
password alone).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from bootstrap.errors import BadSecret
from sql_files.rights import Account

SCHEMA = "paymentdb"
ENGINES = ("mysql", "aurora-mysql")


class Stage(StrEnum):
    """Which version of a secret: the one that counts, or the one of a rotation."""

    CURRENT = "AWSCURRENT"
    PENDING = "AWSPENDING"


class Secrets(Protocol):
    """Where secrets are kept."""

    def text(self, arn: str, stage: Stage) -> str | None:
        """The secret's text; None where no version has this stage.

        Raises Denied, Unreachable.
        """
        ...


@dataclass(frozen=True)
class Login:
    """Who logs in."""

    account: Account
    password: str = field(repr=False)


def master_login(arn: str, text: str | None) -> Login:
    """The master user's login.  Raises BadSecret."""
    return _login(arn, _parsed(arn, text), host="%")


def role_login(arn: str, text: str | None, *, host: str, port: int) -> Login:
    """The login of one role on the database at this address.  Raises BadSecret."""
    found = _parsed(arn, text)
    for key, allowed in {
        "engine": ENGINES,
        "ssl": (True,),
        "dbname": (SCHEMA,),
        "host": (host,),
        "port": (port, str(port)),
    }.items():
        if key not in found:
            raise BadSecret(
                f"{arn}: its JSON has no {key!r}; attach it to its database"
            )
        if found[key] not in allowed:
            words = " or ".join(str(one) for one in allowed)
            raise BadSecret(f"{arn}: {key!r} has to be {words}")
    return _login(arn, found, host=str(found.get("userhost") or ""))


def _parsed(arn: str, text: str | None) -> dict[str, Any]:
    if text is None:
        raise BadSecret(f"{arn}: it has no current version; put a value into it")
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadSecret(f"{arn}: its text is no JSON object")
    return found


def _login(arn: str, found: dict[str, Any], *, host: str) -> Login:
    for key in ("username", "password"):
        if not isinstance(found.get(key), str) or not found[key]:
            raise BadSecret(f"{arn}: its JSON has no {key!r}")
    try:
        return Login(Account(found["username"], host), found["password"])
    except ValueError as error:
        raise BadSecret(f"{arn}: {error}") from None
