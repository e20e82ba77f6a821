"""A plan as one JSON document for programs: what the tables say.

Times are in seconds, shares in per mille.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shifter.cli.consequences import (
    can_roll_back,
    when_bad,
    when_no_data,
    when_overdue,
    when_unreadable,
)
from shifter.cli.forecast import Forecast, StepForecast
from shifter.core.gates.gate import Gate
from shifter.core.lanes import Lane
from shifter.core.plan import Plan


def as_json(plan: Plan, forecast: Forecast) -> dict[str, Any]:
    """The whole document."""
    safe = forecast.time_to_safe
    return {
        "plan": plan.name,
        "environment": plan.environment,
        "requests_per_hour": forecast.requests_per_hour,
        "steps": [_step_json(step) for step in forecast.steps],
        "totals": {
            "all_on_green_after_seconds": _seconds(forecast.all_on_green_at),
            "complete_after_seconds": _seconds(forecast.ends_at),
            "requests_on_green_before_the_last_step": (
                forecast.requests_before_the_last_step
            ),
            "time_to_safe_seconds": _seconds(safe.total),
            "time_to_safe_parts_seconds": {
                "until_the_next_look": _seconds(safe.unseen),
                "look": _seconds(safe.look),
                "write": _seconds(safe.write),
                "read_back": _seconds(safe.read_back),
            },
            "looks": forecast.cost.looks,
            "aws_calls": forecast.cost.calls,
            "state_transitions": forecast.cost.transitions,
            "cost_usd": round(forecast.cost.total_dollars, 4),
            "cost_usd_by_service": {
                name: round(part, 4) for name, part in forecast.cost.dollars.items()
            },
        },
        "gates": [_gate_json(gate, plan) for gate in plan.all_gates],
    }


def _step_json(step: StepForecast) -> dict[str, Any]:
    dns = step.dns_weights
    return {
        "step": step.number,
        "share_per_mille": step.split.share,
        "lanes_per_mille": step.split.model_dump(),
        "edge_weights": {lane.value: step.weights.of(lane) for lane in Lane},
        "dns_share_per_mille": step.dns_share,
        "dns_weights": None if dns is None else {"edge-1": dns[0], "edge-2": dns[1]},
        "bake_seconds": _seconds(step.bake),
        "earliest_start_seconds": _seconds(step.starts_at),
        "requests_on_green": step.requests,
        "exposed_requests": step.exposed,
        "slow": [
            {
                "gate": slow.gate,
                "minimum_requests": slow.minimum_requests,
                "expected_seconds": _seconds(slow.expected),
            }
            for slow in step.slow
        ],
    }


def _gate_json(gate: Gate[Any], plan: Plan) -> dict[str, Any]:
    deadline = plan.deadline(gate)
    overdue = when_overdue(gate, deadline)
    return {
        "gate": gate.name,
        "kind": gate.kind,
        "standing": gate not in plan.gates,
        "can_roll_back": can_roll_back(gate),
        "bad": [{"when": bad.when, "then": bad.then} for bad in when_bad(gate)],
        "no_data": when_no_data(gate),
        "unreadable": when_unreadable(gate),
        "deadline_seconds": _seconds(deadline),
        "on_deadline": overdue.then,
    }


def _seconds(value: timedelta) -> int:
    return int(value.total_seconds())
