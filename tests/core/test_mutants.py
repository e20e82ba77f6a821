"""Mutation controls: the rules, spoiled on purpose, and the properties that notice.

Each mutant is a mistake that somebody might make.  One that no property noticed would
mean that the properties prove less than they seem to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from shifter.core.case import Case, Decision
from shifter.core.decide import (
    RULES,
    Rule,
    _go_on,
    abort_ordered,
    already_going_back,
    breach,
    deadline_pages,
    deadline_rolls_back,
    ended,
    failed_too_often,
    gate_waits,
    last_step_baked,
    resume_ordered,
    shift_under_way,
    still_baking,
    weights_below,
    weights_different,
)
from shifter.core.decide import decide as the_real_decide
from shifter.core.edges import Found, compare
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import (
    Judgement,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.lanes import Split, Weights
from shifter.core.phases import Action
from tests.core import properties
from tests.core.examples import SECOND
from tests.core.grid import alarm_corners, every_case, replication_corners
from tests.core.properties import (
    OF_DECISIONS,
    OF_GATES,
    Compare,
    Decide,
    OfDecision,
    OfGate,
    replication_passes_only_on_fresh_lag,
)
from tests.core.test_edges import ADOPTED, EXPECTED, small_weights


def holds(check: Callable[..., None], *judged: Any) -> bool:
    """Tell whether a property holds for what it is given."""
    try:
        check(*judged)
    except Exception:  # noqa: BLE001 - a mutant that raises was noticed, too
        return False
    return True


# --- decisions ----------------------------------------------------------------


def by(*rules: Rule) -> Decide:
    """What `decide` would be with other rules."""

    def mutant(case: Case) -> Decision:
        told = (decision for rule in rules if (decision := rule(case)) is not None)
        return next(told, None) or _go_on(case)

    return mutant


def without(*dropped: Rule) -> Decide:
    return by(*(rule for rule in RULES if rule not in dropped))


def instead(of: Rule, other: Rule) -> Decide:
    return by(*(other if rule is of else rule for rule in RULES))


def last(moved: Rule) -> Decide:
    return by(*(rule for rule in RULES if rule is not moved), moved)


def changed(**update: Any) -> Callable[[Rule], Rule]:
    """A rule whose decision is changed a little."""

    def spoil(rule: Rule) -> Rule:
        def spoiled(case: Case) -> Decision | None:
            decision = rule(case)
            return None if decision is None else replace(decision, **update)

        return spoiled

    return spoil


def _later(rule: Rule, late: timedelta) -> Rule:
    """The rule as it would be decided some time later."""
    return lambda case: rule(replace(case, now=case.now + late))


def _skipping(case: Case) -> Decision:
    decision = the_real_decide(case)
    skips = decision.action is Action.SHIFT and decision.step < 3
    return replace(decision, step=decision.step + 1) if skips else decision


def _looking_at_once(case: Case) -> Decision:
    return replace(the_real_decide(case), look_again_at=case.now)


def _three_failures_allowed(case: Case) -> Decision | None:
    return failed_too_often(case) if case.grounds.failures > 2 else None


def _only_the_first_wait(case: Case) -> Decision | None:
    """Forgets gates that wait behind a good one."""
    return gate_waits(replace(case, judgements=case.judgements[:1]))


def _resume_whatever_waits(case: Case) -> Decision | None:
    return resume_ordered(replace(case, judgements=()))


def _silence_is_golden(case: Case) -> Decision:
    """No data passes."""
    heard = tuple(j for j in case.judgements if j.reading.state is not State.NO_DATA)
    return the_real_decide(replace(case, judgements=heard))


DECISIONS: dict[str, tuple[Decide, OfDecision]] = {
    "an abort is asked about last": (last(abort_ordered), properties.abort_leads_out),
    "a breach is asked about last": (
        last(breach),
        properties.breach_leads_out,
    ),
    "a breach only holds": (
        instead(breach, changed(action=Action.HOLD)(breach)),
        properties.breach_leads_out,
    ),
    "a breach is forgotten": (without(breach), properties.breach_leads_out),
    "no data passes": (_silence_is_golden, properties.waiting_goes_nowhere),
    "waiting gates are not asked": (
        without(gate_waits, deadline_pages),
        properties.waiting_goes_nowhere,
    ),
    "one good gate speaks for all": (
        instead(gate_waits, _only_the_first_wait),
        properties.waiting_goes_nowhere,
    ),
    "a deadline does not lead back": (
        without(deadline_rolls_back),
        properties.deadlines_are_kept,
    ),
    "a deadline does not page": (
        without(deadline_pages),
        properties.deadlines_are_kept,
    ),
    "a deadline pages nobody": (
        instead(deadline_pages, changed(page=False)(deadline_pages)),
        properties.deadlines_are_kept,
    ),
    "a third failure is forgiven": (
        instead(failed_too_often, _three_failures_allowed),
        properties.failed_acts_hold_or_lead_out,
    ),
    "a bake ends a minute early": (
        instead(still_baking, _later(still_baking, timedelta(minutes=1))),
        properties.steps_are_baked_and_never_skipped,
    ),
    "the final bake is left out": (
        by(last_step_baked, *RULES),
        properties.completes_after_the_final_bake,
    ),
    "a step is skipped": (_skipping, properties.steps_are_baked_and_never_skipped),
    "an interrupted shift counts as done": (
        without(shift_under_way, still_baking),
        properties.steps_are_baked_and_never_skipped,
    ),
    "other weights are ignored": (
        without(weights_different),
        properties.changed_weights_go_nowhere,
    ),
    "lower weights are ignored": (
        without(weights_below),
        properties.changed_weights_go_nowhere,
    ),
    "lower weights are adopted in silence": (
        instead(weights_below, changed(page=False)(weights_below)),
        properties.adopts_only_what_is_lower,
    ),
    "other weights are adopted": (
        instead(weights_different, changed(adopt=True)(weights_different)),
        properties.adopts_only_what_is_lower,
    ),
    "a way back is turned round": (
        without(already_going_back),
        properties.going_back_goes_on,
    ),
    "a way back pages at each look": (
        instead(already_going_back, changed(page=True)(already_going_back)),
        properties.ways_out_are_paged_once,
    ),
    "an end is not left alone": (
        without(ended),
        properties.is_allowed_by_the_phase,
    ),
    "a poll of no time at all": (_looking_at_once, properties.looks_again_in_time),
}


@pytest.mark.parametrize(
    ("mutant", "property_"), DECISIONS.values(), ids=list(DECISIONS)
)
def test_a_mistake_in_deciding_is_noticed(
    mutant: Decide, property_: OfDecision
) -> None:
    assert not all(holds(property_, mutant, corner) for corner in every_case())


def test_an_unspoiled_decide_is_not_accused() -> None:
    """The helpers themselves change nothing."""
    rebuilt = by(*RULES)

    assert all(the_real_decide(case) == rebuilt(case) for case in every_case())
    assert all(holds(p, rebuilt, c) for p in OF_DECISIONS for c in every_case()[::7])


def test_every_property_of_decisions_has_noticed_a_mistake() -> None:
    """But for one: a function without a memory cannot help being deterministic."""
    noticed = {property_ for _, property_ in DECISIONS.values()}

    assert {properties.is_total_and_deterministic} == set(OF_DECISIONS) - noticed


# --- comparing weights --------------------------------------------------------


def _at_the_bound_is_above(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """`>=` for `>`."""
    right = compare(found, expected, adopted)
    at_least = found.share * 1000 >= max(split.share for split in expected)
    return Found.ABOVE if right is Found.DIFFERENT and at_least else right


def _at_the_floor_is_below(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """`<=` for `<`."""
    right = compare(found, expected, adopted)
    at_most = found.share * 1000 <= min(split.share for split in expected)
    return Found.BELOW if right is Found.DIFFERENT and at_most else right


def _adopted_hides_everything(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    return Found.SAME if found == adopted else compare(found, expected, adopted)


def _only_shares_count(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """Forgets that a share can go to the wrong lane."""
    shares = {split.share for split in expected}
    same = found.share * 1000 in shares
    return Found.SAME if same else compare(found, expected, adopted)


def _numbers_count(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """Takes weights for numbers: 2/0/2 is not 1/0/1."""
    written = {split.weights() for split in expected}
    right = compare(found, expected, adopted)
    return Found.DIFFERENT if right is Found.SAME and found not in written else right


def _guests_are_welcome(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    """Forgets weight on target groups that the topology does not name."""
    known = found.model_copy(update={"other": 0})
    return compare(known, expected, adopted)


def _only_the_first_split(
    found: Weights, expected: tuple[Split, ...], adopted: Weights | None
) -> Found:
    return compare(found, expected[:1], adopted)


COMPARISONS: dict[str, Compare] = {
    "the bound itself is above": _at_the_bound_is_above,
    "the floor itself is below": _at_the_floor_is_below,
    "what was adopted hides everything": _adopted_hides_everything,
    "only shares are compared": _only_shares_count,
    "numbers are compared": _numbers_count,
    "weight elsewhere is overlooked": _guests_are_welcome,
    "only one of two splits is allowed": _only_the_first_split,
}


@pytest.mark.parametrize("mutant", COMPARISONS.values(), ids=list(COMPARISONS))
def test_a_mistake_in_comparing_is_noticed(mutant: Compare) -> None:
    corners = product(small_weights(3), EXPECTED, ADOPTED)

    assert not all(
        holds(properties.compares_as_the_table_says, mutant, *corner)
        for corner in corners
    )


@pytest.mark.parametrize("mutant", [_adopted_hides_everything, _guests_are_welcome])
def test_taking_more_for_the_same_is_noticed(mutant: Compare) -> None:
    corners = product(small_weights(3), EXPECTED, ADOPTED)

    assert not all(
        holds(properties.never_takes_more_for_the_same, mutant, *corner)
        for corner in corners
    )


# --- gates --------------------------------------------------------------------


class SilencePasses(AlarmGate):
    """No data is good news."""

    def _conclude(
        self, reading: Reading, bad: Verdict, memory: str | None
    ) -> Judgement:
        judged = super()._conclude(reading, bad, memory)
        if reading.state is State.NO_DATA:
            return judged.model_copy(update={"verdict": Verdict.PASS})
        return judged


class UnreadablePasses(AlarmGate):
    """Whoever cannot be asked has no objection."""

    def judge(self, seen: AlarmSeen | Unreadable, situation: Situation) -> Judgement:
        judged = super().judge(seen, situation)
        if isinstance(seen, Unreadable):
            return judged.model_copy(update={"verdict": Verdict.PASS})
        return judged


class UnreadableForgets(AlarmGate):
    """A poll without answer is a poll without memory."""

    def judge(self, seen: AlarmSeen | Unreadable, situation: Situation) -> Judgement:
        return super().judge(seen, situation).model_copy(update={"memory": "lost"})


class MissingIsOk(AlarmGate):
    """An alarm that does not exist does not ring."""

    def look(self, seen: AlarmSeen, situation: Situation) -> tuple[Reading, Verdict]:
        if seen.state is AlarmState.MISSING:
            seen = replace(seen, state=AlarmState.OK)
        return super().look(seen, situation)


class NoDataIsOk(AlarmGate):
    """INSUFFICIENT_DATA passes on every lane."""

    def look(self, seen: AlarmSeen, situation: Situation) -> tuple[Reading, Verdict]:
        if seen.state is AlarmState.INSUFFICIENT_DATA:
            seen = replace(seen, state=AlarmState.OK)
        return super().look(seen, situation)


class BadPasses(AlarmGate):
    """ALARM leads to nothing."""

    def look(self, seen: AlarmSeen, situation: Situation) -> tuple[Reading, Verdict]:
        reading, _ = super().look(seen, situation)
        return reading, Verdict.PASS


class NoLagIsZero(ReplicationGate):
    """A task that tells no lag has none."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        return super().look(
            replace(seen, lags=seen.lags or (Lag(situation.now, 0),)), situation
        )


