"""Examples: the otters move to the other bank of the river.

Every name is told only once, so that a failing test points at its case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shifter.core.case import Case
from shifter.core.edges import EdgeState, Found
from shifter.core.gates.gate import Judgement, Reading, Situation, State, Verdict
from shifter.core.lanes import Weights
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.phases import Phase
from shifter.core.plan import Plan, parse_plan
from shifter.core.record import Baseline, Record, Rollback

NOW = datetime(2027, 3, 20, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def plan_document(**changes: Any) -> dict[str, Any]:
    """A valid plan of three steps, as its operator writes it."""
    document: dict[str, Any] = {
        "name": "Otters cross the river",
        "environment": "riverbank",
        "steps": [
            {"share": "5 %", "bake": "10m"},
            {"share": "50 %", "dns_share": "50 %", "bake": "30m"},
            {"share": "100 %"},
        ],
        "gates": [
            {
                "kind": "alarm",
                "name": "croaking",
                "alarm": "frogs-complain",
                "lane": "green",
                "on_alarm": "roll_back",
            },
            {
                "kind": "replication",
                "name": "echo",
                "task": "valley",
                "hold_above": "30s",
                "breach_above": "2m",
            },
            {"kind": "targets", "name": "burrows", "lane": "green"},
            {"kind": "sufficiency", "name": "headcount", "minimum_requests": 400},
            {
                "kind": "approval",
                "name": "elder",
                "before": "50 %",
                "deadline": "8h",
                "on_deadline": "roll_back",
            },
        ],
        "final_bake": "6h",
    }
    return document | changes


def plan(**changes: Any) -> Plan:
    return parse_plan(plan_document(**changes))


OTTERS = plan()

ABORT = Abort(by="Hazel", at=NOW, reason="the water is rising")
PAUSE = Pause(by="Bramble", at=NOW, reason="lunch")
RESUME = Resume(by="Fern", at=NOW, reason="lunch is over")
APPROVED = Answer(
    gate="elder", approved=True, by="Old Willow", at=NOW, reason="the ice holds"
)
DECLINED = Answer(
    gate="elder", approved=False, by="Grey Heron", at=NOW, reason="the ice cracks"
)

BASELINE = Baseline(
    edges={
        "edge-1": EdgeState(weights=Weights(blue=1), stickiness_seconds=60),
        "edge-2": EdgeState(weights=Weights(blue=1)),
    },
    dns_share=10,
    capacity={"running": 6, "edge-1": 6, "edge-2": 6},
)


def record(phase: Phase = Phase.BAKING, step: int = 1, **changes: Any) -> Record:
    """A record in some phase, with what such a record always has."""
    usual: dict[str, Any] = {
        "cutover_id": "otters-1",
        "environment": "riverbank",
        "plan": OTTERS,
        "started_by": "Hazel",
        "started_at": NOW - HOUR,
        "phase": phase,
        "step": step,
        "look_again_at": NOW,
        "baseline": BASELINE,
        "reason": f"last time it was {phase.value.lower()}",
    }
    if phase is Phase.BAKING:
        usual |= {"settled_at": NOW - MINUTE, "bake_from": NOW - MINUTE}
    if phase in {Phase.ROLLING_BACK, Phase.ROLLBACK_STUCK, Phase.ROLLED_BACK}:
        usual["rollback"] = Rollback(since=NOW, reason="a heron stood in the way")
    return Record.model_validate(usual | changes)


def baked(step: int = 1, **changes: Any) -> Record:
    """A record whose present step has just baked for long enough."""
    begun: Plan = changes.get("plan", OTTERS)
    since = NOW - begun.bake(step)
    return record(
        Phase.BAKING, step, **({"settled_at": since, "bake_from": since} | changes)
    )


_STATES = {Verdict.PASS: State.GOOD, Verdict.WAIT: State.BAD, Verdict.BREACH: State.BAD}


def judgement(
    gate: str,
    verdict: Verdict = Verdict.PASS,
    detail: str = "as told",
    *,
    kind: str = "alarm",
    state: State | None = None,
) -> Judgement:
    return Judgement(
        gate=gate,
        kind=kind,
        reading=Reading(state=state or _STATES[verdict], detail=detail),
        verdict=verdict,
    )


def judgements(of: Record, *but: Judgement) -> tuple[Judgement, ...]:
    """A pass of every gate of the record's plan, but for those that are given."""
    told = {judged.gate: judged for judged in but}
    return tuple(
        told.get(gate.name, judgement(gate.name, kind=gate.kind))
        for gate in of.plan.all_gates
    )


def case(
    of: Record,
    *but: Judgement,
    now: datetime = NOW,
    found: Mapping[str, Found] | None = None,
    degraded: str | None = None,
) -> Case:
    """A case in which all gates pass, but for those that are given."""
    return Case.about(
        of,
        judgements=judgements(of, *but),
        now=now,
        found={"edge-1": Found.SAME, "edge-2": Found.SAME} if found is None else found,
        degraded=degraded,
    )


def situation(**changes: Any) -> Situation:
    """Where a cutover stands; by default nothing is known but the time."""
    return Situation(now=NOW, **changes)
