"""How far a rotation and what follows it have come: one item for each version.

Rules of this file
* Stages move forwards, whatever the order in which events arrive.
* FAILED and DEFERRED stand beside the way: only what handles them leads on from them.

AWS documentation: Amazon EventBridge user guide, "Event delivery" (at least once, and
in any order).
"""

from __future__ import annotations

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


_ORDER = (Stage.STARTED, Stage.CURRENT, Stage.DMS_OK, Stage.ECS_OK, Stage.VERIFIED)


class Progress(BaseModel):
    """The item of one version of one secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    arn: str
    version: str
    stage: Stage
    reached: Stage
    """The furthest stage on the way itself, from which a deferred one goes on."""
    event_ids: tuple[str, ...] = ()
    updated_at: datetime
    revision: int = 1
    """Raised by one at every save, which is refused if somebody else was faster."""

    @classmethod
    def begun(cls, arn: str, version: str, stage: Stage, now: datetime) -> Self:
        """The first save."""
        reached = stage if stage in _ORDER else Stage.STARTED
        return cls(
            arn=arn, version=version, stage=stage, reached=reached, updated_at=now
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage is Stage.VERIFIED

    def has(self, stage: Stage) -> bool:
        """Tell whether a stage of the way lies behind."""
        return _ORDER.index(self.reached) >= _ORDER.index(stage)

    def moved(self, stage: Stage, now: datetime) -> Self:
        """The item after a move; itself when that would lead back, or nowhere."""
        on_the_way = stage in _ORDER
        if self.is_over or stage is self.stage or (on_the_way and self.has(stage)):
            return self
        reached = stage if on_the_way else self.reached
        return self._saved(stage=stage, reached=reached, updated_at=now)

    def heard(self, event_id: str, now: datetime) -> Self:
        """The item, with one more event that it was told of."""
        if event_id in self.event_ids:
            return self
        kept = (*self.event_ids, event_id)[-MOST_EVENTS:]
        return self._saved(event_ids=kept, updated_at=now)

    def _saved(self, **changes: object) -> Self:
        return self.model_copy(update={**changes, "revision": self.revision + 1})
