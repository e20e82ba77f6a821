"""What follows a rotation: whoever uses the secret gets to know the new value.

Rules of this file
* It runs as often as it likes: each stage is saved when it is reached, each change is
  preceded by a look that shows it is still needed, and what takes longer than a call is
  gone on with at the next one.
* While a cutover holds the environment nothing is moved: its tasks and its replication
  are the cutover's.
* It ends with a login, and only then is the secret no obstacle any more.
"""

from __future__ import annotations

from rotation_hooks.core.labels import CURRENT, PREVIOUS
from rotation_hooks.core.notice import Notice
from rotation_hooks.core.progress import Progress, Stage
from rotation_hooks.core.readiness import LoginSeen
from rotation_hooks.core.roles import Role
from rotation_hooks.engine.replication import follow_replication
from rotation_hooks.engine.saving import moved, saved
from rotation_hooks.ports import OutsidePorts


def follow(
    arn: str, version: str, ports: OutsidePorts, event_id: str | None = None
) -> Progress:
    """Go on with one version as far as that is possible now.

    Raises AwsError, and Conflict when another run is faster, which then goes on.
    """
    progress = _noted(arn, version, event_id, ports)
    if progress.is_over:
        return progress
    if ports.secrets.describe(arn).labelled(CURRENT) != version:
        return moved(progress, Stage.SUPERSEDED, ports)
    holder = ports.lock.holder()
    if holder is not None and holder.cutover_id is not None:
        return moved(progress, Stage.DEFERRED, ports)
    return _go_on(progress, ports)


def _go_on(progress: Progress, ports: OutsidePorts) -> Progress:
    name, done = ports.names[progress.arn], True
    seen = ports.prober.log_in(progress.arn, CURRENT)
    if not seen.ok:
        return _trouble(progress, seen, ports)
    if not progress.has(Stage.DMS_OK):
        if name.role is Role.DMS:
            progress, done = follow_replication(name, progress, ports)
        if not done:
            return progress
        progress = moved(progress, Stage.DMS_OK, ports)
    if not progress.has(Stage.ECS_OK):
        if not ports.tasks.deploy(name, progress.moved_at):
            return _older_tasks(progress, ports)
        progress = moved(progress, Stage.ECS_OK, ports)
    seen = ports.prober.log_in(progress.arn, CURRENT)
    if not seen.ok:
        return _trouble(progress, seen, ports)
    ports.rotations.unblock(progress.arn)
    return moved(progress, Stage.VERIFIED, ports)


def _noted(
    arn: str, version: str, event_id: str | None, ports: OutsidePorts
) -> Progress:
    """The item, which knows that the label has moved, and of this event."""
    now = ports.clock.now()
    found = ports.rotations.load(arn, version)
    if found is None:
        found = Progress.begun(arn, version, Stage.CURRENT, now)
        ports.rotations.save(found)
    return saved(found, found.moved(Stage.CURRENT, now).heard(event_id, now), ports)


def _older_tasks(progress: Progress, ports: OutsidePorts) -> Progress:
    """Tasks that are being replaced log in as the user before, and must be able to."""
    if not ports.names[progress.arn].role.alternates:
        return progress
    seen = ports.prober.log_in(progress.arn, PREVIOUS)
    if seen.ok or not seen.is_answer:
        return progress
    now = ports.clock.now()
    told = progress.telling("previous", now)
    if told != progress:
        ports.notifier.tell(
            Notice(
                secret=str(ports.names[progress.arn]),
                version=progress.version,
                step="deploy",
                diagnosis=f"tasks that still run cannot log in: {seen.told}",
                action="new ones are being started; see that they come up",
                at=now,
            )
        )
    return saved(progress, told, ports)


def _trouble(progress: Progress, seen: LoginSeen, ports: OutsidePorts) -> Progress:
    """A login that is refused blocks cutovers; no answer is only asked for again."""
    if not seen.is_answer or progress.stage is Stage.FAILED:
        return progress
    arn, now = progress.arn, ports.clock.now()
    reason = f"after its rotation {seen.told}"
    ports.rotations.block(arn, reason, now)
    ports.notifier.tell(
        Notice(
            secret=str(ports.names[arn]),
            version=progress.version,
            step="verify",
            diagnosis=reason,
            action="repair the login; it is tried again every five minutes",
            at=now,
        )
    )
    return moved(progress, Stage.FAILED, ports)
