from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shifter.core.counts import Counts
from shifter.core.dossier import LEAST_BEFORE, Dossier, Taken
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import (
    Judgement,
    OnBad,
    OnSilence,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.lanes import Lane, Weights
from shifter.core.outcomes import OutcomesSeen, Source, Span
from tests.core.examples import HOUR, MINUTE, NOW, SECOND
from tests.core.gates.evidence_runs import (
    SHARES,
    Run,
    by_application,
    calm,
    gate,
    traffic,
)


def test_the_traffic_of_these_runs_is_calm() -> None:
    """Or the tests of what goes wrong would show nothing."""
    hour = [calm(NOW + MINUTE * n, MINUTE, 250)["edge-1"] for n in range(60)]
    for lane, requests in ((Lane.BLUE, 45_000), (Lane.GREEN, 15_000)):
        counts = [sum(minute[lane][k] for minute in hour) for k in range(3)]
        assert [requests, requests * 2 // 1000, requests * 5 // 1000] == counts


def verdict(judged: Judgement) -> tuple[State, Verdict]:
    return judged.reading.state, judged.verdict


def dossier(of: Run) -> Dossier:
    return Dossier.model_validate_json(of.situation.memory or "")


def failing_from(moment: datetime, per_mille: int) -> Any:
    """Green begins to fail, and blue does not."""

    def world(start: datetime, length: timedelta, share: int) -> Any:
        bad = per_mille if start >= moment else 2
        return traffic(start, length, share, green_failing=bad)

    return world


# --- from the start to the end --------------------------------------------------------


@pytest.mark.parametrize("judge", [gate(), by_application()])
def test_a_healthy_green_passes_every_step(judge: EvidenceGate) -> None:
    run = Run(judge)
    assert (State.GOOD, Verdict.PASS) == verdict(run.judged)
    for step in range(1, len(SHARES) + 1):
        assert (State.GOOD, Verdict.PASS) == verdict(run.at(step)), step


def test_blue_is_told_before_the_first_step() -> None:
    assert (
        "blue had 1,000 requests a minute before, 0.2 % of them failed and 0.5 % slow; "
        "the first step will tell more"
    ) == Run().judged.reading.detail


def test_a_step_waits_until_there_is_enough() -> None:
    """Ten requests a minute, known two minutes after the minute is over."""
    run = Run()
    run.shift(1)

    assert (State.BAD, Verdict.WAIT) == verdict(run.wait(2 * MINUTE))
    assert "no requests were counted at 1 % yet" in run.judged.reading.detail
    assert (State.GOOD, Verdict.PASS) == verdict(run.wait(10 * MINUTE))
    assert "enough for 5 %" in run.judged.reading.detail


@pytest.mark.parametrize("judge", [gate(), by_application()])
def test_a_green_that_is_worse_breaches(judge: EvidenceGate) -> None:
    run = Run(judge)
    run.world = failing_from(NOW, 500)
    judged = run.at(1)

    assert (State.BAD, Verdict.BREACH) == verdict(judged)
    assert "green is worse than blue" in judged.reading.detail
    assert (judged.reading.value or 0) > 4.6


def test_a_plan_may_hold_a_green_that_is_worse() -> None:
    run = Run(gate(on_worse="hold"))
    run.world = failing_from(NOW, 500)

    assert (State.BAD, Verdict.WAIT) == verdict(run.at(1))


def test_a_fault_of_both_is_no_reason_to_leave_green() -> None:
    """It holds: blue is sick itself."""
    run = Run()
    run.at(2)
    run.world = lambda start, length, share: traffic(
        start, length, share, failing=100, green_failing=100
    )
    judged = run.at(3)

    assert (State.BAD, Verdict.WAIT) == verdict(judged)
    assert "blue fails too" in judged.reading.detail


def test_what_was_worse_once_stays_worse() -> None:
    """Also at 100 %, where nothing more can be learnt."""
    run = Run()
    run.at(4)
    run.world = failing_from(run.now, 300)
    run.shift(5)

    assert (State.GOOD, Verdict.PASS) == verdict(run.look())
    assert "no control at 100 %" in run.judged.reading.detail
    assert (State.GOOD, Verdict.PASS) == verdict(run.wait(HOUR))

    late = Run()
    late.at(4, 12 * MINUTE)
    late.world = failing_from(late.now - 100 * SECOND, 600)
    late.shift(5)
    assert (State.GOOD, Verdict.PASS) == verdict(late.look())
    assert (State.BAD, Verdict.BREACH) == verdict(late.wait(5 * MINUTE))


def test_nothing_is_read_at_100_percent_but_what_came_before_it() -> None:
    """There is nothing to compare with, and reading costs."""
    run = Run()
    run.at(5)

    assert OutcomesSeen() == run.seen()
    assert dossier(run).fed_until == run.situation.settled_at


def test_nothing_is_judged_while_weights_move() -> None:
    run = Run()
    run.at(1)
    run.situation = replace(run.situation, step=2, settled_at=None)
    judged = run.look()

    assert (State.GOOD, "nothing to judge while weights move") == (
        judged.reading.state,
        judged.reading.detail,
    )


def test_a_green_that_is_worse_breaches_while_weights_move() -> None:
    run = Run()
    run.at(1)
    run.world = failing_from(run.now - 10 * MINUTE, 900)
    run.situation = replace(run.situation, step=2, settled_at=None)

    assert (State.BAD, Verdict.BREACH) == verdict(run.wait(10 * MINUTE))


def test_the_ladder_ends_after_a_watch() -> None:
    """Ten minutes at the last share that has a control."""
    run = Run()
    run.at(3)
    run.shift(4)

    assert (State.BAD, Verdict.WAIT) == verdict(run.wait(9 * MINUTE))
    assert "95 % is watched for another 1 min 00 s" in run.judged.reading.detail
    assert (State.GOOD, Verdict.PASS) == verdict(run.wait(MINUTE))


def test_a_step_that_moves_only_dns_keeps_what_was_learnt() -> None:
    """The weights are the same, and so is the evidence."""
    run = Run(shares=(10, 10, 50, 250, 1000))
    run.at(1)
    run.shift(2)
    run.wait(4 * MINUTE)

    assert (State.GOOD, Verdict.PASS) == verdict(run.judged)


# --- minimum, share, silence ----------------------------------------------------------


def test_fewer_requests_than_wanted_wait() -> None:
    run = Run(gate(minimum_requests=500))
    judged = run.at(1, 10 * MINUTE)

    assert (State.BAD, "80 of 500 requests left blue at 1 %") == (
        judged.reading.state,
        judged.reading.detail,
    )
    assert Verdict.WAIT is judged.verdict


def test_a_share_that_nobody_meant_waits() -> None:
    """Twice as much on green as the weights say: the two cannot be compared."""
    run = Run()
    run.world = lambda start, length, share: traffic(start, length, 2 * share)
    judged = run.at(3)

    assert (State.BAD, Verdict.WAIT) == verdict(judged)
    assert judged.reading.detail.startswith("50 % of ")
    assert "requests left blue, and 25 % were meant to" in judged.reading.detail


def test_what_was_meant_before_is_no_measure_for_what_is_meant_now() -> None:
    """Right after a shift all that is known has come at the step before."""
    run = Run()
    run.at(1)
    run.shift(2)
    for _ in range(10):
        run.wait(20 * SECOND)
        assert "were meant to" not in run.judged.reading.detail


def test_counts_that_stop_coming_are_no_data() -> None:
    """Silence after enough was known, too: it stops the cutover."""
    run = Run()
    assert (State.GOOD, Verdict.PASS) == verdict(run.at(2))

    run.world = lambda start, length, share: {}
    judged = run.wait(6 * MINUTE)

    assert (State.NO_DATA, Verdict.WAIT) == verdict(judged)
    assert "usable counts have stopped coming" in judged.reading.detail


def test_silence_breaches_where_the_plan_says_so() -> None:
    run = Run(gate(on_no_data="breach"))
    run.at(2)
    run.world = lambda start, length, share: {}

    assert (State.NO_DATA, Verdict.BREACH) == verdict(run.wait(6 * MINUTE))


def test_a_green_without_counts_is_unknown_and_never_good() -> None:
    """From the first step on: blue has counts, and green has none."""
    run = Run()
    run.world = lambda start, length, share: {
        edge: {Lane.BLUE: lanes[Lane.BLUE]}
        for edge, lanes in traffic(start, length, share).items()
    }

    assert (State.NO_DATA, Verdict.WAIT) == verdict(run.at(1))


def test_a_blue_without_counts_is_no_control() -> None:
    run = Run()
    run.at(1)
    run.world = lambda start, length, share: {
        edge: {Lane.GREEN: lanes[Lane.GREEN]}
        for edge, lanes in traffic(start, length, share).items()
    }

    assert (State.NO_DATA, Verdict.WAIT) == verdict(run.at(2))


def test_a_plan_chooses_how_long_counts_may_stay_away() -> None:
    run = Run(gate(stale_after="10m"))
    run.at(2)
    run.world = lambda start, length, share: {}

    assert State.NO_DATA is not run.wait(9 * MINUTE).reading.state
    assert State.NO_DATA is run.wait(5 * MINUTE).reading.state


def test_a_source_that_cannot_be_asked_forgets_nothing() -> None:
    run = Run()
    run.at(1)
    judged = run.judge.judge(Unreadable("fog"), run.situation)

    assert (State.UNREADABLE, Verdict.WAIT) == verdict(judged)
    assert run.situation.memory == judged.memory


# --- before the first step ------------------------------------------------------------


def test_the_hour_before_the_start_is_asked_for() -> None:
    """Until the last minute of which everything is known."""
    run = Run()
    wanted = run.judge.wants(replace(run.situation, memory=None))

    end = NOW - 2 * MINUTE
    assert (Span(end - HOUR, end), None) == (wanted.before, wanted.since)


@pytest.mark.parametrize(("known", "state"), [(29, State.NO_DATA), (30, State.GOOD)])
def test_too_little_of_blue_is_no_data_and_refuses_the_start(
    known: int, state: State
) -> None:
    def world(start: datetime, length: timedelta, share: int) -> Any:
        first = NOW - 2 * MINUTE - known * MINUTE
        return traffic(start, length, share) if start >= first else {}

    run = Run(world=world)
    problem = run.judge.refusal(run.seen(), run.situation)

    assert state is run.judged.reading.state
    if state is State.GOOD:
        assert problem is None
        return
    assert run.situation.memory is None
    assert problem is not None
    assert ("gate proof", run.judged.reading.detail) == (problem.field, problem.value)
    assert f"known of 29 minutes of the hour before the start, and {LEAST_BEFORE}" in (
        problem.value
    )


def test_a_blue_that_fails_half_of_the_time_is_nothing_to_compare_with() -> None:
    run = Run(
        world=lambda start, length, share: traffic(start, length, share, failing=600),
    )

    assert (State.NO_DATA, Verdict.WAIT) == verdict(run.judged)
    assert "hist_rate" in run.judged.reading.detail


def test_counts_that_cannot_be_read_refuse_the_start() -> None:
    run = Run()
    problem = run.judge.refusal(Unreadable("fog"), replace(run.situation, memory=None))

    assert problem is not None
    assert "fog" == problem.value


# --- once each ------------------------------------------------------------------------


def test_a_restart_from_the_record_goes_on_as_if_nothing_had_happened() -> None:
    """Every poll is one: nothing lives but what the record keeps."""
    run, again = Run(), Run()
    for _ in range(40):
        run.situation = replace(
            run.situation, memory=json.dumps(json.loads(run.situation.memory or ""))
        )
        for one in (run, again):
            if one.situation.step == 0:
                one.shift(1)
            one.wait(20 * SECOND)

        assert run.judged == again.judged


def test_what_is_told_again_counts_once() -> None:
    """A look that was repeated, and intervals that come late or twice."""
    run = Run()
    run.at(1)
    before = dossier(run)
    everything = run.told(Span(NOW, run.now - 2 * MINUTE), MINUTE)
    judged = run.judge.judge(OutcomesSeen(since=everything), run.situation)

    after = Dossier.model_validate_json(judged.memory or "")
    assert (before.state, before.fed_until, ()) == (
        after.state,
        after.fed_until,
        after.taken,
    )


def test_the_journal_has_each_interval_once() -> None:
    """Each look tells what it took, so that all looks together tell everything."""
    run, taken = Run(), list[Taken]()
    for step in (1, 2):
        run.shift(step)
        for _ in range(60):
            run.wait(20 * SECOND)
            taken.extend(dossier(run).taken)

    ends = [one.end for one in taken]
    first = NOW + MINUTE
    assert [first + MINUTE * number for number in range(len(ends))] == ends
    assert ends[-1] == run.now - 2 * MINUTE


def test_an_interval_that_saw_both_weights_is_of_the_later_step_and_not_whole() -> None:
    run = Run(now=NOW + 30 * SECOND)
    taken = list[Taken]()
    for step in (1, 2):
        run.shift(step)
        for _ in range(30):
            run.wait(20 * SECOND)
            taken.extend(dossier(run).taken)

    marks = [(one.step, one.whole) for one in taken[:13]]
    assert [(1, False)] + [(1, True)] * 9 + [(2, False)] + [(2, True)] * 2 == marks


def test_an_interval_that_saw_a_part_of_100_percent_counts_for_nothing() -> None:
    """For a part of it there was no control."""
    run = Run(now=NOW + 30 * SECOND, shares=(10, 500, 1000))
    run.at(2)
    before = (dossier(run).state or {})["age"]
    run.shift(3)
    run.wait(10 * MINUTE)

    kept = dossier(run)
    assert before + 2 == (kept.state or {})["age"]
    assert kept.fed_until == run.moves[-1][0] + 30 * SECOND


def test_counts_that_cannot_be_are_no_counts() -> None:
    """Whoever told them, they change nothing and count as missing."""
    run = Run()
    run.at(1)
    age = (dossier(run).state or {})["age"]
    run.world = lambda start, length, share: {
        "edge-1": {Lane.BLUE: (900, 1, 1), Lane.GREEN: (10, 99, 0)}
    }

    assert (State.NO_DATA, Verdict.WAIT) == verdict(run.wait(5 * MINUTE))
    assert age == (dossier(run).state or {})["age"]


def test_intervals_under_weights_that_were_changed_by_hand_are_not_whole() -> None:
    """They count for the comparison, and permit nothing."""
    run = Run()
    run.at(2)
    run.situation = replace(run.situation, adopted={"edge-1": Weights(blue=1)})
    run.wait(10 * MINUTE)

    assert not any(one.whole for one in dossier(run).taken)
    assert (State.GOOD, Verdict.PASS) == verdict(Run().at(2))


def test_edges_are_compared_each_with_itself() -> None:
    """An edge whose clients fail more does so on both lanes: no evidence."""

    def world(start: datetime, length: timedelta, share: int) -> Any:
        good = traffic(start, length, share)
        bad = traffic(start, length, 9 * share, failing=60, green_failing=60)
        return {"edge-1": good["edge-1"], "edge-2": bad["edge-1"]}

    run = Run(world=world, shares=(50, 1000))
    judged = run.at(1)

    assert Verdict.BREACH is not judged.verdict
    assert (judged.reading.value or 0) < 1.0


def test_all_that_is_not_blue_counts_as_green() -> None:
    """The canary lane has green's application, too."""

    def world(start: datetime, length: timedelta, share: int) -> Any:
        lanes = traffic(start, length, share)["edge-1"]
        moved = {Lane.CANARY: lanes[Lane.GREEN]} if Lane.GREEN in lanes else {}
        return {"edge-1": {Lane.BLUE: lanes[Lane.BLUE], **moved}}

    assert Run(world=world).at(1) == Run().at(1)


def test_a_long_absence_is_made_up_for_an_hour_at_a_time() -> None:
    run = Run(by_application())
    run.shift(1)
    run.now += 5 * HOUR
    run.look()

    assert (360, NOW + HOUR) == (len(dossier(run).taken), dossier(run).fed_until)


# --- what is lost ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        lambda kept: {**kept, "state": {**kept["state"], "v": 99}},
        lambda kept: {**kept, "state": {}},
        lambda kept: {**kept, "before": "fog"},
        lambda kept: {**kept, "before": [0, 0, 0, 0]},
    ],
    ids=["another version", "cut", "not what was written", "impossible"],
)
def test_evidence_that_was_lost_waits_and_is_not_begun_anew(spoil: Any) -> None:
    run = Run()
    run.at(1)
    kept = json.dumps(spoil(json.loads(run.situation.memory or "")))
    run.situation = replace(run.situation, memory=kept)
    judged = run.look()

    assert (State.BAD, Verdict.WAIT, kept) == (*verdict(judged), judged.memory)
    assert "the evidence so far is lost" in judged.reading.detail


