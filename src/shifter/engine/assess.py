"""assess: observe, decide, save the intent.  It may not write weights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shifter.core.case import Case, Decision
from shifter.core.decide import decide
from shifter.core.directive import Directive, Next
from shifter.core.edges import Found
from shifter.core.gates.dns import DnsSeen
from shifter.core.gates.gate import OnDeadline, Verdict
from shifter.core.grounds import Grounds
from shifter.core.lanes import Weights
from shifter.core.notice import Severity
from shifter.core.orders import Pause
from shifter.core.phases import ENDS, Action, Phase, after
from shifter.core.record import Record, Rollback
from shifter.engine.observe import Seen, find, judge, observe, unable_edges
from shifter.engine.saving import (
    EVENTS_PER_VERB,
    deliver,
    direct,
    ending,
    load,
    save,
    superseded,
)
from shifter.ports import Ports


def assess(directive: Directive, ports: Ports, failure: str | None = None) -> Directive:
    """Decide what happens next.

    `failure` says what went wrong in the act before, if something did: then the
    assessment is degraded, which holds and pages, and leads out at the third in a row.
    """
    record = load(ports, directive.cutover_id)
    now = ports.clock.now()
    if record.owner != directive.owner:
        return superseded(directive)
    if record.phase in ENDS:
        return ending(record, ports)
    seen = observe(ports, record, now)
    case = Case.about(
        record,
        now=now,
        judgements=judge(record, seen, now),
        found=find(record, seen, now),
        degraded=failure,
    )
    decision = decide(case)
    changed = record.model_copy(
        update={
            **_learnt(record, case, decision, seen),
            **_intended(record, case, decision, seen, ports),
        }
    )
    saved = save(
        ports,
        changed,
        now=now,
        actor="assess",
        action=decision.action,
        rule=decision.rule,
        reason=decision.reason,
        before=record.phase,
        judgements=case.judgements,
        grounds=case.grounds,
        notify=_severity(record, changed, decision),
    )
    return _follow(deliver(ports, saved), decision, ports)


def _learnt(
    record: Record, case: Case, decision: Decision, seen: Seen
) -> dict[str, Any]:
    """What every assessment notes, whatever it decides."""
    return {
        "decided": record.version + 1,
        "reason": decision.reason,
        "paged": _topic(record, case, decision) if decision.page else "",
        "look_again_at": decision.look_again_at,
        "history_events": record.history_events + EVENTS_PER_VERB,
        "failures": _failures(case.grounds, decision),
        "waiting": case.waiting,
        "memories": {j.gate: j.memory for j in case.judgements if j.memory is not None},
        **_dns_learnt(record, case, seen),
    }


def _failures(grounds: Grounds, decision: Decision) -> int:
    """Failed acts in a row; an act is over when a look at the weights finds them right.

    A step that is still being made goes on counting, whatever it waits for.
    """
    if grounds.degraded is not None:
        return grounds.failures + 1
    at_rest = grounds.phase in {Phase.PREPARED, Phase.BAKING}
    return 0 if at_rest and decision.action is Action.HOLD else grounds.failures


def _dns_learnt(record: Record, case: Case, seen: Seen) -> dict[str, Any]:
    """Note when DNS was first INSYNC, and start the bake clock when it has settled."""
    name = record.plan.standing.dns_settled.name
    learnt: dict[str, Any] = {}
    change, answer = record.dns_change, seen[name]
    if (
        change is not None
        and change.insync_at is None
        and isinstance(answer, DnsSeen)
        and answer.insync
    ):
        learnt["dns_change"] = change.model_copy(update={"insync_at": case.now})
    settled = any(j.gate == name and j.verdict is Verdict.PASS for j in case.judgements)
    if record.phase is Phase.BAKING and record.bake_from is None and settled:
        learnt["bake_from"] = case.now
    return learnt


def _intended(
    record: Record, case: Case, decision: Decision, seen: Seen, ports: Ports
) -> dict[str, Any]:
    """What this decision intends."""
    phase = after(record.phase, decision.action)
    match decision.action:
        case Action.HOLD:
            return _adopted(record, case, seen) if decision.adopt else {}
        case Action.SHIFT:
            return {
                "phase": phase,
                "step": decision.step,
                "settled_at": None,
                "bake_from": None,
                "resume": None,
                # Only a resume overrules these, and shift writes only what it knows.
                "adopted": record.adopted | _shown(case, seen, Found.DIFFERENT),
            }
        case Action.ROLL_BACK:
            begun = record.rollback or Rollback(
                since=case.now, reason=decision.reason, unable=unable_edges(ports)
            )
            return {"phase": phase, "rollback": begun}
        case _:
            return {}  # complete: finish makes it true, after it has looked once more


def _adopted(record: Record, case: Case, seen: Seen) -> dict[str, Any]:
    """Take the lower weights as wanted, and pause until an operator resumes."""
    below = _shown(case, seen, Found.BELOW)
    pause = record.pause or Pause(
        by="shifter",
        at=case.now,
        reason="weights were lowered by hand: resume to restore the step, or abort",
    )
    return {"adopted": record.adopted | below, "pause": pause}


def _shown(case: Case, seen: Seen, found: Found) -> dict[str, Weights]:
    """The weights of the edges that differ from the record in this way."""
    states = seen[case.plan.standing.weights.name]
    return {
        edge: states[edge].weights
        for edge, is_ in case.grounds.found.items()
        if is_ is found
    }


def _topic(record: Record, case: Case, decision: Decision) -> str:
    """What a page is about; the same topic is not paged twice in a row.

    It names every gate that waited since the first page; overdue ones end with "!".
    A gate that comes and goes beside them is told once: whoever knows that an approval
    is overdue must not be paged anew by each datapoint of a restless lag.
    """
    rule, _, told = record.paged.partition(":")
    known = told.replace("!", "").split(",") if told and rule == decision.rule else []
    overdue = {gate for how in OnDeadline for gate in case.overdue(how)}
    gates = sorted({*known, *case.waiting})
    named = ",".join(f"{gate}!" if gate in overdue else gate for gate in gates)
    return f"{decision.rule}:{named}"


def _severity(record: Record, changed: Record, decision: Decision) -> Severity | None:
    if decision.page and changed.paged != record.paged:
        return Severity.PAGE
    if (record.phase, record.step) != (changed.phase, changed.step):
        return Severity.INFO
    return None


def _follow(record: Record, decision: Decision, ports: Ports) -> Directive:
    """The directive that makes the state machine follow the decision."""
    until: datetime = decision.look_again_at
    following = {
        Action.SHIFT: Next.SHIFT,
        Action.ROLL_BACK: Next.ROLL_BACK,
        Action.COMPLETE: Next.FINISH,
        Action.HOLD: Next.HOLD,
    }[decision.action]
    if following is Next.HOLD and record.history_events >= ports.history_limit:
        following = Next.HAND_OVER
    return direct(record, following, until)
