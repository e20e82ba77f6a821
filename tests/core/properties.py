"""What must always hold, as functions that take what they judge.

The property tests give them the real thing, the mutation controls a spoiled one: a
property that no mutant can break would prove nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from shifter.core.case import Case, Decision
from shifter.core.edges import Found
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import (
    Gate,
    Judgement,
    OnDeadline,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.replication import ReplicationGate, ReplicationSeen
from shifter.core.lanes import Lane, Split, Weights
from shifter.core.phases import ENDS, GOING_BACK, Action, Phase, after

Decide = Callable[[Case], Decision]
Compare = Callable[[Weights, tuple[Split, ...], Weights | None], Found]

# --- decisions ----------------------------------------------------------------


def is_total_and_deterministic(decide: Decide, case: Case) -> None:
    """The same case always has the same decision, with a rule and a reason."""
    decision = decide(case)

    assert decision == decide(case)
    assert decision.rule
    assert decision.reason


def is_allowed_by_the_phase(decide: Decide, case: Case) -> None:
    """The table of phases has the action; a cutover that has ended is only held."""
    decision, phase = decide(case), case.grounds.phase

    if phase in ENDS:
        assert (Action.HOLD, "ended") == (decision.action, decision.rule)
    else:
        after(phase, decision.action)


def abort_leads_out(decide: Decide, case: Case) -> None:
    """Nothing stands between an abort and the way back."""
    if case.grounds.abort is None or case.grounds.phase in ENDS:
        return

    assert Action.ROLL_BACK == decide(case).action


def breach_leads_out(decide: Decide, case: Case) -> None:
    """A breach beats approvals, pauses, failures and deadlines."""
    if not case.of(Verdict.BREACH) or case.grounds.phase in ENDS:
        return

    assert Action.ROLL_BACK == decide(case).action


def going_back_goes_on(decide: Decide, case: Case) -> None:
    """Nothing turns a way back round."""
    if case.grounds.phase not in GOING_BACK:
        return

    assert Action.ROLL_BACK == decide(case).action


def waiting_goes_nowhere(decide: Decide, case: Case) -> None:
    """While a gate waits nothing is completed and no further step is begun."""
    if not case.of(Verdict.WAIT):
        return
    decision = decide(case)

    assert Action.COMPLETE != decision.action
    if decision.action is Action.SHIFT:
        assert ("resume", case.grounds.step) == (decision.rule, decision.step)


def changed_weights_go_nowhere(decide: Decide, case: Case) -> None:
    """While an edge shows other weights, only a resume may write them again."""
    if not {Found.BELOW, Found.DIFFERENT} & set(case.grounds.found.values()):
        return
    decision = decide(case)

    assert Action.COMPLETE != decision.action
    if decision.action is Action.SHIFT:
        assert ("resume", case.grounds.step) == (decision.rule, decision.step)


def failed_acts_hold_or_lead_out(decide: Decide, case: Case) -> None:
    """An act that failed pages; the third in a row leads out."""
    if case.grounds.degraded is None or case.grounds.phase in ENDS | GOING_BACK:
        return
    decision = decide(case)

    assert decision.page
    if case.grounds.failures >= 2:
        assert Action.ROLL_BACK == decision.action
    else:
        assert decision.action in {Action.HOLD, Action.ROLL_BACK}


def deadlines_are_kept(decide: Decide, case: Case) -> None:
    """Whoever waits for too long is heard: by a way back or by a page."""
    if case.grounds.phase in ENDS | GOING_BACK:
        return
    decision = decide(case)

    if case.overdue(OnDeadline.ROLL_BACK):
        assert Action.ROLL_BACK == decision.action
    if case.overdue(OnDeadline.HOLD_AND_PAGE):
        assert decision.page or decision.rule == "resume"


def looks_again_in_time(decide: Decide, case: Case) -> None:
    """Never earlier than in ten seconds, never later than the poll or an act lasts."""
    wait = decide(case).look_again_at - case.now

    assert wait >= timedelta(seconds=10)
    assert wait <= max(case.plan.poll, timedelta(seconds=60))


def steps_are_baked_and_never_skipped(decide: Decide, case: Case) -> None:
    """A shift is to the present step, or to the next one after a whole bake."""
    decision, grounds = decide(case), case.grounds
    if decision.action is not Action.SHIFT:
        return

    if decision.step == grounds.step:
        assert grounds.phase is Phase.SHIFTING or decision.rule == "resume"
        return
    assert grounds.step + 1 == decision.step
    if grounds.step:
        _assert_baked(case)


def completes_after_the_final_bake(decide: Decide, case: Case) -> None:
    """Only the last step completes a cutover, and only when it has baked."""
    decision, grounds = decide(case), case.grounds
    if decision.action is not Action.COMPLETE:
        return

    assert len(case.plan.steps) == grounds.step
    _assert_baked(case)


def _assert_baked(case: Case) -> None:
    grounds = case.grounds
    assert grounds.phase is Phase.BAKING
    assert grounds.bake_from is not None
    assert case.now - grounds.bake_from >= case.plan.bake(grounds.step)


def adopts_only_what_is_lower(decide: Decide, case: Case) -> None:
    """Only a hold adopts, and only weights below the step's."""
    decision = decide(case)
    if not decision.adopt:
        return

    assert Action.HOLD == decision.action
    assert Found.BELOW in case.grounds.found.values()
    assert decision.page


def ways_out_are_paged_once(decide: Decide, case: Case) -> None:
    """Whoever begins to go back tells people; whoever is going back told them."""
    decision = decide(case)
    if decision.action is not Action.ROLL_BACK:
        return

    assert (case.grounds.phase not in GOING_BACK) == decision.page