def test_a_record_without_memory_in_the_middle_waits() -> None:
    run = Run()
    run.at(1)
    run.situation = replace(run.situation, memory=None)
    judged = run.look()

    assert (State.BAD, Verdict.WAIT, None) == (*verdict(judged), judged.memory)
    assert OutcomesSeen() == run.seen()


def test_what_a_newer_version_kept_besides_is_no_harm() -> None:
    run = Run()
    run.at(1)
    kept = json.loads(run.situation.memory or "") | {"news": 1}
    run.situation = replace(run.situation, memory=json.dumps(kept))

    assert (State.GOOD, Verdict.PASS) == verdict(run.look())


# --- the plan's words -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"slow_above_ms": None}, "slow_above_ms: required"),
        ({"source": "application"}, "remove errors and slow_above_ms"),
        (
            {"source": "application", "slow_above_ms": None, "errors": ["5xx"]},
            "remove errors and slow_above_ms",
        ),
        ({"errors": []}, "at least 1"),
        ({"alpha": "11 %"}, "less than or equal to 100"),
        ({"alpha": "0 %"}, "greater than or equal to 1"),
        ({"budget": 0}, "greater than or equal to 1"),
        ({"stale_after": "9s"}, "stale_after: at least 10s"),
        ({"source": "tea leaves"}, "'load_balancer' or 'application'"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        gate(**changes)


@pytest.mark.parametrize("judge", [gate(), by_application(), gate(errors=["4xx"])])
def test_a_gate_is_the_same_after_it_was_kept(judge: EvidenceGate) -> None:
    kept = judge.model_dump_json()

    assert judge == EvidenceGate.model_validate_json(kept)


def test_what_is_chosen_reaches_the_engine() -> None:
    chosen = gate(alpha="0.5 %", budget=10, stale_after="4m").parameters()
    ten = by_application(stale_after="1m").parameters()

    assert (0.005, 10.0, 4.0) == (
        chosen["alpha"],
        chosen["budget"],
        chosen["stale_intervals"],
    )
    assert (10.0, 6.0) == (ten["period_s"], ten["stale_intervals"])
    assert (OnBad.ROLL_BACK, OnSilence.WAIT) == (gate().on_worse, gate().on_no_data)


# --- properties -----------------------------------------------------------------------

COUNTS = st.integers(0, 3_000).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))
)
LANES: st.SearchStrategy[Mapping[Lane, Counts]] = st.dictionaries(
    st.sampled_from(Lane), COUNTS, max_size=3
)
WORLDS = st.lists(
    st.dictionaries(st.sampled_from(["edge-1", "edge-2"]), LANES, max_size=2),
    min_size=1,
    max_size=15,
)


