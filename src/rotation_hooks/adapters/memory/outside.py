"""What is outside of the databases, in one process: tasks, the table, replication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rotation_hooks.core.errors import Conflict, Rejected
from rotation_hooks.core.notice import Notice
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.roles import SecretName
from rotation_hooks.ports import Clock, TaskSeen


@dataclass
class MemoryTasks:
    """Fits `ports.Tasks`: tasks by when they were started."""

    starts: dict[SecretName, list[datetime]] = field(default_factory=dict)
    deployments: list[SecretName] = field(default_factory=list)
    starting: datetime | None = None
    """When the tasks of a deployment will have been started; None: they never are."""

    def oldest_start(self, name: SecretName) -> datetime | None:
        return min(self.starts.get(name, ()), default=None)

    def deploy(self, name: SecretName, after: datetime) -> bool:
        old = self.starts.get(name, [])
        if all(start >= after for start in old):
            return True
        self.deployments.append(name)
        if self.starting is not None:
            self.starts[name] = [max(self.starting, after) for _ in old]
        return False


class MemoryRotations:
    """Fits `ports.Rotations`."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Progress] = {}
        self.flags: dict[str, str] = {}

    def load(self, arn: str, version: str) -> Progress | None:
        return self.items.get((arn, version))

    def save(self, progress: Progress) -> None:
        key = progress.arn, progress.version
        stored = self.items.get(key)
        if progress.revision != (stored.revision if stored else 0) + 1:
            raise Conflict(f"{key}: somebody else was faster")
        self.items[key] = progress

    def unfinished(self, arn: str) -> Sequence[Progress]:
        mine = [one for (of, _), one in self.items.items() if of == arn]
        left = [one for one in mine if not one.is_over]
        return sorted(left, key=lambda one: one.updated_at)

    def flag(self, arn: str) -> str | None:
        return self.flags.get(arn)

    def block(self, arn: str, reason: str, now: datetime) -> None:
        del now
        self.flags[arn] = reason

    def unblock(self, arn: str) -> None:
        self.flags.pop(arn, None)


@dataclass
class MemoryReplication:
    """Fits `ports.Replication`: tasks that do at once what they are asked."""

    seen: dict[str, TaskSeen] = field(default_factory=dict)
    clock: Clock | None = None
    works: bool | None = True
    """What a test says: None while it goes on."""
    done: list[str] = field(default_factory=list)

    def tasks(self, name: SecretName) -> Sequence[str]:
        del name
        return sorted(self.seen)

    def test(self, name: SecretName) -> Sequence[bool]:
        if self.works is False:
            raise Rejected("TestConnection", str(name), "it does not log in")
        self.done.append("test")
        return [bool(self.works)] * 2

    def look(self, task: str) -> TaskSeen:
        return self.seen[task]

    def stop(self, task: str) -> None:
        self.done.append(f"stop {task}")
        self.seen[task] = TaskSeen("stopped", self.seen[task].started_at)

    def resume(self, task: str) -> None:
        self.done.append(f"resume {task}")
        started = self.clock.now() if self.clock else None
        self.seen[task] = TaskSeen("running", started)


class MemoryNotifier:
    """Fits `ports.Notifier`."""

    def __init__(self) -> None:
        self.told: list[Notice] = []

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)


class MemoryPolicies:
    """Fits `ports.Policies`."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def read(self, arn: str) -> str | None:
        return self.texts.get(arn)

    def write(self, arn: str, policy: str | None) -> None:
        if policy is None:
            self.texts.pop(arn, None)
            return
        self.texts[arn] = policy