OfDecision = Callable[[Decide, Case], None]
OF_DECISIONS: tuple[OfDecision, ...] = (
    is_total_and_deterministic,
    is_allowed_by_the_phase,
    abort_leads_out,
    breach_leads_out,
    going_back_goes_on,
    waiting_goes_nowhere,
    changed_weights_go_nowhere,
    failed_acts_hold_or_lead_out,
    deadlines_are_kept,
    looks_again_in_time,
    steps_are_baked_and_never_skipped,
    completes_after_the_final_bake,
    adopts_only_what_is_lower,
    ways_out_are_paged_once,
)

# --- comparing weights --------------------------------------------------------


def compares_as_the_table_says(
    compare: Compare,
    found: Weights,
    expected: tuple[Split, ...],
    adopted: Weights | None,
) -> None:
    """SAME is a ratio that is allowed; more is ABOVE or FOREIGN, less is BELOW."""
    shares = [Fraction(split.share, 1000) for split in expected]
    given = {Lane.BLUE, *(lane for s in expected for lane in Lane if s.of(lane))}
    reached = {lane for lane in Lane if found.of(lane)}
    if _allowed(found, expected):
        right = Found.SAME
    elif found.total == 0 or found.other or not reached <= given:
        right = Found.FOREIGN
    elif found.share > max(shares):
        right = Found.ABOVE
    elif adopted is not None and _parts(found) == _parts(adopted):
        right = Found.SAME
    elif found.share < min(shares) and not (
        adopted is not None and found.share >= adopted.share
    ):
        right = Found.BELOW
    else:
        right = Found.DIFFERENT

    assert right == compare(found, expected, adopted)


def _parts(weights: Weights) -> list[Fraction]:
    """The part of the requests that each lane gets, and whoever else."""
    numbers = [*(weights.of(lane) for lane in Lane), weights.other]
    return [Fraction(number, max(weights.total, 1)) for number in numbers]


def never_takes_more_for_the_same(
    compare: Compare,
    found: Weights,
    expected: tuple[Split, ...],
    adopted: Weights | None,
) -> None:
    """Whatever was adopted: more than the bound is ABOVE or FOREIGN."""
    if found.share * 1000 <= max(split.share for split in expected):
        return

    assert compare(found, expected, adopted) in {Found.ABOVE, Found.FOREIGN}


def _allowed(found: Weights, expected: tuple[Split, ...]) -> bool:
    if found.total == 0 or found.other:
        return False
    shown = {lane: Fraction(found.of(lane), found.total) for lane in Lane}
    return any(
        shown == {lane: Fraction(split.of(lane), 1000) for lane in Lane}
        for split in expected
    )


OfComparison = Callable[[Compare, Weights, tuple[Split, ...], Weights | None], None]
OF_COMPARISONS: tuple[OfComparison, ...] = (
    compares_as_the_table_says,
    never_takes_more_for_the_same,
)

# --- gates --------------------------------------------------------------------


def policy_makes_the_verdict(gate: Gate[Any], seen: Any, situation: Situation) -> None:
    """Good passes; silence never does, whatever the plan says; nor does bad."""
    judged = gate.judge(seen, situation)

    assert (gate.name, gate.kind) == (judged.gate, judged.kind)
    assert judged.reading.detail
    match judged.reading.state:
        case State.GOOD:
            assert Verdict.PASS == judged.verdict
        case State.BAD:
            assert Verdict.PASS != judged.verdict
        case State.NO_DATA:
            assert gate.on_no_data.verdict == judged.verdict
            assert Verdict.PASS != judged.verdict
        case State.UNREADABLE:
            assert gate.on_unreadable.verdict == judged.verdict
            assert Verdict.PASS != judged.verdict


def what_cannot_be_asked_is_unreadable(
    gate: Gate[Any], seen: Any, situation: Situation
) -> None:
    """No answer is told as it came, and memory is kept for the next poll."""
    if not isinstance(seen, Unreadable):
        return
    judged = gate.judge(seen, situation)

    assert (State.UNREADABLE, seen.detail) == (
        judged.reading.state,
        judged.reading.detail,
    )
    assert situation.memory == judged.memory


def alarm_passes_only_when_ok(gate: Gate[Any], seen: Any, situation: Situation) -> None:
    """An alarm passes when it is OK, or watches a lane that is to have no traffic."""
    if not isinstance(gate, AlarmGate) or not isinstance(seen, AlarmSeen):
        return
    idle = gate.lane is not None and not any(
        split.of(gate.lane) for split in situation.expected
    )
    passes = seen.state is AlarmState.OK or (
        seen.state is AlarmState.INSUFFICIENT_DATA and idle
    )

    assert passes == (gate.judge(seen, situation).verdict is Verdict.PASS)


def replication_passes_only_on_fresh_lag(
    gate: Gate[Any], seen: Any, situation: Situation
) -> None:
    """A task passes that runs, has no failed table and a small lag told lately."""
    if not isinstance(gate, ReplicationGate) or not isinstance(seen, ReplicationSeen):
        return
    newest = max(seen.lags, key=lambda lag: lag.at, default=None)
    passes = (
        seen.status == "running"
        and seen.tables_errored == 0
        and newest is not None
        and situation.now - newest.at <= gate.stale_after
        and newest.seconds <= gate.hold_above.total_seconds()
    )

    judged: Judgement = gate.judge(seen, situation)
    assert passes == (judged.verdict is Verdict.PASS)
    if judged.reading.state in {State.NO_DATA, State.UNREADABLE}:
        assert judged.reading.value is None


OfGate = Callable[[Gate[Any], Any, Situation], None]
OF_GATES: tuple[OfGate, ...] = (
    policy_makes_the_verdict,
    what_cannot_be_asked_is_unreadable,
    alarm_passes_only_when_ok,
    replication_passes_only_on_fresh_lag,
)
