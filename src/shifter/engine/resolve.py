"""resolve: end a stuck rollback that people have made safe by hand.

The world is verified before anything is freed: every edge all blue ends it as rolled
back, every edge on the plan's last step as completed, and for anything else the order
is refused with what was seen.

A try of the way back that is under way at that very moment cannot be known.  It writes
nothing but all blue, so after a completion the watchdog sees it and tells people.
"""

from __future__ import annotations

from shifter.core.errors import Refused
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.engine import all_blue
from shifter.engine.finish import all_show, complete
from shifter.engine.roll_back import no_write_under_way, settle
from shifter.engine.rotations import let_rotate
from shifter.engine.saving import deliver, load, persistently
from shifter.ports import Ports


def resolve(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """End the stuck rollback in what the edges show.  Raises Refused."""
    return persistently(lambda: _once(cutover_id, ports, by, reason))


def _once(cutover_id: str, ports: Ports, by: str, reason: str) -> Record:
    record = load(ports, cutover_id)
    if record.phase is not Phase.ROLLBACK_STUCK:
        raise Refused(
            f"{cutover_id} is {record.phase}: only a stuck rollback is resolved"
        )
    if not no_write_under_way(record, ports.clock.now()):
        raise Refused(
            f"a weight write of {cutover_id} may still land until "
            f"{record.writes_end_at:%Y-%m-%dT%H:%M:%S}Z: resolve it after that"
        )
    states = ports.edges.read()
    wrong, last = all_blue.compare(states), record.plan.split(len(record.plan.steps))
    if wrong and not all_show(states, last):
        raise Refused(
            f"{all_blue.told(wrong)}: make every edge all blue, with stickiness off, "
            "or every edge all green, then resolve again"
        )
    end = complete if wrong else settle
    ended = end(
        record, ports, actor=by, action="resolve", rule="ordered", reason=reason
    )
    let_rotate(ended, ports)
    return deliver(ports, ended)
