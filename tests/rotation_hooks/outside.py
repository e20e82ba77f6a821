"""The functions outside of the network, over a stage: they see what it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from rotation_hooks.adapters.memory.outside import (
    MemoryNotifier,
    MemoryPolicies,
    MemoryReplication,
    MemoryRotations,
    MemoryTasks,
)
from rotation_hooks.core.labels import Described
from rotation_hooks.core.readiness import Answer, LoginSeen, Look
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.core.schedule import Schedule
from rotation_hooks.engine import probe
from rotation_hooks.engine.guard import look, prepare
from rotation_hooks.ports import Clock, Lock, ProbePorts, Secrets
from tests.rotation_hooks.stage import Stage


class DirectProber:
    """Fits `ports.Prober`: asks the databases itself."""

    def __init__(self, ports: ProbePorts) -> None:
        self._ports = ports
        self.silent: str | None = None

    def log_in(self, arn: str, label: str) -> LoginSeen:
        if self.silent is not None:
            return LoginSeen(ok=False, told=self.silent)
        return probe.log_in(arn, label, self._ports)

    def unknown_writers(self, side: Side) -> Sequence[str]:
        return probe.unknown_writers(side, self._ports)


class Planned:
    """Fits `ports.Secrets`: those of a stage, with schedules of a test's own."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.schedules: dict[str, Schedule] = {}

    def describe(self, arn: str) -> Described:
        found = self._secrets.describe(arn)
        return replace(found, schedule=self.schedules.get(arn, Schedule()))

    def value(self, arn: str, version: str) -> str | None:
        raise AssertionError("nobody outside of the network reads a value")

    def put_pending(self, arn: str, token: str, text: str) -> None:
        raise AssertionError("nobody outside of the network writes a value")

    def make_current(self, arn: str, token: str, instead_of: str | None) -> None:
        raise AssertionError("only a rotation moves this label")

    def resume(self, arn: str, token: str) -> None:
        self._secrets.resume(arn, token)

    def drop_pending(self, arn: str, token: str) -> None:
        self._secrets.drop_pending(arn, token)


@dataclass
class Outside:
    """Fits `ports.OutsidePorts`."""

    clock: Clock
    secrets: Planned
    names: Mapping[str, SecretName]
    prober: DirectProber
    lock: Lock
    tasks: MemoryTasks = field(default_factory=MemoryTasks)
    rotations: MemoryRotations = field(default_factory=MemoryRotations)
    replication: MemoryReplication = field(default_factory=MemoryReplication)
    policies: MemoryPolicies = field(default_factory=MemoryPolicies)
    hosted_roles: dict[str, str] = field(default_factory=dict)
    notifier: MemoryNotifier = field(default_factory=MemoryNotifier)

    @classmethod
    def of(cls, stage: Stage) -> Outside:
        return cls(
            clock=stage.ports.clock,
            secrets=Planned(stage.ports.secrets),
            names=stage.ports.names,
            prober=DirectProber(stage.ports),
            lock=stage.ports.lock,
            replication=MemoryReplication(clock=stage.ports.clock),
        )

    def prepare(self, hours: int = 6) -> Answer:
        return prepare(timedelta(hours=hours), self)

    def look(self, hours: int = 6) -> Look:
        return look(timedelta(hours=hours), self)

    def plan(self, stage: Stage, role: Role, schedule: Schedule) -> None:
        self.secrets.schedules[stage.arns[role]] = schedule
