"""start: begin an execution for a cutover, once for each id.

The id is the caller's token: the same start twice is the same as once.  What can be
known before is told before; whether the world is ready is for prepare, which takes the
lock and has the last word.
"""

from __future__ import annotations

from shifter.core.errors import LockHeld, Refused
from shifter.core.model import Model
from shifter.core.record import Record
from shifter.engine.active import occupant
from shifter.engine.prepare import Start
from shifter.ports import Ports


class Started(Model):
    """The execution that drives the cutover, and whether this call began it."""

    cutover_id: str
    execution: str
    """Name of the execution."""
    started: bool
    """False when the same start was made before, and had begun it."""


def start(order: Start, ports: Ports) -> Started:
    """Start the cutover.

    Raises Refused when the id was used for something else, and LockHeld, telling who
    holds the environment since when.
    """
    record = ports.store.load(order.cutover_id)
    if record is not None:
        return _again(order, record)
    held = occupant(order.plan.environment, ports)
    if held is not None:
        raise LockHeld(
            environment=order.plan.environment, holder=held.holder, since=held.since
        )
    begun = ports.executions.start(
        order.cutover_id,
        {
            "plan": order.plan.model_dump(mode="json"),
            "started_by": order.started_by,
        },
    )
    if not begun:
        raise Refused(
            f"the id {order.cutover_id} was used before, by a start that was refused "
            "or differs: give this one another id"
        )
    return _told(order, started=True)


def _again(order: Start, record: Record) -> Started:
    if record.plan != order.plan:
        raise Refused(
            f"the id {order.cutover_id} was used before, for another plan, by "
            f"{record.started_by}: give this one another id"
        )
    return _told(order, started=False)


def _told(order: Start, *, started: bool) -> Started:
    return Started(
        cutover_id=order.cutover_id, execution=order.cutover_id, started=started
    )
