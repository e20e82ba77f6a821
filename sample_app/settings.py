"""What the service is told by its environment; infra/ecs.yaml is where it comes from.

ENVIRONMENT               name of the environment
LANE                      blue, canary or green
EDGES                     the port of each edge: edge-1=8080,edge-2=8081
DATABASE_HOST             writer of this lane's database
DATABASE_PORT             3306 unless said
DATABASE_NAME             schema with the tables of infra/sql/payments.sql
DATABASE_USER             from the secret, by ECS
DATABASE_PASSWORD         from the secret, by ECS
DATABASE_CREDENTIALS_ARN  that secret, to be read again after a rotation; empty: never
DATABASE_AUTHORITIES      file with the certificates of whom to believe about databases
CONNECTIONS               sessions with the database, at most (8)
SLOW_MS                   a request that takes longer counts as slow (500)
LISTEN_ON                 address to listen on (0.0.0.0: all of the task)

One error names every variable that is wrong, and repeats no password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from sample_app.errors import Misconfigured

_HIGHEST_PORT = 65_535

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Filled = Annotated[str, StringConstraints(min_length=1)]


def _ports(value: object) -> object:
    """The port of each edge, from `edge-1=8080,edge-2=8081`; 0 takes a free one."""
    if not isinstance(value, str):
        return value
    found: dict[str, int] = {}
    for entry in value.split(","):
        name, is_, port = entry.strip().partition("=")
        if not (name and is_ and port.isascii() and port.isdecimal()):
            raise ValueError("write name=port, separated by commas")
        if name in found or int(port) > _HIGHEST_PORT:
            raise ValueError("name each edge once, with a port up to 65535")
        found[name] = int(port)
    taken = [port for port in found.values() if port]
    if len(set(taken)) != len(taken):
        raise ValueError("give each edge a port of its own")
    return found


class Settings(BaseModel):
    """The environment, understood."""

    model_config = ConfigDict(frozen=True)

    environment: Name
    lane: Annotated[str, StringConstraints(pattern=r"^(blue|canary|green)$")]
    edges: Annotated[Mapping[Name, int], BeforeValidator(_ports)]
    database_host: Filled
    database_port: Annotated[int, Field(ge=1, le=_HIGHEST_PORT)] = 3306
    database_name: Filled
    database_user: Filled
    database_password: SecretStr
    database_credentials_arn: str = ""
    database_authorities: Path
    connections: Annotated[int, Field(ge=1, le=100)] = 8
    slow_ms: Annotated[int, Field(ge=1)] = 500
    listen_on: Filled = "0.0.0.0"  # noqa: S104 - the task has an address of its own

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings.  Raises Misconfigured, which names what is wrong."""
        given = {
            name: environment[name.upper()]
            for name in cls.model_fields
            if name.upper() in environment
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise Misconfigured("; ".join(map(_told, found))) from None


def _told(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is not set"
    value = "wrong" if "PASSWORD" in name else repr(problem["input"])
    return f"{name} is {value}: {problem['msg'].removeprefix('Value error, ')}"
