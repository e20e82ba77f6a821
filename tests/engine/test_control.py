from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shifter.core.directive import Directive, Next
from shifter.core.errors import Conflict, NotFound, Refused, Throttled
from shifter.core.lanes import Weights
from shifter.core.notice import Severity
from shifter.core.orders import Abort, Answer, Pause, Resume
from shifter.core.phases import Phase
from shifter.core.plan import Plan
from shifter.core.record import Record
from shifter.engine import control
from shifter.engine.roll_back import go_back
from tests.core.examples import plan
from tests.engine.bench import (
    BURROWS,
    CROAKING,
    EDGE_NAMES,
    NOW,
    OTTERS,
    SWIM,
    Bench,
)

ELDER = {"kind": "approval", "name": "elder", "before": "50 %"}
ASKING = plan(gates=[CROAKING, BURROWS, ELDER])
ASKING_FIRST = plan(gates=[CROAKING, BURROWS, ELDER | {"before": "5 %"}])
Order = Callable[[Bench], Record]


def _abort(bench: Bench) -> Record:
    return control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")


def _pause(bench: Bench) -> Record:
    return control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")


def _resume(bench: Bench) -> Record:
    return control.resume(OTTERS, bench.ports, by="Fern", reason="lunch is over")


def _answer(bench: Bench, **changes: Any) -> Record:
    usual = {"gate": "elder", "approved": True, "by": "Willow", "reason": "calm"}
    told: dict[str, Any] = usual | changes
    return control.answer(OTTERS, bench.ports, **told)


def _approve(bench: Bench) -> Record:
    return _answer(bench)


def _decline(bench: Bench) -> Record:
    return _answer(bench, approved=False)


def _started(first: Plan = ASKING_FIRST) -> Bench:
    """A cutover that waits for the elder's word before its first step."""
    bench = Bench()
    bench.follow(bench.start(first))
    bench.river.effects.clear()
    return bench


