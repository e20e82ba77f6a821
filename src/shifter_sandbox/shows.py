"""What a story lets people see besides its end.

Each function says what has to be seen; what it returns tells what was missing, or
nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shifter.core.gates.gate import Verdict
from shifter.core.phases import Action
from shifter_sandbox.repeats import REDRIVEN, SECOND

if TYPE_CHECKING:
    from shifter_sandbox.play import Played
    from shifter_sandbox.scenario import Shows


def held_for(gate: str) -> Shows:
    """An assessment held because of a gate."""

    def missing(played: Played) -> str:
        held = any(
            judged.gate == gate and judged.verdict is Verdict.WAIT
            for entry in played.journal
            if entry.action == Action.HOLD and entry.rule != "still_baking"
            for judged in entry.judgements
        )
        return "" if held else f"nothing was held for {gate}"

    return missing


def entries_of(actor: str, action: str) -> Shows:
    """The journal has an entry of somebody who did something."""

    def missing(played: Played) -> str:
        found = any((e.actor, e.action) == (actor, action) for e in played.journal)
        return "" if found else f"the journal has no {action} of {actor}"

    return missing


def died(function: str) -> Shows:
    """A function died in the middle of its work."""

    def missing(played: Played) -> str:
        found = any(
            (run.function, run.error) == (function, "Runtime.ExitError")
            for run in played.invocations
        )
        return "" if found else f"{function} never died"

    return missing


def paged_by(rule: str) -> Shows:
    """People were paged by a rule of the decision."""

    def missing(played: Played) -> str:
        found = any(
            (event["detail"]["severity"], event["detail"]["rule"]) == ("page", rule)
            for event in played.events
        )
        return "" if found else f"nobody was paged by {rule}"

    return missing


def told_who_holds(played: Played) -> str:
    """The second start is told who holds the environment, and since when."""
    began = played.journal[0].at.isoformat()
    told = [
        (other.status, other.error, str(other.cause))
        for other in played.others
        if other.name == SECOND
    ]
    if len(told) != 1:
        return "there was no second start"
    [(status, error, cause)] = told
    words = f"cutover:{played.record.cutover_id} since {began}"
    if (status, error) != ("FAILED", "LockHeld") or words not in cause:
        return f"the second start ended {status} ({error}): {cause}"
    return ""


def redriven_did_nothing(played: Played) -> str:
    """An old directive ends at once, and leaves no trace in the journal."""
    for other in played.others:
        if other.name == REDRIVEN:
            fast = other.duration < timedelta(seconds=10)
            ended = other.states[-1] in {"Superseded", "Completed", "RolledBack"}
            return "" if fast and ended else f"it went through {other.states}"
    return "nothing was redriven"


def redriven_ended(played: Played) -> str:
    """A second driver with the same right comes to the same end."""
    last = played.executions[-1]
    for other in played.others:
        if other.name == REDRIVEN:
            same = (last.status, last.error) == (other.status, other.error)
            return "" if same else f"it ended {other.status} ({other.error})"
    return "nothing was redriven"


def breaker_ignored(played: Played) -> str:
    """The breaker was invoked, and did nothing."""
    runs = [r for r in played.invocations if r.function == "Breaker"]
    if not runs:
        return "the breaker was never invoked"
    wrong = [r for r in runs if r.answer is not None or r.error is not None]
    return f"the breaker answered {wrong[0].answer}" if wrong else ""


def no_entry_of_the_breaker(played: Played) -> str:
    """What the breaker is told of is so old that nobody writes it down."""
    found = [e for e in played.journal if e.actor == "breaker"]
    return f"the breaker wrote entry {found[0].number}" if found else ""


def breaker_and_poll_met(played: Played) -> str:
    """Breaker and assessment ran at the same time, and one of them decided."""
    breakers = [r for r in played.invocations if r.function == "Breaker"]
    polls = [r for r in played.invocations if r.function == "Assess"]
    met = any(abs(b.at - p.at) < timedelta(seconds=1) for b in breakers for p in polls)
    if not met:
        return "breaker and poll never ran at the same second"
    decided = [
        e
        for e in played.journal
        if e.action == Action.ROLL_BACK and e.phase_before is not e.phase
    ]
    return "" if len(decided) == 1 else f"{len(decided)} decisions to go back"


def went_on_only_when_told(played: Played) -> str:
    """Between the page and the answer no step was begun."""
    paged = next((e.at for e in played.journal if e.rule == "deadline_page"), None)
    told = next((e.at for e in played.journal if e.rule == "ordered"), None)
    if paged is None or told is None:
        return "there was no page, or no answer"
    begun = any(e.rule == "next_step" and paged < e.at < told for e in played.journal)
    return "a step was begun although nobody had answered" if begun else ""
