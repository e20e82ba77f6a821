"""shift: make the edges match the intended step.  The only function that raises.

Weight writes cannot be fenced, so they are bounded in time: a run first claims its
intent by a conditional save, and writes only while the claim lasts.  It raises only
what it knows: an edge that shows neither the step before nor this step is left to
`assess`.
"""

from __future__ import annotations

from datetime import timedelta

from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import DnsChange, EdgeState, Found, compare
from shifter.core.errors import ClaimExpired, LaneUnhealthy, NotVerified
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Lane, percent
from shifter.core.notice import Severity
from shifter.core.phases import Action, Phase, after
from shifter.core.record import WRITE_SECONDS, Claim, Record
from shifter.engine.saving import (
    EVENTS_PER_VERB,
    deliver,
    direct,
    load,
    save,
    superseded,
)
from shifter.ports import Ports


def shift(directive: Directive, ports: Ports) -> Directive:
    """Write, read back, settle.

    Raises LaneUnhealthy, ClaimExpired or NotVerified when the world does not follow;
    the same directive may be carried out again.
    """
    record = load(ports, directive.cutover_id)
    now = ports.clock.now()
    if record.owner != directive.owner:
        return superseded(directive)
    stale = record.phase is not Phase.SHIFTING or record.decided != directive.version
    if stale or record.told_to_stop:
        return direct(record, Next.ASSESS, now)
    record, claim = _claim(record, ports)
    states = _readable(ports)
    if any(_unknown(record, edge, state) for edge, state in states.items()):
        return direct(record, Next.ASSESS, ports.clock.now())
    _check_lanes(record, states, ports)
    _write(record, claim, states, ports)
    record = _settle(record, _write_dns(record, ports), ports)
    return direct(deliver(ports, record), Next.HOLD, record.look_again_at)


def _claim(record: Record, ports: Ports) -> tuple[Record, Claim]:
    """Take the right to write weights, for a while."""
    now = ports.clock.now()
    until = now + timedelta(seconds=WRITE_SECONDS)
    if record.claim is not None:
        until = max(until, record.claim.until)
    claim = Claim(version=record.version + 1, until=until)
    saved = save(
        ports,
        record.model_copy(update={"claim": claim}),
        now=now,
        actor="shift",
        action="claim",
        rule="before_writing",
        reason=f"may write {percent(record.split.share)} until {until.isoformat()}",
        before=record.phase,
    )
    return saved, claim


def _readable(ports: Ports) -> dict[str, EdgeState]:
    """All edges' states; raises NotVerified when one cannot be read."""
    states: dict[str, EdgeState] = {}
    for edge, state in ports.edges.read().items():
        if isinstance(state, Unreadable):
            raise NotVerified(f"{edge} cannot be read: {state.detail}")
        states[edge] = state
    return states


def _unknown(record: Record, edge: str, state: EdgeState) -> bool:
    found = compare(state.weights, record.expected, record.adopted.get(edge))
    return found is not Found.SAME


def _check_lanes(record: Record, states: dict[str, EdgeState], ports: Ports) -> None:
    """Refuse to raise a lane that has no healthy target at some edge."""
    for lane in Lane:
        wanted = record.split.of(lane)
        raised = {
            edge
            for edge, state in states.items()
            if wanted * state.weights.total > state.weights.of(lane) * 1000
        }
        if not raised:
            continue
        healthy = ports.edges.targets(lane).healthy
        for edge in sorted(raised):
            if not healthy.get(edge):
                raise LaneUnhealthy(
                    f"{edge} has no healthy {lane} target: {lane} stays as it is"
                )


def _write(
    record: Record, claim: Claim, states: dict[str, EdgeState], ports: Ports
) -> None:
    """Write the step's weights to every edge, and read them back."""

    def still_allowed() -> None:
        if ports.clock.now() >= claim.until:
            raise ClaimExpired(
                f"the claim to write ended at {claim.until.isoformat()}: assess again"
            )

    failures = ports.edges.write(
        {edge: state.moved(record.split) for edge, state in states.items()},
        still_allowed,
    )
    wrong = {
        edge: state.weights
        for edge, state in _readable(ports).items()
        if not state.weights.matches(record.split)
    }
    if wrong:
        told = "; ".join(
            f"{edge} shows {weights.told}, not {record.split}"
            + (f" ({failures[edge]})" if edge in failures else "")
            for edge, weights in sorted(wrong.items())
        )
        raise NotVerified(told)


def _write_dns(record: Record, ports: Ports) -> DnsChange | None:
    """Ask for the step's DNS share if the step changes it; return the change."""
    share = record.dns_share
    before = record.plan.dns_share(record.step - 1)
    if share is None or share == (
        record.baseline.dns_share if before is None else before
    ):
        return record.dns_change
    change = ports.dns.write(share)
    return DnsChange(id=change, at=ports.clock.now())


def _settle(record: Record, dns_change: DnsChange | None, ports: Ports) -> Record:
    """Save the fact: the edges match the step."""
    now = ports.clock.now()
    return save(
        ports,
        record.model_copy(
            update={
                "phase": after(record.phase, Action.SETTLE),
                "settled_at": now,
                "bake_from": None,
                "dns_change": dns_change,
                "adopted": {},
                "waiting": {},
                "failures": 0,
                "reason": f"every edge shows {record.split}",
                "look_again_at": now + SOONEST,
                "history_events": record.history_events + EVENTS_PER_VERB,
            }
        ),
        now=now,
        actor="shift",
        action=Action.SETTLE,
        rule="read_back",
        reason=f"every edge shows {record.split}",
        before=record.phase,
        notify=Severity.INFO,
    )
