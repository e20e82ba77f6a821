from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from shifter.core.case import Case, Decision
from shifter.core.decide import RULES, decide
from shifter.core.directive import ACTING
from shifter.core.edges import Found
from shifter.core.gates.gate import State, Verdict
from shifter.core.phases import GOING_BACK, Action, Phase
from shifter.core.record import Claim
from tests.core.examples import (
    ABORT,
    HOUR,
    MINUTE,
    NOW,
    PAUSE,
    RESUME,
    SECOND,
    baked,
    case,
    judgement,
    plan,
    record,
)
from tests.core.grid import every_case
from tests.core.properties import OF_DECISIONS, OfDecision
from tests.core.strategies import cases

POLL = timedelta(seconds=20)
BELOW = {"edge-1": Found.BELOW, "edge-2": Found.SAME}
DIFFERENT = {"edge-1": Found.SAME, "edge-2": Found.DIFFERENT}
WEIGHTS = judgement(
    "weights", Verdict.WAIT, "edge-1: weights 1/0/0 (below)", kind="weights"
)
CROAKING = judgement("croaking", Verdict.BREACH, "in ALARM: loud frogs")
ECHO = judgement(
    "echo", Verdict.WAIT, "no lag", kind="replication", state=State.NO_DATA
)
ELDER = judgement(
    "elder", Verdict.WAIT, "approval awaited before 50 %", kind="approval"
)
HOLD = judgement("hold", Verdict.WAIT, "paused by Bramble: lunch", kind="hold")
HEADCOUNT = judgement(
    "headcount",
    Verdict.WAIT,
    "7 requests on green, at least 400 needed",
    kind="sufficiency",
    state=State.NO_DATA,
)


@pytest.mark.parametrize("holds", OF_DECISIONS, ids=lambda f: f.__name__)
def test_deciding_holds_in_every_corner(holds: OfDecision) -> None:
    for corner in every_case():
        holds(decide, corner)


@given(cases())
def test_deciding_holds_whatever_is_the_case(drawn: Case) -> None:
    for holds in OF_DECISIONS:
        holds(decide, drawn)


# --- one example for each rule, in their order --------------------------------


def _hold(rule: str, reason: str, *, step: int = 1, **changes: Any) -> Decision:
    return Decision(
        action=Action.HOLD,
        rule=rule,
        reason=reason,
        step=step,
        **({"look_again_at": NOW + POLL} | changes),
    )


def _out(rule: str, reason: str, *, page: bool = True, step: int = 1) -> Decision:
    return Decision(
        action=Action.ROLL_BACK,
        rule=rule,
        reason=reason,
        look_again_at=NOW + ACTING,
        step=step,
        page=page,
    )


def _shift(rule: str, reason: str, step: int) -> Decision:
    return Decision(
        action=Action.SHIFT,
        rule=rule,
        reason=reason,
        look_again_at=NOW + ACTING,
        step=step,
    )


