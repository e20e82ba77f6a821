"""afterwards: what the watchdog still does for a cutover that has ended.

Rules of this file
* For a day the edges must go on showing the end: a write that nobody could fence may
  land late, and people change weights by hand.
* Nothing here ever raises a share.  After a rollback every weight beside blue is taken
  back; after a completion people are told, and nothing is written.
* What was found is saved before it is mended, and people are paged once for it, however
  often it comes back, until all edges are right again.
* A cutover that was begun later is never touched: the environment is asked once more
  when something is wrong.  None can begin after that, for prepare wants all blue.
* An edge that cannot be read fails, so that the heartbeat stays away: nobody may take
  silence for safety.
* Weights come before the proof of safety, which says nothing while they are wrong.
* DNS follows before it is proven, where no execution has brought it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shifter.core.edges import EdgeState
from shifter.core.errors import Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.notice import Severity
from shifter.core.phases import Action, Phase
from shifter.core.record import Record
from shifter.engine import all_blue
from shifter.engine.finish import provable_at, prove
from shifter.engine.observe import unable_edges
from shifter.engine.roll_back import bring_dns_back
from shifter.engine.saving import deliver, save
from shifter.ports import Ports

WATCHED = timedelta(hours=24)
"""How long after its end a cutover is looked after."""
_TOPIC = "weights after the end"

Moved = Mapping[str, EdgeState]
"""Edges that do not show the end any more."""


def look_after(record: Record, ports: Ports, *, alone: bool) -> None:
    """Look once at a cutover that has ended.

    `alone` says that no execution goes on with it: then the proof of safety, and
    notices that were not sent, are our business too.  Raises Unavailable when an edge
    cannot be read.
    """
    now = ports.clock.now()
    if record.ended_at is None or now - record.ended_at > WATCHED:
        return
    states = ports.edges.read()
    moved = _moved(record, states)
    if moved:
        _answer(record, moved, ports)
    elif record.paged == _TOPIC:
        _save(record, ports, action="watch", reason="every edge is right again")
    elif alone and record.phase is Phase.ROLLED_BACK and record.proof is None:
        bring_dns_back(record, ports)
        prove(record, ports, actor="watchdog")
    elif alone:
        deliver(ports, record)
    for edge, state in sorted(states.items()):
        if isinstance(state, Unreadable):
            raise Unavailable("read", edge, state.detail)


def _moved(record: Record, states: Mapping[str, EdgeState | Unreadable]) -> Moved:
    [expected] = record.expected
    return {
        edge: state
        for edge, state in sorted(states.items())
        if isinstance(state, EdgeState) and not state.weights.matches(expected)
    }


def _answer(record: Record, moved: Moved, ports: Ports) -> None:
    if ports.store.environment(record.environment).latest != record.cutover_id:
        return
    known = record.paged == _TOPIC
    shown = "; ".join(
        f"{edge} shows {state.weights.told} after the end"
        for edge, state in moved.items()
    )
    if record.phase is Phase.ROLLED_BACK:
        _bring_back(record, moved, shown, ports, page=not known)
    elif known:
        deliver(ports, record)  # whoever found it may have died before it was sent
    else:
        told = f"{shown}: nobody but a shift may raise a share"
        _save(
            record,
            ports,
            action="watch",
            reason=told,
            paged=_TOPIC,
            notify=Severity.PAGE,
        )


def _bring_back(
    record: Record, moved: Moved, shown: str, ports: Ports, *, page: bool
) -> None:
    """Write all blue again; what was proven has to be proven anew."""
    unable = unable_edges(ports)
    record = _save(
        record,
        ports,
        action=Action.ROLL_BACK,
        reason=f"{shown}: making it all blue again",
        paged=_TOPIC,
        notify=Severity.PAGE if page else None,
        send=False,  # a page takes its time, and comes after the write
    )
    wrong = all_blue.write(moved, ports, unable)
    left = {edge: problem for edge, problem in wrong.items() if edge in moved}
    now = ports.clock.now()
    again = {
        "proof": None,
        "rollback": record.way_back.model_copy(update={"verified_at": now}),
        "look_again_at": provable_at(now),
    }
    _save(
        record.model_copy(update={} if left else again),
        ports,
        action="verify",
        reason=f"not all blue yet: {all_blue.told(left)}" if left else "all blue again",
        paged=_TOPIC,
        notify=Severity.PAGE if page and left else None,
    )


def _save(
    record: Record,
    ports: Ports,
    *,
    action: str,
    reason: str,
    paged: str = "",
    notify: Severity | None = Severity.INFO,
    send: bool = True,
) -> Record:
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
    return deliver(ports, saved) if send else saved
