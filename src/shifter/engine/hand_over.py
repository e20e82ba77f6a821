"""hand_over: let a fresh execution go on, before this one runs out of history.

An execution may have 25,000 history events (AWS Step Functions developer guide,
"Service quotas").  The new owner is saved first and started second; both are the same
when done twice, so a crash between them is repaired by the retry.
"""

from __future__ import annotations

from shifter.core.directive import Directive, Next
from shifter.core.phases import ENDS
from shifter.core.record import Record
from shifter.engine.saving import deliver, direct, ending, load, save, superseded
from shifter.ports import Ports


def hand_over(directive: Directive, ports: Ports) -> Directive:
    """Make execution `<cutover_id>.<n+1>` the owner, and start it.

    No cutover's id has a dot, so no other execution can have this name.
    """
    record = load(ports, directive.cutover_id)
    now = ports.clock.now()
    if record.phase in ENDS and record.owner == directive.owner:
        return ending(record, ports)
    if record.owner == directive.owner:
        record = deliver(ports, _give(record, ports))
    if record.owner == directive.owner + 1:
        follower = direct(record, Next.HOLD, max(directive.until, now))
        ports.executions.start(
            f"{record.cutover_id}.{record.owner}", follower.model_dump(mode="json")
        )
    return superseded(directive)


def _give(record: Record, ports: Ports) -> Record:
    owner = record.owner + 1
    return save(
        ports,
        record.model_copy(update={"owner": owner, "history_events": 0}),
        now=ports.clock.now(),
        actor="hand_over",
        action="hand_over",
        rule="history_limit",
        reason=f"execution {owner} goes on; execution {record.owner} has used "
        f"up to {record.history_events} history events",
        before=record.phase,
    )