EXAMPLES: dict[str, tuple[Case, Decision]] = {
    "completed, so it is left alone, even by an abort": (
        case(record(Phase.COMPLETED, 3, abort=ABORT), CROAKING),
        _hold("ended", "last time it was completed", step=3),
    ),
    "rolled back, so it is left alone": (
        case(record(Phase.ROLLED_BACK), CROAKING),
        _hold("ended", "last time it was rolled_back"),
    ),
    "going back goes on going back": (
        case(record(Phase.ROLLING_BACK, abort=ABORT), ECHO),
        _out("already_going_back", "last time it was rolling_back", page=False),
    ),
    "a way back that is stuck is tried again": (
        case(record(Phase.ROLLBACK_STUCK, 2), degraded="edge-1 refuses"),
        _out(
            "already_going_back", "last time it was rollback_stuck", page=False, step=2
        ),
    ),
    "an abort beats a breach": (
        case(record(abort=ABORT), CROAKING),
        _out("abort", "Hazel aborted: the water is rising"),
    ),
    "an abort before the first step": (
        case(record(Phase.PREPARED, 0, abort=ABORT)),
        _out("abort", "Hazel aborted: the water is rising", step=0),
    ),
    "a breach beats an approval, a pause and failures": (
        case(
            baked(pause=PAUSE, failures=2),
            CROAKING,
            ELDER,
            HOLD,
            degraded="edge-2 refuses",
        ),
        _out("breach", "croaking: in ALARM: loud frogs"),
    ),
    "a breach while a step is moving": (
        case(record(Phase.SHIFTING, 2), CROAKING),
        _out("breach", "croaking: in ALARM: loud frogs", step=2),
    ),
    "all breaches are told": (
        case(
            record(),
            CROAKING,
            judgement(
                "burrows", Verdict.BREACH, "no edge answered", state=State.UNREADABLE
            ),
        ),
        _out(
            "breach",
            "croaking: in ALARM: loud frogs; burrows cannot be read: no edge answered",
        ),
    ),
    "three failures in a row": (
        case(record(failures=2), degraded="edge-1 shows blue 100 %"),
        _out("failed_too_often", "3 acts in a row failed: edge-1 shows blue 100 %"),
    ),
    "a deadline that leads back": (
        case(baked(waiting={"elder": NOW - 8 * HOUR}), ELDER),
        _out(
            "deadline",
            "waited in vain, elder for 8h: elder: approval awaited before 50 %",
        ),
    ),
    "weights that were lowered by hand": (
        case(baked(), WEIGHTS, ECHO, found=BELOW, degraded="the claim to write ended"),
        _hold(
            "weights_below",
            "somebody moved edge-1 to safety by hand; adopted: "
            "weights: edge-1: weights 1/0/0 (below)",
            page=True,
            adopt=True,
        ),
    ),
    "weights that were lowered everywhere": (
        case(baked(), found={"edge-2": Found.BELOW, "edge-1": Found.BELOW}),
        _hold(
            "weights_below",
            "somebody moved edge-1 and edge-2 to safety by hand; adopted: "
            "weights: as told",
            page=True,
            adopt=True,
        ),
    ),
    "an act that failed for the second time": (
        case(record(Phase.SHIFTING, 1, failures=1), degraded="edge-1 shows blue 100 %"),
        _hold("act_failed", "the last act failed: edge-1 shows blue 100 %", page=True),
    ),
    "a resume makes the edges match again": (
        case(record(resume=RESUME), WEIGHTS, found=DIFFERENT),
        _shift("resume", "Fern resumed: lunch is over", 1),
    ),
    "a resume needs no traffic and no approval": (
        case(record(resume=RESUME), WEIGHTS, HEADCOUNT, ELDER),
        _shift("resume", "Fern resumed: lunch is over", 1),
    ),
    "a resume waits for what measures": (
        case(record(resume=RESUME), WEIGHTS, ECHO, found=DIFFERENT),
        _hold(
            "weights_different",
            "weights: edge-1: weights 1/0/0 (below)",
            page=True,
        ),
    ),
    "a resume mends a step that is still moving, too": (
        case(record(Phase.SHIFTING, 2, resume=RESUME), WEIGHTS, found=DIFFERENT),
        _shift("resume", "Fern resumed: lunch is over", 2),
    ),
    "a resume has nothing to say before the first step": (
        case(record(Phase.PREPARED, 0, resume=RESUME), ECHO),
        _hold("gate_waits", "waiting for echo has no data: no lag", step=0),
    ),
    "no step begins while a write of the one before may still land": (
        case(
            baked(claim=Claim(version=3, until=NOW)),
        ),
        _hold(
            "still_baking",
            "step 1 at 5 % bakes for another 10 s",
            look_again_at=NOW + timedelta(seconds=10),
        ),
    ),
    "weights that nobody recorded": (
        case(baked(), WEIGHTS, ECHO, found=DIFFERENT),
        _hold(
            "weights_different",
            "weights: edge-1: weights 1/0/0 (below)",
            page=True,
        ),
    ),
    "a deadline that pages": (
        case(record(waiting={"echo": NOW - 1 * HOUR}), ECHO),
        _hold(
            "deadline_page",
            "waited in vain, echo for 1h: echo has no data: no lag",
            page=True,
        ),
    ),
    "two deadlines that page": (
        case(
            record(waiting={"echo": NOW - 2 * HOUR, "hold": NOW - 24 * HOUR}),
            ECHO,
            HOLD,
            ELDER,
        ),
        _hold(
            "deadline_page",
            "waited in vain, hold for 1d, echo for 1h: "
            "hold: paused by Bramble: lunch; echo has no data: no lag",
            page=True,
        ),
    ),
    "one second before the deadline": (
        case(record(waiting={"echo": NOW - 1 * HOUR + SECOND}), ECHO),
        _hold("gate_waits", "waiting for echo has no data: no lag"),
    ),
    "a deadline of a gate that passes again": (
        case(baked(waiting={"echo": NOW - 9 * HOUR, "elder": NOW - 9 * HOUR})),
        _shift("next_step", "step 1 baked and every gate passed: on to 50 %", 2),
    ),
    "an approval and a pause are awaited": (
        case(baked(), HOLD, ELDER),
        _hold(
            "gate_waits",
            "waiting for hold: paused by Bramble: lunch; "
            "elder: approval awaited before 50 %",
        ),
    ),
    "a gate keeps the first step waiting": (
        case(record(Phase.PREPARED, 0), ECHO),
        _hold("gate_waits", "waiting for echo has no data: no lag", step=0),
    ),
    "a gate keeps a shift waiting that was interrupted": (
        case(record(Phase.SHIFTING, 2), ECHO),
        _hold("gate_waits", "waiting for echo has no data: no lag", step=2),
    ),
    "a shift that was interrupted is carried out again": (
        case(record(Phase.SHIFTING, 2)),
        _shift("shift_under_way", "step 2 to 50 % is not read back yet", 2),
    ),
    "the bake clock starts": (
        case(record(Phase.BAKING, 2, bake_from=None)),
        _hold("still_baking", "the bake clock starts now", step=2),
    ),
    "a bake that takes its time": (
        case(record(Phase.BAKING, 2)),
        _hold("still_baking", "step 2 at 50 % bakes for another 29 min 00 s", step=2),
    ),
    "a bake that ends before the next poll": (
        case(baked(), now=NOW - 15 * SECOND),
        _hold(
            "still_baking",
            "step 1 at 5 % bakes for another 15 s",
            look_again_at=NOW,
        ),
    ),
    "a bake that ends in a moment": (
        case(baked(), now=NOW - SECOND),
        _hold(
            "still_baking",
            "step 1 at 5 % bakes for another 1 s",
            look_again_at=NOW + 9 * SECOND,
        ),
    ),
    "the last step is baking": (
        case(record(Phase.BAKING, 3)),
        _hold("still_baking", "step 3 at 100 % bakes for another 5 h 59 min", step=3),
    ),
    "the last step has baked": (
        case(baked(3)),
        Decision(
            action=Action.COMPLETE,
            rule="last_step_baked",
            reason="every step baked and every gate passed",
            look_again_at=NOW + ACTING,
            step=3,
        ),
    ),
    "the first step": (
        case(record(Phase.PREPARED, 0)),
        _shift("next_step", "everything is ready: on to 5 %", 1),
    ),
    "the next step": (
        case(baked(2)),
        _shift("next_step", "step 2 baked and every gate passed: on to 100 %", 3),
    ),
}