def lived(worlds: list[Any], source: Source) -> Run:
    run = Run(by_application() if source is Source.APPLICATION else gate())
    length = source.length

    def world(start: datetime, _: timedelta, share: int) -> Any:
        number = int((start - NOW) / length)
        return worlds[number] if 0 <= number < len(worlds) else {}

    run.world = world
    run.shift(1)
    return run


@settings(max_examples=60, deadline=None)
@given(WORLDS, st.sampled_from(Source), st.lists(st.integers(1, 300), max_size=8))
def test_however_often_is_looked_the_same_is_learnt(
    worlds: list[Any], source: Source, waits: list[int]
) -> None:
    """Polls decide when something is known, and never what."""
    often, seldom = lived(worlds, source), lived(worlds, source)
    for seconds in waits:
        often.now += seconds * SECOND
        often.look()
    for run in (often, seldom):
        run.now = NOW + HOUR
        run.look()

    assert dossier(often).state == dossier(seldom).state
    assert often.judged.verdict is seldom.judged.verdict
    assert often.judged.reading == seldom.judged.reading


@settings(max_examples=60, deadline=None)
@given(WORLDS, st.sampled_from(Source))
def test_whatever_came_the_memory_is_small_strict_and_exact(
    worlds: list[Any], source: Source
) -> None:
    run = lived(worlds, source)
    run.wait(5 * MINUTE)
    kept = json.loads(run.situation.memory or "", parse_constant=pytest.fail)

    again = Dossier.model_validate_json(json.dumps(kept))
    assert dossier(run) == again
    evidence, _ = again.engine(SHARES, run.judge.parameters())
    assert again.state == evidence.to_state()
    assert len(run.situation.memory or "") < 4_000


@settings(max_examples=60, deadline=None)
@given(WORLDS, st.sampled_from(Source))
def test_no_data_and_unusable_data_never_pass_by_themselves(
    worlds: list[Any], source: Source
) -> None:
    """Without a request on green nothing ever passes a step."""
    silent = [
        {edge: {Lane.BLUE: (9, 0, 0)} for edge in interval} for interval in worlds
    ]
    run = lived(silent, source)

    assert Verdict.WAIT is run.wait(20 * MINUTE).verdict
