"""Replication gets to know a new password: tested first, then stopped and resumed.

Rules of this file
* Nothing is stopped before every endpoint was seen to log in: a task that stands for a
  password that does not work is worse than one that still has the old one.
* What is about to be stopped is saved first, so that whoever finds it stopped knows
  that it has to be resumed.  A task that somebody else has stopped is left alone: it
  reads the secret when it is started.
* A task that was started after the label had moved knows the new value already.
"""

from __future__ import annotations

from rotation_hooks.core.progress import Progress
from rotation_hooks.core.roles import SecretName
from rotation_hooks.engine.saving import saved
from rotation_hooks.ports import OutsidePorts

POLL_S = 5
MOST_POLLS = 24
"""For one secret; both sides' must fit into one call of the shortest function."""
RUNNING = "running"
AT_REST = frozenset({"created", "failed", "ready", "stopped"})


def follow_replication(
    name: SecretName, progress: Progress, ports: OutsidePorts
) -> tuple[Progress, bool]:
    """Let every task of a side log in anew; tell whether that is done.

    Raises AwsError: Rejected when an endpoint does not log in.
    """
    replication, polls = ports.replication, MOST_POLLS
    old = [task for task in replication.tasks(name) if _is_old(task, progress, ports)]
    if not old:
        return progress, True
    while not all(replication.test(name)):
        if not (polls := _wait(polls, ports)):
            return progress, False
    intent = progress.stopping(old, ports.clock.now())
    progress = saved(progress, intent, ports)
    for task in old:
        if replication.look(task).status == RUNNING:
            replication.stop(task)
    while old := [task for task in old if _is_old(task, progress, ports)]:
        for task in old:
            if replication.look(task).status in AT_REST:
                replication.resume(task)
        if not (polls := _wait(polls, ports)):
            return progress, False
    return progress, True


def _is_old(task: str, progress: Progress, ports: OutsidePorts) -> bool:
    """Tell whether a task has to log in anew, or to be seen running again."""
    seen = ports.replication.look(task)
    if seen.status in AT_REST:
        return task in progress.stopped
    is_new = seen.started_at is not None and seen.started_at >= progress.moved_at
    return not (is_new and seen.status == RUNNING)


def _wait(polls: int, ports: OutsidePorts) -> int:
    ports.clock.wait(POLL_S)
    return polls - 1
