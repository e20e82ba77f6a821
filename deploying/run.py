"""A deployment, from the lock to the lock.

Rules of this file
* Nothing is done before the environment is held.  On the very first deployment there is
  no lock, and nothing to protect.
* The live weights are read while it is held.  Where the stack's parameters mean others,
  and a failed deployment would be rolled back to them, the stack is given these first,
  and alone, and is not rolled back from there.
* SAM is waited for, and the hold renewed meanwhile.  At the end it is freed, unless the
  stack is still under way: then its last status frees it.

AWS documentation: AWS CloudFormation user guide, "Stack failure options".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deploy_guard.guard import LEASE, Lock, Unreachable, hold
from deploying.place import Place, Stack
from deploying.wanted import DEPLOY_ID, Wanted
from deploying.weights import changed
from interlock.lock import HolderKind, HolderName, LockTaken

STUCK = {
    "DELETE_FAILED": "delete it to the end first",
    "ROLLBACK_COMPLETE": "its first deployment failed: delete the stack first",
    "ROLLBACK_FAILED": "its first deployment failed: delete the stack first",
    "UPDATE_ROLLBACK_FAILED": "continue its rollback first",
}
"""Statuses from which no deployment can begin, and what to do."""

Sam = Callable[[Sequence[str], Callable[[], None]], int]
"""Runs SAM with these arguments, calls back now and then, gives its exit code."""


class Refused(Exception):
    """A deployment that does not begin, or does not go on; in one sentence."""


@dataclass(frozen=True)
class Run:
    """What one deployment is made with."""

    wanted: Wanted
    place: Place
    sam: Sam
    now: Callable[[], datetime]
    tell: Callable[[str], None]


def deploy(run: Run, deploy_id: str) -> int:
    """Deploy; SAM's exit code.  Raises Refused, Unreachable, AwsError, NotWritable."""
    stack = _ready(run)
    lock = run.place.lock(run.wanted.environment)
    if lock is None:
        run.tell("There is no Shifter here yet: nothing to hold, nothing to protect.")
        return _sam(run, deploy_id, {}, lambda: None)
    mine = _take(run, lock, deploy_id)
    try:
        differing = _differing(run, stack)
        if differing and run.wanted.rolls_back:
            mine = _align(run, lock, mine, differing)
            differing = {}
        return _sam(run, mine.name, differing, lambda: _renew(run, lock, mine))
    finally:
        _free(run, lock, mine)


def free(run: Run, deploy_id: str) -> None:
    """Free what a dead deployment holds.  Raises Refused when it is not dead, or not
    the holder."""
    environment, mine = run.wanted.environment, HolderName.deploy(deploy_id)
    lock = run.place.lock(environment)
    stack = run.place.stack(run.wanted.stack)
    if stack is not None and stack.is_under_way:
        raise Refused(f"{run.wanted.stack} is {stack.status}: it is not dead, so wait")
    held = None if lock is None else lock.holder()
    if lock is None or held is None or held.holder != str(mine):
        told = "nobody" if held is None else f"{held.holder} since {held.since}"
        raise Refused(
            f"{environment} is held by {told}, not by {mine}: nothing is freed"
        )
    lock.release(mine)
    run.tell(f"{environment} is free; {mine} held it since {held.since.isoformat()}.")


def _ready(run: Run) -> Stack | None:
    """The stack, when a deployment may begin."""
    name = run.wanted.stack
    stack = run.place.stack(name)
    if stack is None:
        return None
    if stack.is_under_way:
        raise Refused(f"{name} is {stack.status}: wait for its end, then deploy again")
    if stack.status in STUCK:
        raise Refused(f"{name} is {stack.status}: {STUCK[stack.status]}")
    return stack


def _take(run: Run, lock: Lock, deploy_id: str) -> HolderName:
    mine = HolderName.deploy(deploy_id)
    told = hold(lock, mine, run.wanted.environment, run.now())
    if not told.done:
        raise Refused(told.reason)
    run.tell(f"{told.reason}, until {(run.now() + LEASE):%H:%M} UTC unless renewed.")
    return mine


def _differing(run: Run, stack: Stack | None) -> dict[str, str]:
    """The weights whose parameters mean others than the live ones."""
    if stack is None or not run.wanted.deploys_infrastructure:
        return {}
    if stack.parameters.get("DeployInfrastructure", "true") != "true":
        return {}
    live = run.place.weights(run.wanted.environment)
    if stack.status == "UPDATE_FAILED" and run.wanted.rolls_back:
        return live  # it was being told them; what it would be rolled back to is older
    return changed(stack.parameters, live)


def _align(
    run: Run, lock: Lock, mine: HolderName, differing: Mapping[str, str]
) -> HolderName:
    """Give the stack the live weights, and hold on for the deployment itself.

    The end of this update frees its hold, so the deployment has a hold of its own.
    """
    told = ", ".join(f"{name}={value}" for name, value in sorted(differing.items()))
    run.tell(f"The stack is first told the live weights, and nothing else: {told}.")
    found = run.place.give(run.wanted.stack, {**differing, DEPLOY_ID: mine.name})
    _free(run, lock, mine)
    if found.status != "UPDATE_COMPLETE":
        raise Refused(
            f"{run.wanted.stack} is {found.status} after that: look why, then deploy "
            "again"
        )
    again = _take(run, lock, f"{mine.name}.2")
    if _differing(run, found):
        _free(run, lock, again)
        raise Refused("the weights have moved meanwhile: look who moved them")
    return again


def _sam(
    run: Run, deploy_id: str, weights: Mapping[str, str], renew: Callable[[], None]
) -> int:
    wanted = run.wanted
    parameters = {**wanted.parameters, **weights, DEPLOY_ID: deploy_id}
    run.tell(f"SAM deploys {wanted.stack} in {wanted.region} as {deploy_id}.")
    return run.sam(
        [
            "deploy",
            "--config-env",
            wanted.profile,
            "--parameter-overrides",
            *(f'{name}="{value}"' for name, value in sorted(parameters.items())),
        ],
        renew,
    )


def _renew(run: Run, lock: Lock, mine: HolderName) -> None:
    try:
        lock.acquire(mine, run.now(), LEASE)
    except (LockTaken, Unreachable) as error:
        run.tell(
            f"The hold is not renewed: {error}. The deployment goes on all the same."
        )


def _free(run: Run, lock: Lock, mine: HolderName) -> None:
    """Free the hold, unless the stack is still under way."""
    stack = run.place.stack(run.wanted.stack)
    if stack is not None and stack.is_under_way:
        run.tell(
            f"{run.wanted.stack} is {stack.status}: {mine} holds on until it ends, "
            f"at most {LEASE.total_seconds() / 3600:.0f} hours."
        )
        return
    held = lock.holder()
    if held is not None and held.holder == f"{HolderKind.DEPLOY}:{mine.name}":
        lock.release(mine)