def _asked() -> tuple[Bench, Directive]:
    """A cutover that waits for the elder's word before half of the otters swim."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1, plan=ASKING)
    return bench, bench.go_on(directive, lambda record: "elder" in record.waiting)


# --- what an order is -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "changes", "by", "action", "reason"),
    [
        (
            _abort,
            {"abort": Abort(by="Fern", at=NOW, reason="a heron")},
            "Fern",
            "abort",
            "a heron",
        ),
        (
            _pause,
            {"pause": Pause(by="Bramble", at=NOW, reason="lunch")},
            "Bramble",
            "pause",
            "lunch",
        ),
        (
            _approve,
            {
                "answers": (
                    Answer(
                        gate="elder", approved=True, by="Willow", at=NOW, reason="calm"
                    ),
                )
            },
            "Willow",
            "approve",
            "calm",
        ),
        (
            _decline,
            {
                "answers": (
                    Answer(
                        gate="elder", approved=False, by="Willow", at=NOW, reason="calm"
                    ),
                )
            },
            "Willow",
            "decline",
            "calm",
        ),
    ],
    ids=["abort", "pause", "approve", "decline"],
)
def test_an_order_is_one_save_that_people_are_told_of(
    order: Order, changes: dict[str, Any], by: str, action: str, reason: str
) -> None:
    """It touches no weight: the next assessment acts on it."""
    bench = _started()
    before, length = bench.record, len(bench.journal)

    answered = order(bench)

    assert ["save", "send", "save"] == bench.river.effects
    assert (
        before.model_copy(
            update={
                **changes,
                "version": before.version + 2,
                "journal_length": length + 2,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
        == answered
    )
    assert ((by, action, "ordered"), (Severity.INFO, reason)) == (
        bench.told(length)[0],
        (bench.notices[-1].severity, bench.notices[-1].reason),
    )


# --- abort ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "step"),
    [(Phase.PREPARED, 0), (Phase.SHIFTING, 1), (Phase.BAKING, 2), (Phase.BAKING, 3)],
)
def test_an_abort_leads_back_from_everywhere(phase: Phase, step: int) -> None:
    bench = Bench()
    directive = bench.reach(phase, step)
    _abort(bench)

    end = bench.finish_all(directive)

    assert (
        Next.END_ROLLED_BACK,
        Phase.ROLLED_BACK,
        dict.fromkeys(EDGE_NAMES, "1/0/0"),
        "Fern aborted: a heron",
    ) == (end.action, bench.record.phase, bench.river.shows(), bench.record.reason)


def test_an_abort_is_taken_once() -> None:
    bench = _started()
    _abort(bench)
    record = bench.record

    with pytest.raises(Refused) as refused:
        _abort(bench)

    assert f"Fern aborted {OTTERS} already: the next assessment goes back" == str(
        refused.value
    )
    assert record == bench.record


def test_an_abort_of_what_is_going_back_is_refused() -> None:
    """Whoever went back need not have aborted."""
    bench = _started()
    go_back(bench.record, bench.ports, actor="Bramble", reason="thunder")
    record = bench.record
    assert (Phase.ROLLING_BACK, None) == (record.phase, record.abort)

    with pytest.raises(Refused, match="going back already: thunder"):
        _abort(bench)

    assert record == bench.record


# --- pause and resume -----------------------------------------------------------------


def test_a_pause_holds_until_somebody_resumes() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    _pause(bench)
    for _ in range(40):
        directive = bench.follow(directive)
    assert (1, "waiting for hold: paused by Bramble: lunch") == (
        bench.record.step,
        bench.record.reason,
    )

    answered = _resume(bench)

    assert (None, None) == (answered.pause, answered.resume)
    bench.go_on(directive, lambda record: record.step == 2)


def test_pausing_twice_is_refused() -> None:
    bench = _started()
    _pause(bench)
    record = bench.record

    with pytest.raises(Refused) as refused:
        _pause(bench)

    assert f"{OTTERS} is paused already by Bramble" == str(refused.value)
    assert record == bench.record


def test_there_must_be_something_to_resume() -> None:
    bench = _started()
    record = bench.record

    with pytest.raises(Refused) as refused:
        _resume(bench)

    assert f"{OTTERS} is not paused: there is nothing to resume" == str(refused.value)
    assert (record, []) == (bench.record, bench.river.effects)


def test_a_resume_after_an_adoption_restores_the_step() -> None:
    """What was moved to safety by hand is moved out again by Shifter, not by hand."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 2)
    bench.river.edit("edge-1", blue=1)
    directive = bench.follow(directive)
    assert {"edge-1": Weights(blue=1)} == bench.record.adopted

    answered = _resume(bench)

    now = bench.clock.now()
    assert (None, Resume(by="Fern", at=now, reason="lunch is over")) == (
        answered.pause,
        answered.resume,
    )
    bench.go_on(directive, lambda record: not record.adopted)
    assert (Phase.BAKING, 2, None, dict.fromkeys(EDGE_NAMES, "1/0/1")) == (
        bench.record.phase,
        bench.record.step,
        bench.record.resume,
        bench.river.shows(),
    )


def test_a_resume_overrules_weights_that_were_told_and_not_adopted() -> None:
    """First lowered by hand, then raised by hand to something that nobody recorded."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 2)
    bench.river.edit("edge-2", blue=1)
    directive = bench.follow(directive)
    bench.river.edit("edge-2", blue=4, green=1)
    directive = bench.follow(directive)
    assert "weights_different" == bench.told()[-2][2]

    _resume(bench)

    bench.go_on(directive, lambda record: not record.adopted)
    assert (Phase.BAKING, 2, dict.fromkeys(EDGE_NAMES, "1/0/1")) == (
        bench.record.phase,
        bench.record.step,
        bench.river.shows(),
    )


def test_a_resume_asks_to_write_a_step_again_that_could_not_be_read() -> None:
    """Nothing is paused or adopted; somebody may have been at the edge meanwhile."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1)
    bench.river.breaks("edges")
    directive = bench.follow(bench.now())
    assert ({}, None) == (bench.record.adopted, bench.record.pause)

    answered = _resume(bench)

    assert answered.resume is not None
    bench.river.mend()
    directive = bench.follow(directive)
    assert (Next.SHIFT, 1, None) == (
        directive.action,
        bench.record.step,
        bench.record.resume,
    )


