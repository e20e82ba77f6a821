"""Settings from the environment; read here and nowhere else.

TABLE_NAME             the table with the environment's lock
ENVIRONMENT_NAME       name of the environment, by which its lock is known
SECRETS                JSON: the ARN of each secret by what it is for,
                       {"blue/app": "arn:...", "green/app": "arn:..."}
SQL_FOLDER             folder with the files of infra/sql
DATABASE_AUTHORITIES   file with the certificates that vouch for the databases
DECLARED_WRITERS       JSON: accounts of others that may write, ["'batch'@'%'"] ([])

What does not open a database has, instead of the last three:

ROTATION_TABLE         the table of rotations
PROBE_FUNCTION         the function that logs in for it
SERVICES               JSON: the ECS services that get a secret when a task starts,
                       {"blue/app": ["cluster/service"]} ({})
REPLICATION_TASKS      JSON: the ARNs of the tasks of replication ([])
HOSTED_FUNCTIONS       JSON: the functions of rotations that AWS hosts, for a cutover
                       to keep them out, {"blue/app": "payments-rotate-blue-app"} ({})
TOPIC_ARN              SNS topic for people
EVENT_BUS              EventBridge bus for systems

One error names every variable that is missing or wrong.

AWS documentation: AWS Lambda developer guide, "Working with Lambda environment
variables"; Amazon Aurora user guide, "Using TLS with Aurora MySQL DB clusters".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from rotation_hooks.core.errors import SettingsError
from rotation_hooks.core.roles import Role, SecretName, Side

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _names(text: object) -> object:
    """Each secret's name by its ARN."""
    found = json.loads(text) if isinstance(text, str) else text
    if not isinstance(found, dict):
        raise ValueError('write {"blue/app": "arn:..."}')  # noqa: TRY004  pydantic's
    named = {str(arn): _name(name) for name, arn in found.items()}
    if len(named) < len(found):
        raise ValueError("two names have the same ARN")
    return named


def _name(text: str) -> SecretName:
    side, _, role = text.partition("/")
    try:
        return SecretName(Side(side), Role(role))
    except ValueError:
        known = ", ".join(f"{one}/{role}" for one in Side for role in Role)
        raise ValueError(f"{text!r} is none of {known}") from None


def _list(text: object) -> object:
    return json.loads(text) if isinstance(text, str) else text


def _services(text: object) -> object:
    """Cluster and service, by what the secret is for."""
    found = json.loads(text) if isinstance(text, str) else text
    if not isinstance(found, dict):
        raise ValueError('write {"blue/app": ["cluster/service"]}')  # noqa: TRY004
    return {_name(name): [_service(one) for one in of] for name, of in found.items()}


def _functions(text: object) -> object:
    """The function of each secret's hosted rotation."""
    found = json.loads(text) if isinstance(text, str) else text
    if not isinstance(found, dict):
        raise ValueError('write {"blue/app": "a-function"}')  # noqa: TRY004
    return {_name(name): function for name, function in found.items()}


def _service(text: object) -> tuple[str, str]:
    cluster, _, service = str(text).partition("/")
    if not cluster or not service or "/" in service:
        raise ValueError(f"{text!r}: write cluster/service")
    return cluster, service


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    table_name: Filled
    environment_name: Filled
    secrets: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^arn:aws")], SecretName],
        BeforeValidator(_names),
        Field(min_length=1),
    ]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings.  Raises SettingsError naming every variable that is wrong."""
        found = {
            name: environment[name.upper()]
            for name in cls.model_fields
            if name.upper() in environment
        }
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            raise SettingsError(
                "; ".join(_told(entry) for entry in error.errors(include_url=False))
            ) from None


class Settings(_Settings):
    """What a function within the network is told by its environment variables."""

    sql_folder: Path
    database_authorities: Path
    declared_writers: Annotated[frozenset[str], BeforeValidator(_list)] = frozenset()


class OutsideSettings(_Settings):
    """What a function outside of it is told."""

    rotation_table: Filled
    probe_function: Filled
    topic_arn: Filled
    event_bus: Filled
    hosted_functions: Annotated[
        dict[SecretName, Filled], BeforeValidator(_functions)
    ] = Field(default_factory=dict)
    replication_tasks: Annotated[tuple[str, ...], BeforeValidator(_list)] = ()
    services: Annotated[
        dict[SecretName, tuple[tuple[str, str], ...]], BeforeValidator(_services)
    ] = Field(default_factory=dict)


def _told(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"{name} is not set"
    return f"{name} is {problem['input']!r}: {problem['msg']}"
