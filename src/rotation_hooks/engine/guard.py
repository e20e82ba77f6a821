"""Whether a cutover may begin: looks at every secret and at both databases.

`look` changes nothing.  `prepare` changes the policies that keep hosted rotations out,
and those only when nothing is in the way: `reconcile` opens them again if no cutover
begins.

The lock is not asked for: a cutover takes it in the transaction of its first save, and
a rotation that comes in between loses there, or is seen here.
"""

from __future__ import annotations

from datetime import timedelta

from rotation_hooks.core.errors import RotationError
from rotation_hooks.core.labels import CURRENT
from rotation_hooks.core.progress import Progress
from rotation_hooks.core.readiness import (
    Answer,
    Look,
    SecretSeen,
    Seen,
    SideSeen,
    Unread,
    judge,
)
from rotation_hooks.core.roles import Role, SecretName, Side
from rotation_hooks.engine import hosted
from rotation_hooks.ports import OutsidePorts


def prepare(window: timedelta, ports: OutsidePorts) -> Answer:
    """Tell whether a cutover that needs so much time may begin now."""
    now = ports.clock.now()
    answer = judge(_look_at_all(ports), now, window)
    if answer.ok:
        hosted.close(ports)
    return answer


def look(window: timedelta, ports: OutsidePorts) -> Look:
    """Tell the same, and how every secret stands; rotations go on as before."""
    now = ports.clock.now()
    seen = _look_at_all(ports)
    answer = judge(seen, now, window)
    return Look(
        ok=answer.ok,
        reasons=answer.reasons,
        rotate_first=answer.rotate_first,
        move_window=answer.move_window,
        secrets=tuple(one.standing for one in seen if isinstance(one, SecretSeen)),
    )


def _look_at_all(ports: OutsidePorts) -> list[Seen]:
    masters: dict[Side, str | None] = {}
    seen: list[Seen] = []
    for arn, name in sorted(
        ports.names.items(), key=lambda one: (one[1].side, one[1].role != Role.MASTER)
    ):
        one = _look_at_secret(arn, name, masters, ports)
        seen.append(one)
        if name.role is Role.MASTER and isinstance(one, SecretSeen):
            masters[name.side] = one.login.user or None
    sides = sorted({name.side for name in ports.names.values()})
    seen.extend(_look_at_side(side, ports) for side in sides)
    return seen


def _look_at_secret(
    arn: str, name: SecretName, masters: dict[Side, str | None], ports: OutsidePorts
) -> Seen:
    try:
        described = ports.secrets.describe(arn)
        current = described.labelled(CURRENT)
        followed = None if current is None else ports.rotations.load(arn, current)
        return SecretSeen(
            name=name,
            half_rotated=described.half_rotated,
            schedule=described.schedule,
            following=_following(followed),
            failed=ports.rotations.flag(arn),
            login=ports.prober.log_in(arn, CURRENT),
            master_user=masters.get(name.side),
            oldest_task=ports.tasks.oldest_start(name),
            arn=arn,
            current=current,
            stage=None if followed is None else str(followed.stage),
        )
    except RotationError as error:
        return Unread(str(name), str(error))


def _following(found: Progress | None) -> str | None:
    """How far the current version has been followed, while it is not over."""
    return None if found is None or found.is_over else str(found.stage)


def _look_at_side(side: Side, ports: OutsidePorts) -> Seen:
    try:
        return SideSeen(side, tuple(ports.prober.unknown_writers(side)))
    except RotationError as error:
        return Unread(str(side), str(error))
