"""resolve: end a stuck rollback that people have made safe by hand.

The world is verified before anything is freed: every edge all blue ends it as rolled
back, every edge on the plan's last step as completed, and for anything else the order
is refused with what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, Refused
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Split
from shifter.core.phases import Action, Phase, after
from shifter.core.record import Record
from shifter.engine import all_blue
from shifter.engine.control import take
from shifter.ports import Ports


def resolve(cutover_id: str, ports: Ports, *, by: str, reason: str) -> Record:
    """End the stuck rollback in what the edges show.  Raises Refused."""

    def order(record: Record) -> Record:
        if record.phase is not Phase.ROLLBACK_STUCK:
            raise Refused(
                f"{cutover_id} is {record.phase}: only a stuck rollback is resolved"
            )
        now, until = ports.clock.now(), record.writes_end_at
        if until is not None and now <= until:
            raise Refused(
                f"a weight write of {cutover_id} may still land until "
                f"{until.isoformat(timespec='seconds')}: resolve it after that"
            )
        action = _shown(record, ports)
        if action is Action.COMPLETE:
            changes: dict[str, Any] = {"step": len(record.plan.steps)}
        else:
            verified = record.way_back.model_copy(update={"verified_at": now})
            changes = {"rollback": verified}
        changes |= {"phase": after(record.phase, action), "ended_at": now}
        return record.model_copy(update=changes)

    done = take(cutover_id, ports, order, action="resolve", by=by, reason=reason)
    _let_blue_scale_in(ports)
    return done


def _shown(record: Record, ports: Ports) -> Action:
    """What every edge shows, as the action that leads there.  Raises Refused."""
    wrong = all_blue.read(ports)
    if not wrong:
        return Action.SETTLE
    if _all_match(ports.edges.read(), record.plan.split(len(record.plan.steps))):
        return Action.COMPLETE
    raise Refused(
        f"{all_blue.told(wrong)}: make every edge all blue, with stickiness off, or "
        "every edge all green, then resolve again"
    )


def _all_match(states: Mapping[str, EdgeState | Unreadable], split: Split) -> bool:
    return all(
        isinstance(state, EdgeState) and state.weights.matches(split)
        for state in states.values()
    )


def _let_blue_scale_in(ports: Ports) -> None:
    try:
        ports.capacity.release()
    except AwsError:
        return  # people are at work here already, and blue with too many tasks is safe
