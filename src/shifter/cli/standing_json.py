"""Where a cutover stands, as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shifter.cli.following import View
from shifter.cli.next_steps import what_next
from shifter.cli.pictures import reading
from shifter.ports import Holder


def document(view: View) -> dict[str, Any]:
    """The same for programs; times in UTC, shares in per mille."""
    record = view.record
    ends_at = view.bake_ends_at
    return {
        "cutover_id": record.cutover_id,
        "environment": record.environment,
        "now": view.now.isoformat(),
        "plan": record.plan.name,
        "phase": record.phase,
        "ended": view.ended,
        "step": record.step,
        "steps": len(record.plan.steps),
        "share_per_mille": record.expected[-1].share,
        "step_share_per_mille": record.split.share,
        "shares_per_mille": [step.share for step in record.plan.steps],
        "started_by": record.started_by,
        "started_at": record.started_at.isoformat(),
        "reason": record.reason,
        "bake_ends_at": None if ends_at is None else ends_at.isoformat(),
        "baked": view.baked,
        "waiting": {g: at.isoformat() for g, at in sorted(record.waiting.items())},
        "deadlines": dict(_deadlines(view)),
        "paused": _order(record.pause),
        "aborted": _order(record.abort),
        "look_again_at": record.look_again_at.isoformat(),
        "nobody_looks": view.nobody_looks,
        "intended_weights": [split.model_dump() for split in record.expected],
        "live_weights": {
            edge: weights.model_dump() for edge, weights in view.live.weights.items()
        },
        "live_weights_problem": view.live.problem or None,
        "set_by_hand": {
            edge: weights.model_dump() for edge, weights in record.adopted.items()
        },
        "gates_read_at": None if view.judged_at is None else view.judged_at.isoformat(),
        "gates": [
            {
                "gate": judged.gate,
                "kind": judged.kind,
                "verdict": judged.verdict.name,
                "reading": reading(judged),
            }
            for judged in view.judgements
        ],
        "rollback": None
        if record.rollback is None
        else record.rollback.model_dump(mode="json"),
        "proof": None if record.proof is None else record.proof.model_dump(mode="json"),
        "lock": lock_document(view.holder),
        "version": record.version,
        "journal_length": record.journal_length,
        "journal_head": record.journal_head,
        "next": what_next(view),
    }


def _deadlines(view: View) -> Iterator[tuple[str, dict[str, str]]]:
    """When each gate that waits has waited too long, and what happens then."""
    plan = view.record.plan
    waiting = view.record.waiting
    for gate in plan.all_gates:
        if gate.name in waiting:
            at = waiting[gate.name] + plan.deadline(gate)
            yield gate.name, {"at": at.isoformat(), "then": gate.on_deadline}


def lock_document(held: Holder | None) -> dict[str, Any] | None:
    """Who holds the environment, for programs."""
    if held is None:
        return None
    return {
        "holder": held.holder,
        "since": held.since.isoformat(),
        "until": None if held.expires_at is None else held.expires_at.isoformat(),
    }


def _order(order: Any) -> dict[str, Any] | None:
    return None if order is None else order.model_dump(mode="json")