def test_a_resume_does_not_wait_for_an_edge_that_cannot_be_read() -> None:
    """It is decided, and shift says why it could not be done."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    bench.river.edit("edge-2", blue=1)
    directive = bench.follow(directive)
    bench.river.breaks("edges")
    _resume(bench)
    directive = bench.follow(directive)
    assert (Next.SHIFT, {"edge-2": Weights(blue=1)}) == (
        directive.action,
        bench.record.adopted,
    )
    bench.river.mend()

    bench.go_on(directive, lambda record: not record.adopted)

    assert dict.fromkeys(EDGE_NAMES, "19/0/1") == bench.river.shows()


def test_an_operator_who_has_lowered_the_weights_may_resume_a_second_time() -> None:
    """Once for the pause, and the adoption that comes after it asks again."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1)
    _pause(bench)
    _resume(bench)
    bench.river.edit("edge-1", blue=1)
    directive = bench.follow(directive)

    _resume(bench)

    bench.go_on(directive, lambda record: record.step == 2)


# --- approvals ------------------------------------------------------------------------


def test_an_approval_lets_the_step_begin() -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1, plan=ASKING)
    for _ in range(60):
        directive = bench.follow(directive)
    assert "waiting for elder: approval awaited before 50 %" == bench.record.reason

    _approve(bench)

    bench.go_on(directive, lambda record: record.step == 2)


def test_declining_leads_back() -> None:
    bench, directive = _asked()
    _decline(bench)

    bench.finish_all(directive)

    assert (Phase.ROLLED_BACK, "elder: declined by Willow: calm") == (
        bench.record.phase,
        bench.record.reason,
    )


def test_nobody_approves_what_somebody_has_declined() -> None:
    """Whoever said no was told that it leads back, and so it does."""
    bench, directive = _asked()
    _decline(bench)
    record = bench.record

    with pytest.raises(Refused) as refused:
        _answer(bench, by="Oak", reason="it looks fine to me")

    assert "Willow declined elder already: the next assessment goes back" == str(
        refused.value
    )
    assert record == bench.record
    bench.finish_all(directive)
    assert Phase.ROLLED_BACK is bench.record.phase


def test_whoever_declines_after_an_approval_is_heard() -> None:
    bench, directive = _asked()
    _approve(bench)
    _answer(bench, approved=False, by="Oak", reason="the ice cracks")

    bench.finish_all(directive)

    assert (Phase.ROLLED_BACK, "elder: declined by Oak: the ice cracks") == (
        bench.record.phase,
        bench.record.reason,
    )


def test_the_starter_may_not_approve() -> None:
    """Four eyes see more than two."""
    bench = _started()
    record = bench.record

    with pytest.raises(Refused) as refused:
        _answer(bench, by="Hazel")

    assert f"Hazel started {OTTERS}: somebody else must approve it" == str(
        refused.value
    )
    assert record == bench.record


ROLE = "arn:aws:sts::123456789012:assumed-role/otter-keepers"


def test_the_starter_may_not_approve_in_a_later_session_that_nobody_has_named() -> None:
    """An hour later the SDK has renewed the credentials, with another made-up name."""
    started, later = (f"{ROLE}/botocore-session-17640{n}0000" for n in (1, 2))
    bench = Bench()
    bench.follow(bench.start(ASKING_FIRST, by=started))
    record = bench.record

    with pytest.raises(Refused) as refused:
        _answer(bench, by=later)

    assert (
        f"{later} may be {started}, who started {OTTERS}: a session that is named by "
        "the time tells nobody apart: set role_session_name"
    ) == str(refused.value)
    assert record == bench.record


