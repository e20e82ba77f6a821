"""prepare: refuse what cannot work before anything is touched; then lock and begin."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shifter.core.directive import Directive, Next
from shifter.core.errors import AwsError, LockHeld, NotReady, Refused
from shifter.core.model import Model
from shifter.core.notice import Severity
from shifter.core.phases import ENDS, Phase
from shifter.core.plain import MADE_PLAIN
from shifter.core.plan import Plan
from shifter.core.record import Record
from shifter.engine.readiness import look
from shifter.engine.roll_back import go_back
from shifter.engine.saving import deliver, direct, save
from shifter.ports import Ports


class Start(Model):
    """An order to start a cutover; its id is the name of the execution."""

    cutover_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,70}$")
    plan: Plan
    started_by: Annotated[str, Field(min_length=1, max_length=256), MADE_PLAIN]


def prepare(start: Start, ports: Ports) -> Directive:
    """Check everything once, take the lock, and keep blue able.

    Raises NotReady with every problem that was found, LockHeld when somebody else holds
    the environment, Refused when the id was used before.  The same start twice is the
    same as once.
    """
    record = ports.store.load(start.cutover_id)
    if record is None:
        record = _begin(start, ports)
    elif record.phase in ENDS or record.owner != 1 or record.plan != start.plan:
        raise Refused(
            f"the id {start.cutover_id} was used before, for a cutover that is "
            f"{record.phase}: start with another one"
        )
    if record.phase is not Phase.PREPARED:
        # Our own answer was lost, and somebody has gone back since: drive that.
        return direct(record, Next.ASSESS, ports.clock.now())
    try:
        ports.capacity.keep()
    except AwsError as error:
        return go_back(
            record,
            ports,
            actor="prepare",
            reason=f"scaling of blue could not be suspended: {error}",
        )
    return direct(deliver(ports, record), Next.ASSESS, ports.clock.now())


def _begin(start: Start, ports: Ports) -> Record:
    """Save the first version of the record, which takes the lock."""
    now, plan = ports.clock.now(), start.plan
    found = look(
        plan,
        ports,
        cutover_id=start.cutover_id,
        started_by=start.started_by,
        now=now,
        keep_rotations_out=True,
    )
    if found.holder is not None:
        raise LockHeld(
            environment=plan.environment,
            holder=found.holder.holder,
            since=found.holder.since,
        )
    for failure in found.failures.values():
        raise failure
    if found.problems or found.draft is None:
        raise NotReady(found.problems)
    suspended = ports.capacity.suspended()
    as_found = found.draft.baseline.model_copy(update={"suspended": suspended})
    return save(
        ports,
        found.draft.model_copy(update={"baseline": as_found}),
        now=now,
        actor=start.started_by,
        action="prepare",
        rule="ready",
        reason=f"{plan.name}: every check passed",
        before=None,
        notify=Severity.INFO,
    )