class StaleIsFresh(ReplicationGate):
    """A lag is a lag, however old."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        lags = tuple(replace(lag, at=situation.now) for lag in seen.lags)
        return super().look(replace(seen, lags=lags), situation)


class FreshIsStale(ReplicationGate):
    """`>=` for `>` where freshness ends."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        lags = tuple(replace(lag, at=lag.at - SECOND) for lag in seen.lags)
        return super().look(replace(seen, lags=lags), situation)


class AtTheLimitIsAbove(ReplicationGate):
    """`>=` for `>` where waiting begins."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        lags = tuple(replace(lag, seconds=lag.seconds + 0.01) for lag in seen.lags)
        return super().look(replace(seen, lags=lags), situation)


class OldestSpeaks(ReplicationGate):
    """Reads the datapoints the wrong way round."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        return super().look(replace(seen, lags=seen.lags[::-1]), situation)


class StoppedRuns(ReplicationGate):
    """Looks at the lag only: a stopped task keeps its last one for a while."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        return super().look(replace(seen, status="running"), situation)


class ErrorsAreFine(ReplicationGate):
    """Tables in error do not count."""

    def look(
        self, seen: ReplicationSeen, situation: Situation
    ) -> tuple[Reading, Verdict]:
        return super().look(replace(seen, tables_errored=0), situation)


ALARMS = {
    SilencePasses: properties.policy_makes_the_verdict,
    UnreadablePasses: properties.policy_makes_the_verdict,
    BadPasses: properties.policy_makes_the_verdict,
    UnreadableForgets: properties.what_cannot_be_asked_is_unreadable,
    MissingIsOk: properties.alarm_passes_only_when_ok,
    NoDataIsOk: properties.alarm_passes_only_when_ok,
}
REPLICATIONS = (
    NoLagIsZero,
    StaleIsFresh,
    FreshIsStale,
    AtTheLimitIsAbove,
    OldestSpeaks,
    StoppedRuns,
    ErrorsAreFine,
)
FROGS = {"name": "croaking", "alarm": "frogs", "on_alarm": "hold", "lane": "green"}
VALLEY = {
    "name": "echo",
    "task": "valley",
    "hold_above": "30s",
    "breach_above": "2m",
    "datapoints": 2,
}


def alarms_hold(property_: OfGate, kind: type[AlarmGate]) -> bool:
    gate = kind.model_validate(FROGS)
    return all(holds(property_, gate, *corner) for corner in alarm_corners())


def replications_hold(kind: type[ReplicationGate]) -> bool:
    property_, gate = replication_passes_only_on_fresh_lag, kind.model_validate(VALLEY)
    return all(holds(property_, gate, *corner) for corner in replication_corners())


@pytest.mark.parametrize(("mutant", "property_"), ALARMS.items())
def test_a_mistake_in_an_alarm_is_noticed(
    mutant: type[AlarmGate], property_: OfGate
) -> None:
    assert alarms_hold(property_, AlarmGate)
    assert not alarms_hold(property_, mutant)


@pytest.mark.parametrize("mutant", REPLICATIONS)
def test_a_mistake_in_replication_is_noticed(mutant: type[ReplicationGate]) -> None:
    assert replications_hold(ReplicationGate)
    assert not replications_hold(mutant)


def test_every_property_of_gates_has_noticed_a_mistake() -> None:
    assert set(OF_GATES) == {*ALARMS.values(), replication_passes_only_on_fresh_lag}
