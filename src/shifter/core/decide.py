"""The decision: an ordered list of rules, the first that matches wins.

Only this module decides.  It is pure and total: for all grounds, judgements and moments
there is exactly one decision, with a reason that a person understands.  A breach beats
everything but an abort, which leads to the same place; nothing here looks again earlier
than ten seconds from now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil

from shifter.core.case import Case, Decision
from shifter.core.directive import ACTING, SOONEST
from shifter.core.edges import Found
from shifter.core.gates.gate import Judgement, OnDeadline, State, Verdict
from shifter.core.lanes import percent
from shifter.core.phases import ENDS, GOING_BACK, Action, Phase
from shifter.core.quantities import format_duration, span

FAILURES_ALLOWED = 2
"""Failed acts in a row that hold; one more leads out."""

_FOR_THE_NEXT_STEP = frozenset({"weights", "approval", "evidence", "sufficiency"})
"""Kinds of gates that do not keep a resume waiting: weights are what it mends, and the
others may wait for traffic or for a step that there cannot be before."""

Rule = Callable[[Case], Decision | None]


def decide(case: Case) -> Decision:
    """Decide what happens next; the first rule that matches wins."""
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return decision
    return _go_on(case)


def ended(case: Case) -> Decision | None:
    """A cutover that has ended is left alone."""
    if case.grounds.phase not in ENDS:
        return None
    return _hold(case, "ended", case.grounds.reason)


def already_going_back(case: Case) -> Decision | None:
    """Who is going back goes on going back."""
    if case.grounds.phase not in GOING_BACK:
        return None
    return _out(case, "already_going_back", case.grounds.reason)


def abort_ordered(case: Case) -> Decision | None:
    """An abort leads out, whatever else is true."""
    abort = case.grounds.abort
    if abort is None:
        return None
    return _out(case, "abort", f"{abort.by} aborted: {abort.reason}")


def breach(case: Case) -> Decision | None:
    """One breach leads out, whatever is baking or awaited."""
    breaches = case.of(Verdict.BREACH)
    if not breaches:
        return None
    return _out(case, "breach", _tell(breaches))


def failed_too_often(case: Case) -> Decision | None:
    """Three acts in a row that failed lead out."""
    grounds = case.grounds
    if grounds.degraded is None or grounds.failures < FAILURES_ALLOWED:
        return None
    failures = grounds.failures + 1
    return _out(
        case, "failed_too_often", f"{failures} acts in a row failed: {grounds.degraded}"
    )


def deadline_rolls_back(case: Case) -> Decision | None:
    """A gate that waited for too long leads out, where the plan says so."""
    overdue = case.overdue(OnDeadline.ROLL_BACK)
    if not overdue:
        return None
    return _out(case, "deadline", _tell_overdue(case, overdue))


def weights_below(case: Case) -> Decision | None:
    """Less traffic on green than recorded: adopt it, hold and page."""
    below = [edge for edge, found in case.grounds.found.items() if found is Found.BELOW]
    if not below:
        return None
    return _hold(
        case,
        "weights_below",
        f"somebody moved {' and '.join(sorted(below))} to safety by hand; adopted: "
        + _tell(tuple(j for j in case.judgements if j.kind == "weights")),
        page=True,
        adopt=True,
    )


def act_failed(case: Case) -> Decision | None:
    """An act that failed holds and pages; the next assessment tries again."""
    failure = case.grounds.degraded
    if failure is None:
        return None
    return _hold(case, "act_failed", f"the last act failed: {failure}", page=True)


def resume_ordered(case: Case) -> Decision | None:
    """An operator resumed: make the edges match the present step again."""
    resume, grounds = case.grounds.resume, case.grounds
    if resume is None or grounds.phase not in {Phase.BAKING, Phase.SHIFTING}:
        return None
    if any(judged.kind not in _FOR_THE_NEXT_STEP for judged in case.of(Verdict.WAIT)):
        return None
    return _shift(case, "resume", f"{resume.by} resumed: {resume.reason}", grounds.step)


def weights_different(case: Case) -> Decision | None:
    """Weights that nobody recorded hold and page, with the difference."""
    if Found.DIFFERENT not in case.grounds.found.values():
        return None
    return _hold(
        case,
        "weights_different",
        _tell(tuple(j for j in case.judgements if j.kind == "weights")),
        page=True,
    )


def deadline_pages(case: Case) -> Decision | None:
    """A gate that waited for too long pages, and goes on waiting."""
    overdue = case.overdue(OnDeadline.HOLD_AND_PAGE)
    if not overdue:
        return None
    return _hold(case, "deadline_page", _tell_overdue(case, overdue), page=True)


def gate_waits(case: Case) -> Decision | None:
    """One waiting gate holds everything."""
    waiting = case.of(Verdict.WAIT)
    if not waiting:
        return None
    return _hold(case, "gate_waits", f"waiting for {_tell(waiting)}")


def shift_under_way(case: Case) -> Decision | None:
    """A step that was intended and not read back yet is carried out again."""
    grounds = case.grounds
    if grounds.phase is not Phase.SHIFTING:
        return None
    return _shift(
        case,
        "shift_under_way",
        f"step {grounds.step} to {percent(case.split.share)} is not read back yet",
        grounds.step,
    )


def still_baking(case: Case) -> Decision | None:
    """A step that has not baked for long enough holds."""
    grounds, ends_at = case.grounds, case.bake_ends_at
    if grounds.phase is not Phase.BAKING:
        return None
    if ends_at is None:
        return _hold(case, "still_baking", "the bake clock starts now")
    if case.now >= ends_at:
        return None
    left = timedelta(seconds=ceil((ends_at - case.now).total_seconds()))
    return _hold(
        case,
        "still_baking",
        f"step {grounds.step} at {percent(case.split.share)} bakes for another "
        f"{span(left)}",
    )


def last_step_baked(case: Case) -> Decision | None:
    """After the last step has baked, the cutover is complete."""
    grounds = case.grounds
    if grounds.step < len(case.plan.steps):
        return None
    return Decision(
        action=Action.COMPLETE,
        rule="last_step_baked",
        reason="every step baked and every gate passed",
        look_again_at=case.now + ACTING,
        step=grounds.step,
    )


RULES: tuple[Rule, ...] = (
    ended,
    already_going_back,
    abort_ordered,
    breach,
    failed_too_often,
    deadline_rolls_back,
    weights_below,
    act_failed,
    resume_ordered,
    weights_different,
    deadline_pages,
    gate_waits,
    shift_under_way,
    still_baking,
    last_step_baked,
)


def _go_on(case: Case) -> Decision:
    grounds = case.grounds
    step = grounds.step + 1
    done = (
        f"step {grounds.step} baked and every gate passed"
        if grounds.step
        else "everything is ready"
    )
    return _shift(
        case,
        "next_step",
        f"{done}: on to {percent(case.plan.split(step).share)}",
        step,
    )


def _out(case: Case, rule: str, reason: str) -> Decision:
    """Back to blue: authority is blue for as long as there is no data cutover."""
    return Decision(
        action=Action.ROLL_BACK,
        rule=rule,
        reason=reason,
        look_again_at=case.now + ACTING,
        step=case.grounds.step,
        page=rule != "already_going_back",
    )


def _shift(case: Case, rule: str, reason: str, step: int) -> Decision:
    return Decision(
        action=Action.SHIFT,
        rule=rule,
        reason=reason,
        look_again_at=case.now + ACTING,
        step=step,
    )


def _hold(
    case: Case, rule: str, reason: str, *, page: bool = False, adopt: bool = False
) -> Decision:
    next_poll = case.now + case.plan.poll
    ends_at = case.bake_ends_at
    if ends_at is not None and case.now < ends_at:
        next_poll = min(next_poll, ends_at)
    return Decision(
        action=Action.HOLD,
        rule=rule,
        reason=reason,
        look_again_at=max(next_poll, case.now + SOONEST),
        step=case.grounds.step,
        page=page,
        adopt=adopt,
    )


def _tell(judgements: tuple[Judgement, ...]) -> str:
    return "; ".join(
        f"{judged.gate}{_STATES.get(judged.reading.state, '')}: {judged.reading.detail}"
        for judged in judgements
    )


_STATES = {State.NO_DATA: " has no data", State.UNREADABLE: " cannot be read"}


def _tell_overdue(case: Case, overdue: tuple[str, ...]) -> str:
    plan = case.plan
    gates = {gate.name: gate for gate in plan.all_gates}
    late = tuple(j for j in case.judgements if j.gate in overdue)
    limits = ", ".join(
        f"{name} for {format_duration(plan.deadline(gates[name]))}" for name in overdue
    )
    return f"waited in vain, {limits}: {_tell(late)}"
