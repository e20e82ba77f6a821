"""Every five minutes: what Secrets Manager says, compared with what is remembered.

Rules of this file
* Events get lost.  Whatever they would have led to is found here, by the same verbs.
* A rotation's lease is freed when its token has ended; a cutover's lock is left alone.
* One secret that cannot be looked at keeps no other from it.
"""

from __future__ import annotations

from datetime import timedelta

from interlock.lock import HolderKind, HolderName
from rotation_hooks.core.errors import Conflict, RotationError
from rotation_hooks.core.labels import CURRENT, Described
from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.engine.failure import handle_failure
from rotation_hooks.engine.follow import follow
from rotation_hooks.engine.hosted import follow_the_lock
from rotation_hooks.ports import OutsidePorts

GIVEN_UP_AFTER = timedelta(hours=1)
"""Secrets Manager repeats a failing rotation for less than that."""


def reconcile(ports: OutsidePorts) -> dict[str, str]:
    """Look at every secret once; what was found, by what the secret is for."""
    found: dict[str, str] = {}
    try:
        follow_the_lock(ports)  # first: what follows may take all the time that is left
    except RotationError as error:
        found["hosted rotations"] = f"{type(error).__name__}: {error}"
    for arn, name in sorted(ports.names.items()):
        found[str(name)] = _looked_after(arn, ports)
    return {name: told for name, told in found.items() if told}


def _looked_after(arn: str, ports: OutsidePorts) -> str:
    try:
        described = ports.secrets.describe(arn)
        told = [
            _free_a_finished_lease(arn, described, ports),
            _see_what_is_half_rotated(arn, described, ports),
            _go_on_with_what_is_current(arn, described, ports),
        ]
    except Conflict:
        return "another run was faster"
    except RotationError as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(filter(None, told))


def _free_a_finished_lease(arn: str, described: Described, ports: OutsidePorts) -> str:
    held = ports.lock.holder()
    if held is None:
        return ""
    kind, _, name = held.holder.partition(":")
    of, _, token = name.rpartition("#")
    if kind != HolderKind.ROTATION or of != arn or token == described.half_rotated:
        return ""
    ports.lock.free(arn, token)
    return f"freed the lease of {HolderName.rotation(arn, token)}"


def _see_what_is_half_rotated(
    arn: str, described: Described, ports: OutsidePorts
) -> str:
    token, now = described.half_rotated, ports.clock.now()
    if token is None:
        return ""
    progress = ports.rotations.load(arn, token)
    if progress is None:
        ports.rotations.save(Progress.begun(arn, token, Stage.STARTED, now))
        return "a rotation has begun"
    is_young = now - progress.updated_at < GIVEN_UP_AFTER
    if progress.stage is not Stage.FAILED and is_young:
        return ""
    found = handle_failure(arn, ports)
    return f"{found.action}: {found.reason}"


def _go_on_with_what_is_current(
    arn: str, described: Described, ports: OutsidePorts
) -> str:
    current = described.labelled(CURRENT)
    if current is None or described.schedule.last is None:
        return ""  # it was never rotated: its tasks have always had this value
    progress = ports.rotations.load(arn, current)
    if progress is not None and progress.is_over:
        return ""
    return f"version {current} is {follow(arn, current, ports).stage}"