@pytest.mark.parametrize(("given_", "then"), EXAMPLES.values(), ids=list(EXAMPLES))
def test_a_case_is_decided_with_a_reason(given_: Case, then: Decision) -> None:
    assert then == decide(given_)


def test_every_rule_has_an_example() -> None:
    """So the reason of each is read by somebody before an operator reads it."""
    fired = {
        next((rule.__name__ for rule in RULES if rule(given_)), "next step")
        for given_, _ in EXAMPLES.values()
    }

    assert {rule.__name__ for rule in RULES} | {"next step"} == fired


def test_the_order_of_the_rules_is_the_decision() -> None:
    assert [
        "ended",
        "already_going_back",
        "abort_ordered",
        "breach",
        "failed_too_often",
        "deadline_rolls_back",
        "weights_below",
        "act_failed",
        "resume_ordered",
        "weights_different",
        "deadline_pages",
        "gate_waits",
        "shift_under_way",
        "still_baking",
        "last_step_baked",
    ] == [rule.__name__ for rule in RULES]


# --- what a case knows --------------------------------------------------------


def test_a_gate_waits_since_it_began_to() -> None:
    """A gate that passed in between begins anew; the record forgets it."""
    since = NOW - 3 * MINUTE
    waiting = case(record(waiting={"echo": since, "burrows": since}), ECHO, ELDER)

    assert {"echo": since, "elder": NOW} == waiting.waiting


def test_a_gate_that_is_bad_at_once_is_not_overdue() -> None:
    assert "gate_waits" == decide(case(record(), ECHO)).rule


@pytest.mark.parametrize(
    ("bake_from", "ends_at"), [(None, None), (NOW, NOW + 10 * MINUTE)]
)
def test_a_bake_ends_when_its_step_says(
    bake_from: datetime | None, ends_at: datetime | None
) -> None:
    assert ends_at == case(record(bake_from=bake_from)).bake_ends_at


# --- a whole cutover, decision by decision ------------------------------------


def test_a_quiet_cutover_takes_every_step_in_order() -> None:
    """Nothing but decisions drives it: no step is skipped and none is hurried."""
    told: list[tuple[datetime, str, int]] = []
    now, kept = NOW, record(Phase.PREPARED, 0)
    while kept.phase is not Phase.COMPLETED:
        decision = decide(case(kept, now=now))
        told.append((now, decision.action, decision.step))
        match decision.action:
            case Action.SHIFT:
                update: dict[str, Any] = {"bake_from": now, "step": decision.step}
                kept = kept.model_copy(update={"phase": Phase.BAKING, **update})
            case Action.COMPLETE:
                kept = kept.model_copy(update={"phase": Phase.COMPLETED})
            case _:
                now = decision.look_again_at
    acts = [(at, action, step) for at, action, step in told if action != "hold"]

    first, second = NOW + 10 * MINUTE, NOW + 40 * MINUTE
    assert [
        (NOW, "shift", 1),
        (first, "shift", 2),
        (second, "shift", 3),
        (second + 6 * HOUR, "complete", 3),
    ] == acts
    assert all(before <= after for (before, *_), (after, *_) in pairwise(told))


def test_a_longer_poll_never_oversleeps_the_bake() -> None:
    slow = plan(poll="5m")
    first = record(Phase.BAKING, 1, plan=slow, bake_from=NOW - 9 * MINUTE)

    assert NOW + MINUTE == decide(case(first)).look_again_at


@pytest.mark.parametrize("phase", sorted(GOING_BACK))
def test_going_back_does_not_look_at_gates(phase: Phase) -> None:
    """Nothing that is seen on the way back could lead anywhere else."""
    quiet, loud = case(record(phase)), case(record(phase), CROAKING, ECHO)

    assert decide(quiet) == decide(loud)
