"""Readiness: everything that must be true before a cutover may start, looked at once.

`prepare` and `preflight` both stand on it, so what a preflight calls ready is what a
start accepts.  It only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from shifter.core.directive import SOONEST
from shifter.core.edges import DnsState, EdgeState
from shifter.core.errors import AwsError, Problem
from shifter.core.gates.gate import Judgement, Unreadable
from shifter.core.gates.replication import ReplicationGate
from shifter.core.gates.rotation import NoAnswer, RotationGate, RotationSeen
from shifter.core.gates.targets import TargetsGate
from shifter.core.lanes import ALL_BLUE
from shifter.core.phases import Phase
from shifter.core.plan import Plan
from shifter.core.record import Baseline, Record
from shifter.core.topology import Topology
from shifter.engine.active import occupant
from shifter.engine.observe import Seen, judge, observe
from shifter.engine.saving import EVENTS_PER_VERB
from shifter.ports import Holder, Ports, Rotations

LONGEST_TTL_SECONDS = 60

_ROTATION = RotationGate()

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What was found."""

    problems: tuple[Problem, ...]
    """Everything that the plan or the world must change, in the order of the checks."""
    draft: Record | None = None
    """What the first save would save; None for a plan that fits another topology."""
    judgements: tuple[Judgement, ...] = ()
    holder: Holder | None = None
    """Who has the environment now, if somebody does."""
    failures: Mapping[str, AwsError] = field(default_factory=dict)
    """What the baseline needs and could not be asked for, by the gate that watches it.

    It says nothing about plan or world: asked again, AWS may answer.
    """


def look(
    plan: Plan,
    ports: Ports,
    *,
    cutover_id: str,
    started_by: str,
    now: datetime,
    keep_rotations_out: bool = False,
) -> Readiness:
    """Look at everything once.

    With `keep_rotations_out` no password is rotated any more when nothing at all is in
    the way of the start; without it nothing is changed.
    """
    misfits = tuple(_of_topology(plan, ports.topology))
    if misfits:
        return Readiness(problems=misfits)
    holder = occupant(plan.environment, ports)
    failures: dict[str, AwsError] = {}

    def ask(gate: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except AwsError as error:
            failures[gate] = error
            return None

    standing = plan.standing
    edges = ask(standing.weights.name, ports.edges.read) or {}
    dns = ask(standing.dns_settled.name, ports.dns.read)
    capacity = ask(standing.capacity.name, ports.capacity.counts) or {}
    draft = Record(
        cutover_id=cutover_id,
        environment=plan.environment,
        plan=plan,
        started_by=started_by,
        started_at=now,
        phase=Phase.PREPARED,
        look_again_at=now + SOONEST,
        history_events=EVENTS_PER_VERB,
        baseline=Baseline(
            edges={n: s for n, s in edges.items() if isinstance(s, EdgeState)},
            dns_share=dns.share() if dns else None,
            capacity=dict(capacity),
        ),
        reason="prepared",
        decided=1,
    )
    seen = observe(ports, draft, now)
    problems = (*_of_edges(edges), *_of_dns(dns), *_of_gates(draft, seen, failures))
    judgements = judge(draft, seen, now)
    if ports.rotations is not None:
        free = not (problems or failures or holder)
        answer = _ask(ports.rotations, draft, keep_out=keep_rotations_out and free)
        situation = draft.situation(_ROTATION, now)
        judgements = (*judgements, _ROTATION.judge(answer, situation))
        refusal = _ROTATION.refusal(answer, situation)
        problems = problems if refusal is None else (*problems, refusal)
    return Readiness(
        problems=problems,
        draft=draft,
        judgements=judgements,
        holder=holder,
        failures=failures,
    )


def _ask(rotations: Rotations, draft: Record, *, keep_out: bool) -> RotationSeen:
    """Ask whether passwords let this cutover begin; with `keep_out` they wait, then."""
    try:
        if keep_out:
            return rotations.prepare(draft.cutover_id, draft.plan.lasts)
        return rotations.look(draft.plan.lasts)
    except AwsError as error:
        return NoAnswer(str(error))


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
        if gate.name == _ROTATION.name and topology.rotation != "none":
            yield Problem(
                f"gates.{number}.name",
                gate.name,
                "taken by the gate that the topology implies: give it another name",
            )
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
                f"shows {state.weights.told}",
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


def _of_gates(draft: Record, seen: Seen, said: Container[str]) -> Iterator[Problem]:
    """What the gates themselves say against starting."""
    edges = draft.plan.standing.weights.name
    for gate in draft.plan.all_gates:
        if gate.name == edges or gate.name in said:
            continue  # edges are told one by one
        problem = gate.refusal(seen[gate.name], draft.situation(gate, draft.started_at))
        if problem is not None:
            yield problem
