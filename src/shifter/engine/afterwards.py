"""afterwards: what is still looked after when a cutover has ended.

For a day, because a write that nobody could fence may land late, and because people
change weights by hand.  Whatever is found, nothing here ever raises a share: after a
rollback every edge is made all blue again, after a completion people are told.
"""

from __future__ import annotations

from datetime import timedelta

from shifter.core.edges import EdgeState
from shifter.core.errors import Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.notice import Severity
from shifter.core.phases import Action, Phase
from shifter.core.record import Record
from shifter.engine import all_blue
from shifter.engine.finish import prove
from shifter.engine.observe import unable_edges
from shifter.engine.saving import deliver, save
from shifter.ports import Ports

WATCHED = timedelta(hours=24)
"""How long after its end a cutover is looked after."""
_TOPIC = "weights after the end"


def look_after(record: Record, ports: Ports, *, alone: bool) -> None:
    """Look once at a cutover that has ended.

    `alone` says that no execution goes on with it: then the proof of safety, and
    notices that were not sent, are our business too.  Raises Unavailable when an edge
    cannot be read.
    """
    now = ports.clock.now()
    if alone:
        record = deliver(ports, record)
        if record.phase is Phase.ROLLED_BACK and record.proof is None:
            prove(record, ports, now)
            return
    if record.ended_at is None or now - record.ended_at > WATCHED:
        return
    wrong = _wrong(record, ports)
    if wrong and record.phase is Phase.ROLLED_BACK:
        _bring_back(record, wrong, ports)
    elif wrong and record.paged != _TOPIC:
        _tell(record, f"{wrong}: nobody but a shift may raise a share", ports)
    elif not wrong and record.paged == _TOPIC:
        _save(record, ports, action="watch", reason="every edge is right again")


def _wrong(record: Record, ports: Ports) -> str:
    """What differs from the end that was recorded."""
    [expected] = record.expected
    problems = []
    for edge, state in sorted(ports.edges.read().items()):
        if isinstance(state, Unreadable):
            raise Unavailable("read", edge, state.detail)
        if not state.weights.matches(expected):
            problems.append(f"{edge} shows {_shown(state)}")
    return "; ".join(problems)


def _shown(state: EdgeState) -> str:
    return f"blue/canary/green {state.weights} after the end"


def _bring_back(record: Record, wrong: str, ports: Ports) -> None:
    left = all_blue.write(record.baseline.edges, ports, unable_edges(ports))
    done = f"not all blue yet: {all_blue.told(left)}" if left else "all blue again"
    _tell(record, f"{wrong}: {done}", ports, action=Action.ROLL_BACK)


def _tell(record: Record, reason: str, ports: Ports, action: str = "watch") -> None:
    page = None if record.paged == _TOPIC else Severity.PAGE
    _save(record, ports, action=action, reason=reason, paged=_TOPIC, notify=page)


def _save(
    record: Record,
    ports: Ports,
    *,
    action: str,
    reason: str,
    paged: str = "",
    notify: Severity | None = Severity.INFO,
) -> None:
    saved = save(
        ports,
        record.model_copy(update={"paged": paged}),
        now=ports.clock.now(),
        actor="watchdog",
        action=action,
        rule="weights_after_end",
        reason=reason,
        before=record.phase,
        notify=notify,
    )
    deliver(ports, saved)
