"""The item of a version, saved only when it has changed."""

from __future__ import annotations

from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.ports import OutsidePorts


def saved(before: Progress, after: Progress, ports: OutsidePorts) -> Progress:
    """Save what has become of an item.  Raises Conflict when another run is faster."""
    if after == before:
        return before
    after = after.model_copy(update={"revision": before.revision + 1})
    ports.rotations.save(after)
    return after


def moved(progress: Progress, stage: Stage, ports: OutsidePorts) -> Progress:
    """Save that a stage was reached."""
    return saved(progress, progress.moved(stage, ports.clock.now()), ports)