def test_somebody_else_of_the_same_role_may_approve() -> None:
    bench = Bench()
    bench.follow(bench.start(ASKING_FIRST, by=f"{ROLE}/hazel"))

    _answer(bench, by=f"{ROLE}/willow")

    assert f"{ROLE}/willow" == bench.record.answers[-1].by


def test_the_starter_may_approve_where_the_plan_says_so() -> None:
    alone = ELDER | {"before": "5 %", "allow_starter": True}
    bench = _started(plan(gates=[CROAKING, alone]))

    assert ("Hazel",) == tuple(a.by for a in _answer(bench, by="Hazel").answers)


def test_the_starter_may_always_decline() -> None:
    bench = _started()

    answers = _answer(bench, by="Hazel", approved=False).answers

    assert (False,) == tuple(a.approved for a in answers)


@pytest.mark.parametrize(
    ("started", "gate", "told"),
    [
        (
            ASKING,
            "oracle",
            f"oracle is not an approval gate of {OTTERS}: it has elder",
        ),
        (
            ASKING,
            "croaking",
            f"croaking is not an approval gate of {OTTERS}: it has elder",
        ),
        (SWIM, "elder", f"elder is not an approval gate of {OTTERS}: it has none"),
    ],
    ids=["unknown", "another kind", "no approval at all"],
)
def test_only_an_approval_gate_can_be_answered(
    started: Any, gate: str, told: str
) -> None:
    bench = Bench()
    bench.start(started)
    record = bench.record

    with pytest.raises(Refused) as refused:
        _answer(bench, gate=gate)

    assert told == str(refused.value)
    assert record == bench.record


# --- answers that nobody asks for -----------------------------------------------------

WAY_OUT = "; an abort leads out at any time"


def _prepared() -> Bench:
    bench = Bench()
    bench.start(ASKING)
    return bench


def _just_settled() -> Bench:
    """Its numbers were not looked at yet."""
    bench = Bench()
    bench.reach(Phase.BAKING, 1, plan=ASKING)
    return bench


def _approved() -> Bench:
    bench, directive = _asked()
    _approve(bench)
    bench.follow(directive)
    return bench


def _shifting() -> Bench:
    bench, directive = _asked()
    _approve(bench)
    bench.go_on(directive, lambda record: record.phase is Phase.SHIFTING)
    return bench


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (_prepared, "elder is not due yet: it is asked for before 50 %"),
        (_just_settled, "elder is not due yet: it is asked for before 50 %"),
        (_approved, "Willow has answered elder already: calm"),
        (_shifting, "elder is over: the step to 50 % was begun"),
    ],
    ids=lambda value: getattr(value, "__name__", "")[1:],
)
@pytest.mark.parametrize(("order", "more"), [(_approve, ""), (_decline, WAY_OUT)])
def test_an_answer_that_nobody_asks_for_is_refused(
    before: Callable[[], Bench], told: str, order: Order, more: str
) -> None:
    """Nobody approves numbers that they have not seen."""
    bench = before()
    record = bench.record

    with pytest.raises(Refused) as refused:
        order(bench)

    assert told + more == str(refused.value)
    assert record == bench.record


@pytest.mark.parametrize("order", [_approve, _decline])
def test_an_answer_comes_too_late_for_who_is_going_back(order: Order) -> None:
    """Though it was asked for just before."""
    bench, directive = _asked()
    _abort(bench)
    bench.follow(directive)
    record = bench.record

    with pytest.raises(Refused) as refused:
        order(bench)

    assert f"{OTTERS} is going back already: Fern aborted: a heron" == str(
        refused.value
    )
    assert record == bench.record


