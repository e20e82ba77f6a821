"""Observing: every gate is looked at once, and every reader is asked once."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from shifter.core.edges import Found
from shifter.core.errors import AwsError
from shifter.core.gates.gate import Gate, Judgement, Unreadable
from shifter.core.lanes import Lane
from shifter.core.record import Record
from shifter.ports import Ports, Reader

Seen = dict[str, Any]
"""What was seen, by gate name; None for gates that look at the record only."""


def observe(ports: Ports, record: Record, now: datetime) -> Seen:
    """Ask the readers of all gates of the plan; a gate without answer is Unreadable."""
    seen: Seen = {}
    gates = record.plan.all_gates
    situations = {gate.name: record.situation(gate, now) for gate in gates}
    asked: dict[Reader, list[Gate[Any]]] = {}
    for gate in sorted(gates, key=attrgetter("kind")):
        if gate.from_record:
            seen[gate.name] = None
        else:
            asked.setdefault(ports.readers[gate.kind], []).append(gate)
    for reader, its_gates in asked.items():
        answers = reader.read(its_gates, situations)
        for gate in its_gates:
            seen[gate.name] = answers.get(gate.name, Unreadable("no answer"))
    return seen


def judge(record: Record, seen: Seen, now: datetime) -> tuple[Judgement, ...]:
    """Let every gate judge what was seen, in the plan's order."""
    return tuple(
        gate.judge(seen[gate.name], record.situation(gate, now))
        for gate in record.plan.all_gates
    )


def find(record: Record, seen: Seen, now: datetime) -> dict[str, Found]:
    """How each edge differs from the record."""
    gate = record.plan.standing.weights
    if isinstance(seen[gate.name], Unreadable):
        return dict.fromkeys(record.baseline.edges, Found.UNREADABLE)
    return gate.find(seen[gate.name], record.situation(gate, now))


def unable_edges(ports: Ports) -> tuple[str, ...]:
    """Edges where blue has no healthy target and another lane has some.

    Writing all blue there would be the outage.  When health cannot be read, no edge is
    counted out: going back matters more than an unanswered question.
    """
    try:
        blue = ports.edges.targets(Lane.BLUE).healthy
        empty = {edge for edge, healthy in blue.items() if healthy == 0}
        if not empty:
            return ()
        others = [
            ports.edges.targets(lane).healthy
            for lane in ports.topology.lanes
            if lane is not Lane.BLUE
        ]
    except AwsError:
        return ()
    return tuple(
        sorted(edge for edge in empty if any(healthy.get(edge) for healthy in others))
    )
