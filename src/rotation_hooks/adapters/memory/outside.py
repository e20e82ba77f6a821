"""What is outside of the databases, in one process: tasks, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rotation_hooks.core.errors import Conflict
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.roles import SecretName


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
