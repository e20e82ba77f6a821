"""Stories of what people do: orders, approvals, edits by hand, second starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from shifter.core.lanes import percent
from shifter_sandbox import people, repeats
from shifter_sandbox.scenario import (
    MINUTE,
    QUICK,
    End,
    Onset,
    Scenario,
    shipped_gates,
    when,
)
from shifter_sandbox.shows import (
    held_for,
    paged_by,
    told_who_holds,
    went_on_only_when_told,
)

APPROVES = people.answer("half", approved=True, reason="numbers look good")
DECLINES = people.answer("half", approved=False, reason="not on a Friday")


def _approval(before: str = "50 %", **more: Any) -> dict[str, Any]:
    gate = {"kind": "approval", "name": "half", "before": before, **more}
    return {"gates": shipped_gates(gate)}


EDIT_HIGHER = Scenario(
    "edit-higher",
    "somebody raises green by hand at one edge",
    End.ROLLED_BACK,
    (when("edge-2 is raised by hand", people.raise_("edge-2")),),
    because="weights",
)
EDIT_LOWER = Scenario(
    "edit-lower",
    "somebody moves an edge to safety by hand; an operator resumes",
    End.COMPLETED,
    (
        when("edge-1 is halved by hand", people.lower("edge-1"), 250),
        when("the operator resumes", people.resume, 250, 4 * MINUTE),
    ),
    shows=(paged_by("weights_below"),),
)
EDIT_OTHER_LANE = Scenario(
    "edit-other-lane",
    "somebody sends requests to a lane that the plan does not use",
    End.ROLLED_BACK,
    (when("edge-1 uses canary", people.use_canary("edge-1")),),
    parts={"canary": True},
    because="weights",
)
EDIT_UNKNOWN_TARGETS = Scenario(
    "edit-unknown-targets",
    "somebody sends requests to targets that the topology does not name",
    End.ROLLED_BACK,
    (when("edge-2 uses other targets", people.use_unknown_targets("edge-2")),),
    because="unknown target groups",
)
EDIT_DNS = Scenario(
    "edit-dns",
    "somebody sends all DNS answers to one edge; it holds until that is undone",
    End.COMPLETED,
    (
        when("DNS is edited by hand", people.edit_dns(0, 1)),
        when("DNS is brought back", people.restore_dns, later=9 * MINUTE),
    ),
    shows=(held_for("dns_settled"),),
)
LOCK_DELETED = Scenario(
    "lock-deleted",
    "somebody deletes the environment's lock: nothing goes on without it",
    End.ROLLED_BACK,
    (when("the lock is deleted", people.delete_lock),),
    because="held by nobody",
)
ABORTED = Scenario(
    "aborted",
    "an operator wants to go back",
    End.ROLLED_BACK,
    (when("the operator aborts", people.abort),),
    because="aborted",
)
PAUSED = Scenario(
    "paused",
    "an operator pauses, and resumes",
    End.COMPLETED,
    (
        when("the operator pauses", people.pause),
        when("the operator resumes", people.resume, later=9 * MINUTE),
    ),
    shows=(held_for("hold"),),
)
APPROVED = Scenario(
    "approved",
    "half of the traffic needs an approval, which comes late",
    End.COMPLETED,
    (when("grace approves", APPROVES, 250, 9 * MINUTE),),
    plan=_approval(),
)
DECLINED = Scenario(
    "declined",
    "half of the traffic needs an approval, which is declined",
    End.ROLLED_BACK,
    (when("grace declines", DECLINES, 250, 3 * MINUTE),),
    plan=_approval(),
    because="declined",
)
APPROVAL_NEVER = Scenario(
    "approval-never",
    "nobody answers, and the plan says what that means: back",
    End.ROLLED_BACK,
    plan=_approval(deadline="10m", on_deadline="roll_back"),
    because="waited in vain, half for 10m",
)
APPROVAL_PAGED = Scenario(
    "approval-paged",
    "nobody answers, the plan holds and pages, and an operator gives up",
    End.ROLLED_BACK,
    (when("the operator aborts", people.abort, 250, 30 * MINUTE),),
    plan=_approval(deadline="10m", on_deadline="hold_and_page"),
    because="aborted",
    shows=(paged_by("deadline_page"), went_on_only_when_told),
)
SECOND_START = Scenario(
    "second-start",
    "somebody starts another cutover while this one runs",
    End.COMPLETED,
    (when("another cutover is started", repeats.start_second),),
    shows=(told_who_holds,),
)


def _asked_before_each(story: Scenario) -> Iterator[Scenario]:
    """The same story, with its approval before each step of the quick ladder."""
    for run, share in zip(QUICK.before_each(story), (500, 100, 1000), strict=True):
        [gate] = [g for g in story.plan["gates"] if g["kind"] == "approval"]
        gates = shipped_gates({**gate, "before": percent(share)})
        yield replace(run, plan={**run.plan, "gates": gates})


RUNS = (
    *QUICK.at_both_ends(EDIT_LOWER),
    EDIT_HIGHER,
    QUICK.at(EDIT_HIGHER, Onset.FIRST),
    *QUICK.at_each(EDIT_OTHER_LANE),
    *QUICK.at_each(EDIT_UNKNOWN_TARGETS),
    QUICK.at(EDIT_DNS, Onset.MIDDLE),
    QUICK.at(EDIT_DNS, Onset.LAST),
    *QUICK.at_each(LOCK_DELETED),
    *QUICK.at_each(ABORTED),
    *QUICK.at_each(PAUSED),
    APPROVED,
    DECLINED,
    *_asked_before_each(APPROVAL_NEVER),
    *_asked_before_each(APPROVAL_PAGED),
    *QUICK.at_each(SECOND_START),
)
