"""Whether a deployment needs the environment's lock: a value, by the first rule.

Rules of this file
* What is on its way out or back is never refused: a guard that fails in a rollback
  leaves a stack that neither goes on nor comes home (UPDATE_ROLLBACK_FAILED).
* A request that comes after its deployment has ended takes nothing.  Lambda delivers
  at least once, and a hold that begins then would end with its lease alone.
* Weights that change were read by somebody, at some time.  They count only if the same
  deployment has held the lock since then: read earlier, they could undo a rollback.

AWS documentation: AWS CloudFormation user guide, "Understand CloudFormation stack
creation events" and "Stack status codes"; AWS Lambda developer guide, "Invoking a
Lambda function asynchronously".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deploy_guard.order import Kind, Order


class Act(StrEnum):
    """What to do about the lock."""

    LEAVE = "leave"
    TAKE = "take"
    KEEP = "keep"
    """Hold it on, and refuse when this deployment does not hold it already."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why."""

    act: Act
    reason: str


def decide(order: Order, status: str) -> Decision:
    """Decide by the order and the status of the stack that it comes from."""
    if order.kind is Kind.DELETE:
        return Decision(Act.LEAVE, "what goes needs no lock")
    if "ROLLBACK" in status:
        return Decision(Act.LEAVE, f"{status}: nothing may stop the way back")
    if not status.endswith("_IN_PROGRESS"):
        return Decision(Act.LEAVE, f"{status}: this deployment is over")
    if order.changes_weights:
        return Decision(
            Act.KEEP, f"weights change from {order.weights_before} to {order.weights}"
        )
    return Decision(Act.TAKE, f"deployment {order.deploy_id} begins")
