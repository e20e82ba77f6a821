"""A rotation that failed: cutovers are blocked, then the logins tell what is right.

The flag comes first: whatever happens afterwards, no cutover begins into the rest of a
rotation.  It goes when what follows the rotation has ended with a login.
"""

from __future__ import annotations

from typing import assert_never

from interlock.lock import HolderName
from rotation_hooks.core.diagnosis import Action, Diagnosis, diagnose
from rotation_hooks.core.errors import RotationError
from rotation_hooks.core.labels import CURRENT, PENDING
from rotation_hooks.core.notice import Notice
from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.engine.saving import moved, saved
from rotation_hooks.ports import OutsidePorts

_TOLD = {
    Action.FINISH: "the rotation is being finished with the same token",
    Action.DROP_PENDING: "the label AWSPENDING was taken from the version",
    Action.PAGE: "repair the password by hand; nothing was changed",
    Action.LOOK_AGAIN: "nothing was changed; it is looked at again in five minutes",
    Action.NOTHING: "nothing was left to do",
}


def handle_failure(
    arn: str, ports: OutsidePorts, event_id: str | None = None
) -> Diagnosis:
    """Diagnose what was left, and do what is right.  Raises AwsError.

    The same event twice tells nobody twice; a rotation that has ended is left alone.
    """
    described, now = ports.secrets.describe(arn), ports.clock.now()
    token = described.half_rotated
    if token is None:
        return Diagnosis(Action.NOTHING, "no version is half rotated any more")
    progress = ports.rotations.load(arn, token)
    if progress is None:
        progress = Progress.begun(arn, token, Stage.STARTED, now)
        ports.rotations.save(progress)
    if progress.stage is not Stage.FAILED:
        ports.rotations.block(arn, f"its rotation to {token} failed", now)
    progress = saved(progress, progress.heard(event_id, now), ports)
    progress = moved(progress, Stage.FAILED, ports)
    found = _diagnosed(arn, token, ports)
    problem = _act(arn, token, found.action, ports)
    told = progress.telling(f"{found.action} {problem}".rstrip(), ports.clock.now())
    if told != progress:
        _tell(arn, token, found, problem, ports)
        saved(progress, told, ports)
    return found


def _diagnosed(arn: str, token: str, ports: OutsidePorts) -> Diagnosis:
    pending = ports.prober.log_in(arn, PENDING)
    has_value = bool(pending.user)
    current = ports.prober.log_in(arn, CURRENT)
    under_way = _is_under_way(arn, token, ports)  # last: nothing may come in between
    return diagnose(pending if has_value else None, current, under_way=under_way)


def _is_under_way(arn: str, token: str, ports: OutsidePorts) -> bool:
    """Tell whether an attempt holds the lock, without which it changes nothing."""
    held = ports.lock.holder()
    if held is None or held.holder != str(HolderName.rotation(arn, token)):
        return False
    return held.holds(ports.clock.now())


def _act(arn: str, token: str, action: Action, ports: OutsidePorts) -> str:
    """Do what is right; return what did not work."""
    try:
        match action:
            case Action.FINISH:
                ports.secrets.resume(arn, token)
            case Action.DROP_PENDING:
                ports.secrets.drop_pending(arn, token)
                ports.rotations.unblock(arn)  # what is current logs in
            case Action.PAGE | Action.LOOK_AGAIN | Action.NOTHING:
                pass
            case _:
                assert_never(action)
    except RotationError as error:
        return str(error)
    return ""


def _tell(
    arn: str, token: str, found: Diagnosis, problem: str, ports: OutsidePorts
) -> None:
    told = _TOLD[found.action]
    ports.notifier.tell(
        Notice(
            secret=str(ports.names[arn]),
            version=token,
            step="rotation",
            diagnosis=found.reason,
            action=f"{told}, which did not work: {problem}" if problem else told,
            at=ports.clock.now(),
        )
    )
