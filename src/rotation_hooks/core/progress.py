"""How far a rotation and what follows it have come: one item for each version.

Rules of this file
* Stages move forwards, whatever the order in which events arrive.
* FAILED and DEFERRED stand beside the way: only what handles them leads on from them.

AWS documentation: Amazon EventBridge user guide, "Event delivery" (at least once, and
in any order).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

MOST_EVENTS = 20


class Stage(StrEnum):
    """Where a rotation stands."""

    STARTED = "STARTED"
    """Secrets Manager has begun."""
    CURRENT = "CURRENT"
    """The label has moved: everybody may read the new value."""
    DMS_OK = "DMS_OK"
    """Replication has logged in with it."""
    ECS_OK = "ECS_OK"
    """Every task is newer than the label."""
    VERIFIED = "VERIFIED"
    """A login was seen to work after all of it."""
    DEFERRED = "DEFERRED"
    """A cutover holds the environment; its end, or the next look, goes on."""
    FAILED = "FAILED"
    """Secrets Manager gave up, or what follows did not work."""
    SUPERSEDED = "SUPERSEDED"
    """Another version became current before this one was followed up."""


_ORDER = (Stage.STARTED, Stage.CURRENT, Stage.DMS_OK, Stage.ECS_OK, Stage.VERIFIED)


class Progress(BaseModel):
    """The item of one version of one secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    arn: str
    version: str
    stage: Stage
    reached: Stage
    """The furthest stage on the way itself, from which a deferred one goes on."""
    moved_at: datetime
    """When the label was first seen to have moved; what is newer knows the value."""
    stopped: tuple[str, ...] = ()
    """Tasks of replication that were about to be stopped, and have to run again."""
    told: str = ""
    """What people were told last; they hear of it again when it is something else."""
    event_ids: tuple[str, ...] = ()
    updated_at: datetime
    revision: int = 1
    """Raised by one at every save, which is refused if somebody else was faster."""

    @classmethod
    def begun(cls, arn: str, version: str, stage: Stage, now: datetime) -> Self:
        """The first save."""
        reached = stage if stage in _ORDER else Stage.STARTED
        return cls(
            arn=arn,
            version=version,
            stage=stage,
            reached=reached,
            moved_at=now,
            updated_at=now,
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage in (Stage.VERIFIED, Stage.SUPERSEDED)

    def has(self, stage: Stage) -> bool:
        """Tell whether a stage of the way lies behind."""
        return _ORDER.index(self.reached) >= _ORDER.index(stage)

    def moved(self, stage: Stage, now: datetime) -> Self:
        """The item after a move; itself when that would lead back, or nowhere."""
        on_the_way = stage in _ORDER
        if self.is_over or stage is self.stage or (on_the_way and self.has(stage)):
            return self
        changes: dict[str, object] = {"stage": stage, "updated_at": now}
        if on_the_way:
            changes["reached"] = stage
        if not self.has(Stage.CURRENT):
            changes["moved_at"] = now
        return self.model_copy(update=changes)

    def stopping(self, tasks: Iterable[str], now: datetime) -> Self:
        """The item that says which tasks have to run again, before they are stopped."""
        all_of_them = tuple(sorted({*self.stopped, *tasks}))
        if all_of_them == self.stopped:
            return self
        return self.model_copy(update={"stopped": all_of_them, "updated_at": now})

    def telling(self, what: str, now: datetime) -> Self:
        """The item, with what people are told."""
        if what == self.told:
            return self
        return self.model_copy(update={"told": what, "updated_at": now})

    def heard(self, event_id: str | None, now: datetime) -> Self:
        """The item, with one more event that it was told of."""
        if event_id is None or event_id in self.event_ids:
            return self
        kept = (*self.event_ids, event_id)[-MOST_EVENTS:]
        return self.model_copy(update={"event_ids": kept, "updated_at": now})
