"""The two moments of a deployment: it begins, and it has ended.

Rules of this file
* Whatever happens, CloudFormation is answered: without an answer it waits until its
  timeout, and then does not know why.
* There is no last resource on a way back, so nothing inside the stack frees the lock.
  It is freed by the event that tells the root stack's last status, after cleanup and
  rollback alike.  An event may be late: it frees what was held before, nothing else.
* A hold that nobody frees ends with its lease.

AWS documentation: AWS CloudFormation user guide, "Managing events with CloudFormation
and Amazon EventBridge" (status changes, delivered at least once).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from deploy_guard.decide import Act, decide
from deploy_guard.order import BadRequest, Kind, Order, Sender
from interlock.lock import Holder, HolderKind, HolderName, LockTaken

LEASE = timedelta(hours=2)
"""How long a deployment holds without a sign of life; see docs/decisions."""
ROLE_PAUSES = (5.0, 10.0, 15.0)
"""Seconds between attempts while IAM spreads a role (AWS IAM user guide, "Changes that
I make are not always immediately visible")."""
_DEPLOYS = f"{HolderKind.DEPLOY}:"


class Unreachable(Exception):
    """What has to be known could not be read, or written."""

    def __init__(self, told: str, *, denied: bool = False) -> None:
        super().__init__(told)
        self.denied = denied


class Lock(Protocol):
    """One environment's lock, and who else keeps the environment.

    Raises LockTaken and Unreachable.
    """

    def acquire(self, holder: HolderName, now: datetime, lease: timedelta) -> None: ...

    def release(self, holder: HolderName) -> None: ...

    def holder(self) -> Holder | None: ...

    def occupant(self, now: datetime) -> Holder | None:
        """Who has the environment: its lock's holder, or a cutover that lost it."""


class World(Protocol):
    """What the guard needs to know.  Raises Unreachable."""

    @property
    def environment(self) -> str: ...

    def status(self, stack_id: str) -> str:
        """The status of a stack."""

    def lock(self) -> Lock | None:
        """The environment's lock; None before the first deployment of Shifter."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it, in one sentence."""

    done: bool
    reason: str


Put = Callable[[str, Mapping[str, Any]], None]
"""Sends an answer to an address.  Raises Unreachable."""


def begins(
    event: Mapping[str, Any],
    world: World,
    put: Put,
    now: datetime,
    sleep: Callable[[float], object],
) -> Told:
    """Answer CloudFormation, and hold the environment when the answer is yes.

    Raises BadRequest where there is nobody to answer, and Unreachable where the answer
    does not arrive: then Lambda tries again.
    """
    sender = Sender.of(event, world.environment)
    try:
        told = _patiently(Order.of(event), sender, world, now, sleep)
    except BadRequest as error:
        told = Told(done=False, reason=str(error))
    except Exception as error:  # noqa: BLE001 - without an answer a stack hangs
        told = Told(done=False, reason=f"the guard failed: {type(error).__name__}")
    refused = None if told.done else told.reason
    put(sender.url, sender.answer(refused=refused))
    return told


def _patiently(
    order: Order,
    sender: Sender,
    world: World,
    now: datetime,
    sleep: Callable[[float], object],
) -> Told:
    """Begin; a role that was made a moment ago may still be denied what it may do."""
    pauses = list(ROLE_PAUSES) if order.kind is Kind.CREATE else []
    while True:
        try:
            return _begin(order, sender, world, now)
        except Unreachable as error:
            if not (error.denied and pauses):
                told = f"nothing was touched, because it is not known: {error}"
                return Told(done=False, reason=told)
        sleep(pauses.pop(0))


def _begin(order: Order, sender: Sender, world: World, now: datetime) -> Told:
    # Nothing is asked for a deletion, because nothing may stop it.
    deleted = order.kind is Kind.DELETE
    status = "" if deleted else world.status(sender.stack_id)
    decision = decide(order, status)
    if decision.act is Act.LEAVE:
        return Told(done=True, reason=decision.reason)
    lock = world.lock()
    if lock is None:
        return Told(done=True, reason="there is no Shifter yet, nor a cutover")
    return _take(order, decision.act, lock, world.environment, now)


def _take(order: Order, act: Act, lock: Lock, environment: str, now: datetime) -> Told:
    mine = HolderName.deploy(order.deploy_id)
    if act is Act.KEEP and lock.occupant(now) is None:
        return Told(
            done=False,
            reason=f"the weights change to {order.weights}, and {mine} did not hold "
            f"{environment} when they were read, so they may be old: use `make deploy`",
        )
    return hold(lock, mine, environment, now)


def hold(lock: Lock, mine: HolderName, environment: str, now: datetime) -> Told:
    """Take the lock for a deployment, or tell who has the environment since when."""
    found = lock.occupant(now)
    if found is not None and found.holder != str(mine):
        return _held(environment, found)
    try:
        lock.acquire(mine, now, LEASE)
    except LockTaken as error:
        return _held(environment, error.holder)
    return Told(done=True, reason=f"{mine} holds {environment}")


def _held(environment: str, holder: Holder | None) -> Told:
    told = f"{holder.holder} since {holder.since.isoformat()}" if holder else "somebody"
    return Told(
        done=False,
        reason=f"{environment} is held by {told}: nothing was touched; wait for it to "
        "end, or end it, then deploy again",
    )


def ended(at: datetime, world: World) -> Told:
    """Free what a deployment held, when it has held it since before `at`."""
    lock = world.lock()
    held = None if lock is None else lock.holder()
    if lock is None or held is None or not held.holder.startswith(_DEPLOYS):
        return Told(done=False, reason="no deployment holds the environment")
    if held.since > at:
        return Told(
            done=False,
            reason=f"{held.holder} has begun after {at.isoformat()}: it goes on",
        )
    try:
        lock.release(HolderName.parse(held.holder))
    except LockTaken as error:
        return Told(done=False, reason=f"nothing to free: {error}")
    return Told(
        done=True, reason=f"{held.holder} has ended: {world.environment} is free"
    )
