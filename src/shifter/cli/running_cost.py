"""What a run costs: calls to AWS, state transitions and dollars, from the plan alone.

It is a small model, held against a played run by a test.  What it assumes: nothing
waits longer than its bake, there are two edges, a function has 1 GB and runs for a
second, and what is stored has the size that it has in the sandbox.  What runs anyway is
left out: the watchdog, the alarms, and the calls of the state machine to its functions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shifter.cli import prices
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.intervals import INTERVAL, SETTLE
from shifter.core.plan import Plan

EDGES = 2
FUNCTION_GB = 1.0
FUNCTION_SECONDS = 1

# What a look calls whatever the plan says: topology, record, save.
_ALWAYS = 3
# By kind of gate: calls of one look for all gates of the kind, or for each.
_FOR_ALL: Mapping[str, int] = {
    "alarm": 1,
    "capacity": 1 + EDGES,
    "dns_settled": 1,
    "replication": 2,
    "weights": 1,
}
_FOR_EACH: Mapping[str, int] = {
    "calendar": 1,
    "line": 1,
    "targets": EDGES,
    "watchdog": 1,
}
# A step: topology, record, two saves, two looks at the rules, targets and writes of
# each edge, and two notices of three calls each.
_A_STEP = 1 + 1 + 2 + 2 + 2 * EDGES + 2 * 3
_METRICS_OF_A_TASK = 2
_LANES = 2
_METRICS_OF_TRAFFIC = _LANES * EDGES

# Wait, Assess and Choose; Shift and Choose; the start's three and the end's three.
_TRANSITIONS_OF_A_LOOK = 3
_TRANSITIONS_OF_A_STEP = 2
_TRANSITIONS_AT_THE_ENDS = 6

# A save: record of 5 KB, entry of 3 KB and the lock, each twice for the transaction.
_WRITE_UNITS = 2 * (5 + 3 + 1)
_READ_UNITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCost:
    """A run in which nothing waits."""

    looks: int
    calls: int
    """Of Shifter's functions to AWS."""
    transitions: int
    dollars: Mapping[str, float]
    """By service."""

    @property
    def total_dollars(self) -> float:
        return sum(self.dollars.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What AWS charges a run for."""

    transitions: int
    """States that were entered."""
    runs: int
    """Of functions."""
    saves: int
    """Transactions that save record, journal entry and lock."""
    reads: int
    """Of the record."""
    metrics: float
    """Asked for by GetMetricData, one by one."""
    described: int
    """Calls of DescribeAlarms."""


def running_cost(plan: Plan) -> RunningCost:
    """The cost of a run of this plan."""
    steps = len(plan.steps)
    bakes = [plan.bake(step) for step in range(1, steps + 1)]
    # One more for each step, right after it settled, and the first of all.
    looks = sum(math.ceil(bake / plan.poll) + 1 for bake in bakes) + 1
    runs = looks + steps + 2  # of functions: each shift, the start and the end
    saves = looks + 2 * steps + 2
    # What closes during a bake: not its first minute, and not what settles after it.
    minutes = sum(max((bake - SETTLE) / INTERVAL - 1, 0.0) for bake in bakes)
    counting = min(float(looks), minutes) if _count(plan, "sufficiency") else 0.0
    compared = [_compared(plan, g) for g in plan.gates if isinstance(g, EvidenceGate)]
    calls = (
        (looks + 2) * _calls_of_a_look(plan)
        + steps * _A_STEP
        + counting
        + sum(reads for reads, _ in compared)
    )
    metrics = (
        looks * _METRICS_OF_A_TASK * _count(plan, "replication")
        + counting * _METRICS_OF_TRAFFIC
        + sum(reads * read for reads, read in compared)
    )
    described = looks * _described(plan)
    transitions = (
        looks * _TRANSITIONS_OF_A_LOOK
        + steps * _TRANSITIONS_OF_A_STEP
        + _TRANSITIONS_AT_THE_ENDS
    )
    charged = Charged(
        transitions=transitions,
        runs=runs,
        saves=saves,
        reads=runs,
        metrics=metrics,
        described=described,
    )
    return RunningCost(
        looks=looks,
        calls=round(calls),
        transitions=transitions,
        dollars=dollars(charged),
    )


def dollars(charged: Charged) -> Mapping[str, float]:
    """What it costs, by service."""
    gb_seconds = charged.runs * FUNCTION_SECONDS * FUNCTION_GB
    return {
        "Step Functions": prices.STATE_TRANSITION.of(charged.transitions),
        "Lambda": prices.LAMBDA_REQUEST.of(charged.runs)
        + prices.LAMBDA_GB_SECOND.of(gb_seconds),
        "DynamoDB": prices.DYNAMODB_WRITE_UNIT.of(charged.saves * _WRITE_UNITS)
        + prices.DYNAMODB_READ_UNIT.of(charged.reads * _READ_UNITS),
        "CloudWatch": prices.METRIC_REQUESTED.of(charged.metrics)
        + prices.CLOUDWATCH_REQUEST.of(charged.described),
    }


def _compared(plan: Plan, gate: EvidenceGate) -> tuple[float, int]:
    """How often an evidence gate reads, and how many metrics each time.

    It reads blue's past twice, and then what has closed, at most once in each look, as
    long as there is something on blue to compare with.
    """
    objective = gate.objective
    closed = max(objective.source.length, plan.poll)
    bakes = sum((plan.bake(n) for n in range(1, len(plan.steps))), timedelta())
    of_a_lane = 2 + len(objective.failures or ("errors",))
    return 2 + bakes / closed, EDGES * _LANES * of_a_lane


def _calls_of_a_look(plan: Plan) -> int:
    kinds = [gate.kind for gate in plan.all_gates]
    for_all = sum(_FOR_ALL.get(kind, 0) for kind in set(kinds))
    return _ALWAYS + for_all + sum(_FOR_EACH.get(kind, 0) for kind in kinds)


def _described(plan: Plan) -> int:
    """Calls of DescribeAlarms in one look."""
    return bool(_count(plan, "alarm")) + _count(plan, "watchdog")


def _count(plan: Plan, kind: str) -> int:
    return sum(gate.kind == kind for gate in plan.all_gates)