def test_an_approval_that_grew_old_is_asked_for_again() -> None:
    """Approved at the beginning of a bake that lasts longer than a word does."""
    slow = [{"share": "5 %", "bake": "2h"}, {"share": "50 %", "bake": "1h"}]
    asking = plan(
        steps=[*slow, {"share": "100 %"}],
        gates=[CROAKING, BURROWS, ELDER | {"deadline": "8h"}],
    )
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 1, plan=asking)
    directive = bench.go_on(directive, lambda record: "elder" in record.waiting)
    _approve(bench)
    directive = bench.go_on(directive, lambda record: not record.waiting)
    directive = bench.go_on(directive, lambda record: "elder" in record.waiting)
    assert (
        "waiting for elder: approval awaited again before 50 %: "
        "Willow approved more than 1h ago"
    ) == bench.record.reason

    bench.wait(hours=2)
    _approve(bench)

    bench.go_on(directive, lambda record: record.step == 2)


def test_an_approval_that_comes_too_late_is_refused() -> None:
    """The plan goes back for want of it, and the next look does so."""
    hasty = ELDER | {"deadline": "1h", "on_deadline": "roll_back", "before": "5 %"}
    bench = _started(plan(gates=[CROAKING, hasty]))
    bench.wait(minutes=59)
    assert [True] == [answer.approved for answer in _approve(bench).answers]
    bench.wait(minutes=1)
    record = bench.record

    with pytest.raises(Refused) as refused:
        _approve(bench)

    assert (
        "elder has expired: it was awaited for 1h, and now the plan rolls back"
        == str(refused.value)
    )
    assert record == bench.record
    assert [True, False] == [answer.approved for answer in _decline(bench).answers]


def test_an_approval_is_never_too_late_where_its_deadline_only_pages() -> None:
    bench = _started(plan(gates=[CROAKING, ELDER | {"before": "5 %"}]))
    bench.wait(days=2)

    _approve(bench)

    bench.go_on(bench.now(), lambda record: record.step == 1)


# --- too late, at the same time, not at all -------------------------------------------

ORDERS = [_abort, _pause, _resume, _approve, _decline]


@pytest.mark.parametrize("order", ORDERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("end", [Phase.COMPLETED, Phase.ROLLED_BACK], ids=str)
def test_what_has_ended_takes_no_order(order: Order, end: Phase) -> None:
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 3)
    if end is Phase.ROLLED_BACK:
        _abort(bench)
    bench.finish_all(directive)
    record = bench.record

    with pytest.raises(Refused) as refused:
        order(bench)

    assert f"{OTTERS} has ended: {end}" == str(refused.value)
    assert record == bench.record


@pytest.mark.parametrize("order", ORDERS, ids=lambda f: f.__name__)
def test_a_cutover_that_does_not_exist_takes_no_order(order: Order) -> None:
    with pytest.raises(NotFound, match=f"no cutover {OTTERS}"):
        order(Bench())


def test_an_order_is_tried_again_on_what_somebody_else_saved() -> None:
    """Neither of two people who order at the same moment is lost."""
    bench = _started()
    bench.river.before("save", lambda: _pause(bench))

    _abort(bench)

    assert bench.record.pause is not None
    assert bench.record.abort is not None


def test_an_order_is_judged_anew_on_what_somebody_else_saved() -> None:
    bench = _started()
    bench.river.before("save", lambda: _pause(bench))

    with pytest.raises(Refused, match="paused already by Bramble"):
        _pause(bench)

    assert 1 == len([entry for entry in bench.journal if entry.action == "pause"])


@pytest.mark.parametrize(("rivals", "taken"), [(4, True), (5, False)])
def test_an_order_gives_up_after_five_conflicts(rivals: int, taken: bool) -> None:
    """It says so, rather than to be tried for ever."""
    bench = _started()
    left = [None] * rivals

    def answer_first() -> None:
        if left:
            left.pop()
            _approve(bench)
            bench.river.before("save", answer_first)

    bench.river.before("save", answer_first)

    if taken:
        _abort(bench)
    else:
        with pytest.raises(Conflict):
            _abort(bench)

    assert (taken, rivals) == (
        bench.record.abort is not None,
        len(bench.record.answers),
    )


def test_an_order_that_cannot_be_saved_is_told() -> None:
    bench = _started()
    record = bench.record
    bench.river.refused.add("save")

    with pytest.raises(Throttled):
        _abort(bench)

    assert record == bench.record
