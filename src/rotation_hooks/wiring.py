"""The composition root: every adapter over boto3 and PyMySQL, built when asked for.

Clients have short timeouts, so that a step fails while there is time to try again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import boto3
from botocore.config import Config

from rotation_hooks.adapters import templates
from rotation_hooks.adapters.clock import SystemClock
from rotation_hooks.adapters.lock import RotationLock
from rotation_hooks.adapters.mysql import MySql
from rotation_hooks.adapters.random import RandomPasswords
from rotation_hooks.adapters.secretsmanager import SecretsManager
from rotation_hooks.core.roles import SecretName
from rotation_hooks.settings import Settings
from sql_files.rights import Rights

_RETRIED = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
)


class AwsPorts:
    """All ports of one environment; fits `ports.Ports`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clock = SystemClock()
        self.passwords = RandomPasswords()

    @property
    def names(self) -> Mapping[str, SecretName]:
        return self._settings.secrets

    @cached_property
    def secrets(self) -> SecretsManager:
        return SecretsManager(_client("secretsmanager"))

    @cached_property
    def databases(self) -> MySql:
        return MySql(self._settings.database_authorities)

    @cached_property
    def lock(self) -> RotationLock:
        return RotationLock(
            _client("dynamodb"),
            self._settings.table_name,
            self._settings.environment_name,
        )

    @cached_property
    def templates(self) -> Mapping[str, Rights]:
        return templates.load(self._settings.sql_folder)


@cache
def _client(service: str) -> Any:
    """A client, kept from one call of a warm function to the next."""
    # boto3's own signature is an overload for each service by its literal name.
    make: Any = boto3.client
    return make(service, config=_RETRIED)


def forget_clients() -> None:
    """Make new clients from now on, for a process that changes accounts."""
    _client.cache_clear()


def ports_from_environment() -> AwsPorts:
    """The ports that the environment variables describe, for one call of a function."""
    return AwsPorts(Settings.from_environment(os.environ))
