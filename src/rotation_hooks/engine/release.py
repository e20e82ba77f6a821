"""The end of a cutover: rotations may begin again, and what was deferred goes on.

It may come twice, or never: `reconcile` finds the same within five minutes.
"""

from __future__ import annotations

from rotation_hooks.core.errors import RotationError
from rotation_hooks.core.progress import Stage
from rotation_hooks.engine.follow import follow
from rotation_hooks.engine.hosted import follow_the_lock
from rotation_hooks.ports import OutsidePorts


def release(ports: OutsidePorts) -> dict[str, str]:
    """Go on with every deferred rotation; where each stands, by what it is for."""
    stands: dict[str, str] = {}
    follow_the_lock(ports)
    for arn, name in sorted(ports.names.items()):
        try:
            for one in ports.rotations.unfinished(arn):
                if one.stage is Stage.DEFERRED:
                    stands[str(name)] = str(follow(arn, one.version, ports).stage)
        except RotationError as error:
            stands[str(name)] = f"{type(error).__name__}: {error}"
    return stands
