"""prepare: refuse what cannot work before anything is touched; then lock and begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from shifter.core.case import SOONEST
from shifter.core.directive import Directive, Next
from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import AwsError, LockHeld, NotReady, Problem, Refused
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.replication import ReplicationGate
from shifter.core.gates.targets import TargetsGate
from shifter.core.lanes import ALL_BLUE
from shifter.core.notice import Severity
from shifter.core.phases import ENDS, Phase
from shifter.core.plan import Plan
from shifter.core.record import Baseline, Record
from shifter.core.topology import Topology
from shifter.engine.observe import observe
from shifter.engine.roll_back import go_back
from shifter.engine.saving import EVENTS_PER_VERB, deliver, direct, save
from shifter.ports import Ports

LONGEST_TTL_SECONDS = 60


class Start(BaseModel):
    """An order to start a cutover; its id is the name of the execution."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cutover_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,70}$")
    plan: Plan
    started_by: str = Field(min_length=1, max_length=256)


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
            reason=f"scale-in of blue could not be suspended: {error}",
        )
    return direct(deliver(ports, record), Next.ASSESS, ports.clock.now())


def _begin(start: Start, ports: Ports) -> Record:
    """Save the first version of the record, which takes the lock."""
    now = ports.clock.now()
    plan, topology = start.plan, ports.topology
    problems = [*_of_topology(plan, topology)]
    if problems:
        raise NotReady(tuple(problems))
    held = ports.store.environment(plan.environment).holder
    if held is not None and held.holds(now):
        raise LockHeld(
            environment=plan.environment, holder=held.holder, since=held.since
        )
    edges, dns = ports.edges.read(), ports.dns.read()
    problems = [*_of_edges(edges), *_of_dns(dns)]
    draft = Record(
        cutover_id=start.cutover_id,
        environment=plan.environment,
        plan=plan,
        started_by=start.started_by,
        started_at=now,
        phase=Phase.PREPARED,
        look_again_at=now + SOONEST,
        history_events=EVENTS_PER_VERB,
        baseline=Baseline(
            edges={n: s for n, s in edges.items() if isinstance(s, EdgeState)},
            dns_share=dns.share() if dns else None,
            capacity=dict(ports.capacity.counts()),
        ),
        reason="prepared",
        decided=1,
    )
    problems += _of_gates(draft, ports, now)
    if problems:
        raise NotReady(tuple(problems))
    return save(
        ports,
        draft,
        now=now,
        actor=start.started_by,
        action="prepare",
        rule="ready",
        reason=f"{plan.name}: every check passed",
        before=None,
        notify=Severity.INFO,
    )


def _of_topology(plan: Plan, topology: Topology) -> Iterator[Problem]:
    if plan.environment != topology.environment:
        yield Problem(
            "environment",
            plan.environment,
            f"this Shifter moves {topology.environment}",
        )
    if plan.database != topology.database:
        yield Problem(
            "database", plan.database, f"the topology says {topology.database}"
        )
    if topology.dns is None and any(s.dns_share is not None for s in plan.steps):
        yield Problem(
            "steps", "dns_share", "the topology has no weighted record: leave it out"
        )
    for number, gate in enumerate(plan.gates):
        match gate:
            case ReplicationGate() if gate.task not in topology.replication:
                known = ", ".join(topology.replication) or "none"
                yield Problem(
                    f"gates.{number}.task", gate.task, f"the topology has {known}"
                )
            case TargetsGate() if gate.lane not in topology.lanes:
                yield Problem(
                    f"gates.{number}.lane",
                    gate.lane,
                    f"the topology has {', '.join(topology.lanes)}",
                )
            case _:
                pass


def _of_edges(edges: Mapping[str, EdgeState | Unreadable]) -> Iterator[Problem]:
    for name, state in sorted(edges.items()):
        if isinstance(state, Unreadable):
            yield Problem(name, state.detail, "must be readable")
        elif not state.weights.matches(ALL_BLUE):
            yield Problem(
                name,
                f"weights blue/canary/green {state.weights}",
                "a cutover starts from all blue: bring it back first",
            )


def _of_dns(dns: DnsState | None) -> Iterator[Problem]:
    if dns is None:
        return
    if dns.share() is None:
        yield Problem(
            "dns", f"weights {dict(dns.weights)}", "must give a whole per mille"
        )
    if dns.ttl_seconds > LONGEST_TTL_SECONDS:
        yield Problem(
            "dns", f"TTL {dns.ttl_seconds} s", f"at most {LONGEST_TTL_SECONDS} s"
        )


def _of_gates(draft: Record, ports: Ports, now: datetime) -> Iterator[Problem]:
    """What the gates themselves say against starting."""
    seen = observe(ports, draft, now)
    edges = draft.plan.standing.weights.name
    for gate in draft.plan.all_gates:
        if gate.name == edges:
            continue  # said already, edge by edge
        problem = gate.refusal(seen[gate.name], draft.situation(gate, now))
        if problem is not None:
            yield problem
