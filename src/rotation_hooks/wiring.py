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
from rotation_hooks.adapters.dms import DmsReplication
from rotation_hooks.adapters.ecs import EcsTasks
from rotation_hooks.adapters.function_roles import FunctionRoles
from rotation_hooks.adapters.lock import RotationLock
from rotation_hooks.adapters.mysql import MySql
from rotation_hooks.adapters.notices import SnsEventBridgeNotifier
from rotation_hooks.adapters.policies import SecretPolicies
from rotation_hooks.adapters.prober import LambdaProber
from rotation_hooks.adapters.random import RandomPasswords
from rotation_hooks.adapters.rotations import DynamoRotations
from rotation_hooks.adapters.secretsmanager import SecretsManager
from rotation_hooks.core.fence import State
from rotation_hooks.core.roles import Role, SecretName
from rotation_hooks.settings import OutsideSettings, Settings
from sql_files.rights import Rights

_RETRIED = Config(
    connect_timeout=2,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_PATIENT = Config(
    connect_timeout=2,
    read_timeout=15,  # a probe waits for a database, which may not answer
    retries={"mode": "standard", "total_max_attempts": 2},
)


class InsidePorts:
    """What opens databases; fits `ports.Ports` and `ports.ProbePorts`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clock = SystemClock()
        self.passwords = RandomPasswords()

    @property
    def declared_writers(self) -> frozenset[str]:
        return self._settings.declared_writers

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
        return _lock(self._settings)

    @cached_property
    def templates(self) -> Mapping[tuple[Role, State], Rights]:
        return templates.load(self._settings.sql_folder)


class OutsidePorts:
    """What asks the probe instead; fits `ports.OutsidePorts`."""

    def __init__(self, settings: OutsideSettings) -> None:
        self._settings = settings
        self.clock = SystemClock()

    @property
    def names(self) -> Mapping[str, SecretName]:
        return self._settings.secrets

    @cached_property
    def secrets(self) -> SecretsManager:
        return SecretsManager(_client("secretsmanager"))

    @cached_property
    def lock(self) -> RotationLock:
        return _lock(self._settings)

    @cached_property
    def replication(self) -> DmsReplication:
        tasks = self._settings.replication_tasks
        return DmsReplication(_client("dms"), tasks, self.names)

    @cached_property
    def policies(self) -> SecretPolicies:
        return SecretPolicies(_client("secretsmanager"))

    @cached_property
    def hosted_roles(self) -> Mapping[str, str]:
        functions = self._settings.hosted_functions
        roles = FunctionRoles(_client("lambda"))
        return {
            arn: roles.of(functions[name])
            for arn, name in self.names.items()
            if name in functions
        }

    @cached_property
    def notifier(self) -> SnsEventBridgeNotifier:
        return SnsEventBridgeNotifier(
            _client("sns"),
            _client("events"),
            topic_arn=self._settings.topic_arn,
            bus=self._settings.event_bus,
        )

    @cached_property
    def prober(self) -> LambdaProber:
        return LambdaProber(_client("lambda", _PATIENT), self._settings.probe_function)

    @cached_property
    def tasks(self) -> EcsTasks:
        return EcsTasks(_client("ecs"), self._settings.services)

    @cached_property
    def rotations(self) -> DynamoRotations:
        return DynamoRotations(_client("dynamodb"), self._settings.rotation_table)


def _lock(settings: Settings | OutsideSettings) -> RotationLock:
    return RotationLock(
        _client("dynamodb"), settings.table_name, settings.environment_name
    )


@cache
def _client(service: str, config: Config = _RETRIED) -> Any:
    """A client, kept from one call of a warm function to the next."""
    # boto3's own signature is an overload for each service by its literal name.
    make: Any = boto3.client
    return make(service, config=config)


def forget_clients() -> None:
    """Make new clients from now on, for a process that changes accounts."""
    _client.cache_clear()


def ports_from_environment() -> InsidePorts:
    """The ports of a function within the network, for one call of it."""
    return InsidePorts(Settings.from_environment(os.environ))


def outside_from_environment() -> OutsidePorts:
    """The ports of a function outside of the network, for one call of it."""
    return OutsidePorts(OutsideSettings.from_environment(os.environ))
