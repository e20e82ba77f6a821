"""DNS settled: Route 53 serves the new weights, and caches had time to follow.

The bake clock starts only when this gate passes: INSYNC (Route 53 API, `GetChange`)
plus one TTL.  Resolvers that ignore the TTL are why the share never depends on DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shifter.core.edges import DnsState
from shifter.core.gates.gate import Gate, Reading, Situation, State, Verdict
from shifter.core.lanes import percent


@dataclass(frozen=True, slots=True)
class DnsSeen:
    """The weighted pair, and whether the last change reached all servers.

    `state` is None where the topology has no weighted pair.
    """

    state: DnsState | None
    insync: bool = True


class DnsSettledGate(Gate[DnsSeen]):
    """Passes when the weights are the record's, INSYNC, and one TTL old.

    It passes while a step is still moving, too: its DNS weights are written last, so
    waiting for them would keep an interrupted shift from ever being carried out again.
    """

    kind: Literal["dns_settled"] = "dns_settled"
    name: Literal["dns_settled"] = "dns_settled"

    def look(self, seen: DnsSeen, situation: Situation) -> tuple[Reading, Verdict]:
        state, detail = _tell(seen, situation)
        return Reading(state=state, detail=detail, source="Route 53"), Verdict.WAIT


def _tell(seen: DnsSeen, situation: Situation) -> tuple[State, str]:
    if seen.state is None or situation.dns_share is None:
        return State.GOOD, "no weighted record"
    if situation.settled_at is None:
        return State.GOOD, "moves with the step"
    share = seen.state.share()
    if share != situation.dns_share:
        shown = "unknown" if share is None else percent(share)
        return (
            State.BAD,
            f"{shown} to edge-2, the record says {percent(situation.dns_share)}",
        )
    change = situation.dns_change
    if change is None:
        return State.GOOD, f"{percent(share)} to edge-2"
    if not seen.insync:
        return State.BAD, "change is PENDING"
    ttl = timedelta(seconds=seen.state.ttl_seconds)
    settles = (change.insync_at or situation.now) + ttl
    if situation.now < settles:
        left = (settles - situation.now).total_seconds()
        return State.BAD, f"INSYNC, caches expire in {left:.0f} s"
    return State.GOOD, f"{percent(share)} to edge-2"
