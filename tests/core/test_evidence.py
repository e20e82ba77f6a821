"""The engine's answers, what it refuses, and what a poll may rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from math import inf, log, nan
from typing import Any

import pytest

from shifter.core.counts import Counts, Unusable
from shifter.core.evidence import Evidence
from shifter.core.evidence_parameters import NAMES, TEN_SECONDS, Parameters
from tests.core.evidence_examples import (
    BEFORE,
    HEALTHY_BLUE,
    HEALTHY_GREEN,
    MINUTE,
    RPM,
    again,
    answer,
    engine,
    fed,
)

HEALTHY = (HEALTHY_BLUE, HEALTHY_GREEN)
OUTAGE = (HEALTHY_BLUE, (8, 8, 0))
SICK_BLUE = ((825, 41, 8), HEALTHY_GREEN)


# --- answers ------------------------------------------------------------------------


def test_nothing_is_known_before_the_first_interval() -> None:
    assert "HOLD" == answer(engine())


def test_an_outage_rolls_back_with_the_first_interval() -> None:
    assert "ROLLBACK" == answer(fed(engine(), OUTAGE), since_step_s=60)


def test_a_rollback_is_never_revoked() -> None:
    """However much good traffic comes later, and across polls."""
    evidence = fed(engine(), OUTAGE, *[((800, 80, 8), (800, 0, 0))] * 30)

    assert evidence.log_e < 0
    assert "ROLLBACK" == answer(evidence)
    assert "ROLLBACK" == answer(again(evidence))


def test_a_rollback_beats_the_time_out() -> None:
    assert "ROLLBACK" == answer(fed(engine(), OUTAGE), since_step_s=1e6)


def test_enough_healthy_requests_permit_the_next_weight() -> None:
    assert "ADVANCE" == answer(fed(engine(), *[HEALTHY] * 4), since_step_s=240)


def test_too_few_requests_permit_nothing() -> None:
    """Elapsed time is no evidence."""
    few: tuple[Counts, Counts] = ((825, 1, 8), (1, 0, 0))

    assert "HOLD" == answer(fed(engine(), *[few] * 5), since_step_s=3_000)


def test_a_step_bakes_for_some_minutes_however_good_it_looks() -> None:
    evidence = fed(engine(), *[HEALTHY] * 4)

    assert "HOLD" == answer(evidence, since_step_s=179)
    assert "ADVANCE" == answer(evidence, since_step_s=180)


def test_intervals_that_began_at_another_weight_permit_nothing() -> None:
    evidence = fed(engine(), *[HEALTHY] * 20, whole=False)

    assert "HOLD" == answer(evidence)


def test_another_step_begins_the_permission_anew_but_not_the_evidence() -> None:
    worse: tuple[Counts, Counts] = ((825, 1, 8), (8, 1, 0))
    evidence = fed(engine(), *[HEALTHY] * 4, worse)
    before = evidence.log_e

    assert "HOLD" == answer(evidence, step=1)
    fed(evidence, ((790, 1, 8), (42, 1, 0)), step=1)

    assert [0, 0, 0] != evidence.to_state()["green"]
    assert (42, 1, 0) == evidence.green
    assert evidence.log_e > before > 0


def test_a_suspicion_holds() -> None:
    evidence = fed(engine(hold_e=1.01), *[HEALTHY] * 6, ((825, 1, 8), (8, 0, 2)))

    assert 0 < evidence.log_e < log(100)
    assert "HOLD" == answer(evidence)


def test_a_blue_that_is_sick_itself_holds_for_five_minutes() -> None:
    """A fault that hurts both is no reason to leave green, and none to go on."""
    evidence = fed(engine(), *[HEALTHY] * 9, SICK_BLUE)
    sick_at = evidence.stamp
    fed(evidence, *[HEALTHY] * 4)

    assert sick_at is not None
    assert "HOLD" == evidence.decide(now=sick_at + 299, step=0, since_step_s=900)
    assert "ADVANCE" == evidence.decide(now=sick_at + 300, step=0, since_step_s=900)


@pytest.mark.parametrize("nothing", [{"missing": True}, {"green": (0, 0, 0)}])
def test_three_intervals_without_counts_hold(nothing: dict[str, Any]) -> None:
    evidence = fed(engine(), *[HEALTHY] * 4)
    answers = []
    for minute in range(5, 8):
        unknown = {"blue": HEALTHY_BLUE, "green": HEALTHY_GREEN} | nothing
        evidence.update(now=minute * MINUTE, step=0, **unknown)
        answers.append(answer(evidence))

    assert ["ADVANCE", "ADVANCE", "HOLD"] == answers
    assert "ADVANCE" == answer(fed(evidence, HEALTHY))


def test_counts_that_stop_coming_hold() -> None:
    """No data is never good news, also when nobody says that it is missing."""
    evidence = fed(engine(), *[HEALTHY] * 4)

    assert "ADVANCE" == evidence.decide(now=240 + 300, step=0, since_step_s=900)
    assert "HOLD" == evidence.decide(now=240 + 301, step=0, since_step_s=900)


def test_a_step_that_is_too_old_is_for_a_person() -> None:
    evidence = fed(engine(), *[HEALTHY] * 4)

    assert "ADVANCE" == answer(evidence, since_step_s=3_600)
    assert "PAUSE" == answer(evidence, since_step_s=3_601)


def test_the_last_weight_is_done_after_ten_clean_minutes() -> None:
    last: tuple[Counts, Counts] = ((42, 0, 1), (791, 1, 8))
    evidence = fed(engine(), *[last] * 3, step=5)

    assert "HOLD" == answer(evidence, step=5, since_step_s=599)
    assert "DONE" == answer(evidence, step=5, since_step_s=600)


def test_the_last_weight_is_not_done_while_green_fails_as_blue_does() -> None:
    """An incident on both is no rollback, and no end either: it is not clean."""
    shared: tuple[Counts, Counts] = ((42, 2, 1), (791, 40, 8))
    evidence = fed(engine(), *[((42, 0, 1), (791, 1, 8))] * 9, shared, shared, step=5)

    assert evidence.log_e < log(10)
    assert "HOLD" == answer(evidence, step=5, since_step_s=600)


def test_the_last_weight_is_not_done_without_an_interval() -> None:
    evidence = fed(engine(), *[HEALTHY] * 4, step=4)

    assert "HOLD" == answer(evidence, step=5, since_step_s=600)


def test_a_share_near_one_needs_the_permission_for_the_watch() -> None:
    """The margin of the last step is what half an hour there may cost."""
    halves: tuple[Counts, Counts] = ((416, 0, 4), (417, 0, 4))
    answers = [
        answer(fed(engine(), *[halves] * minutes, step=4), step=4)
        for minutes in (1, 2, 3)
    ]

    assert ["HOLD", "ADVANCE", "ADVANCE"] == answers


def test_only_intervals_at_this_weight_tell_whether_its_share_arrived() -> None:
    """Those before belong to another weight, and would look like lost telemetry."""
    evidence = fed(engine(), *[HEALTHY] * 4)
    fed(evidence, HEALTHY, HEALTHY, step=1, whole=False)
    fed(evidence, ((790, 1, 8), (42, 0, 0)), step=1)

    assert [42, 790] == again(evidence).permission.arrived


# --- two edges, and history ---------------------------------------------------------


def test_each_edge_has_its_own_control() -> None:
    """Pooled, green would seem worse, because it has more of the worse clients."""
    good_edge: tuple[Counts, Counts] = ((9_000, 0, 0), (1_000, 0, 0))
    bad_edge: tuple[Counts, Counts] = ((1_000, 100, 0), (9_000, 900, 0))
    apart, pooled = engine(), engine()
    apart.update(now=60, step=0, blue=good_edge[0], green=good_edge[1], edge_2=bad_edge)
    pooled.update(now=60, step=0, blue=(10_000, 100, 0), green=(10_000, 900, 0))

    assert "ROLLBACK" != answer(apart)
    assert "ROLLBACK" == answer(pooled)


@pytest.mark.parametrize(
    "one_colour", [((800, 8, 8), (0, 0, 0)), ((0, 0, 0), (800, 80, 8))]
)
def test_an_edge_with_one_colour_says_nothing(
    one_colour: tuple[Counts, Counts],
) -> None:
    alone, both = engine(), engine()
    alone.update(now=60, step=0, blue=HEALTHY_BLUE, green=HEALTHY_GREEN)
    both.update(
        now=60, step=0, blue=HEALTHY_BLUE, green=HEALTHY_GREEN, edge_2=one_colour
    )

    assert alone.log_e == both.log_e


PAST: Counts = (4165, 1, 40)


def with_history(blue: Counts, green: Counts) -> float:
    evidence = engine()
    evidence.update(now=60, step=5, blue=blue, green=green, history=PAST)
    return evidence.log_e


def test_history_stands_in_where_blue_has_next_to_no_traffic() -> None:
    without = fed(engine(), ((0, 0, 0), (833, 30, 8)), step=5).log_e

    assert with_history((0, 0, 0), (833, 30, 8)) > 0 == round(without, 12)


def test_history_is_ignored_where_blue_has_traffic() -> None:
    without = fed(engine(), ((42, 0, 0), (833, 30, 8)), step=5).log_e

    assert without == with_history((42, 0, 0), (833, 30, 8))


def test_history_adds_only_so_much_a_minute_unless_green_is_a_ruin() -> None:
    """An incident of the present looks like a fault of green."""
    assert with_history((0, 0, 0), (833, 40, 8)) < 4
    assert with_history((0, 0, 0), (833, 166, 8)) < 4
    assert with_history((0, 0, 0), (833, 167, 8)) > 100


def test_clumps_count_less() -> None:
    loose, clumped = Evidence(RPM, BEFORE), Evidence(RPM, BEFORE, 3.0)
    for evidence in (loose, clumped):
        fed(evidence, ((825, 1, 8), (8, 4, 0)))

    assert loose.log_e > clumped.log_e > 0


# --- what is refused ----------------------------------------------------------------


BAD_COUNTS: list[Any] = [
    None,
    (),
    (1, 2),
    (8, -1, 0),
    (-8, 0, 0),
    (8, 9, 0),
    (8, 0, 9),
    (8.5, 0, 0),
    (8, 0, 0.5),
    (nan, 0, 0),
    (inf, 0, 0),
    (10**16, 0, 0),
    ("8", "0", "0"),
    "800",
    8,
]


@pytest.mark.parametrize("bad", BAD_COUNTS, ids=repr)
@pytest.mark.parametrize("where", ["blue", "green", "history", "edge_2"])
def test_bad_counts_are_refused_and_change_nothing(where: str, bad: Any) -> None:
    """A missing colour too: it is unknown, and never zero."""
    evidence = fed(engine(), HEALTHY, OUTAGE)
    before = evidence.to_state()
    given: dict[str, Any] = {"blue": HEALTHY_BLUE, "green": HEALTHY_GREEN}
    given[where] = (HEALTHY_BLUE, bad) if where == "edge_2" else bad
    if bad is None and where == "history":
        return

    with pytest.raises(Unusable):
        evidence.update(now=180, step=1, **given)

    assert before == evidence.to_state()


@pytest.mark.parametrize("edge_2", [7, (), (HEALTHY_BLUE,), (*HEALTHY, HEALTHY_BLUE)])
def test_a_second_edge_has_two_colours(edge_2: Any) -> None:
    evidence = engine()
    before = evidence.to_state()

    with pytest.raises(Unusable):
        evidence.update(
            now=60, step=0, blue=HEALTHY_BLUE, green=HEALTHY_GREEN, edge_2=edge_2
        )

    assert before == evidence.to_state()


def test_whole_numbers_of_any_kind_are_counts() -> None:
    lists: Any = [8.0, 0.0, 0.0]
    evidence = engine()
    evidence.update(now=60, step=0, blue=HEALTHY_BLUE, green=lists)

    assert fed(engine(), HEALTHY).to_state() == evidence.to_state()


def test_time_does_not_go_backwards() -> None:
    evidence = fed(engine(), HEALTHY, HEALTHY)
    before = evidence.to_state()

    with pytest.raises(Unusable, match="in order, once each"):
        evidence.update(now=60, step=0, blue=HEALTHY_BLUE, green=HEALTHY_GREEN)

    assert before == evidence.to_state()


def test_the_same_interval_again_does_nothing() -> None:
    """A poll that was doubled, or a correction that shrinks what was counted."""
    evidence = fed(engine(), HEALTHY)
    before = evidence.to_state()

    assert not evidence.update(now=60, step=3, blue=HEALTHY_BLUE, green=(4, 4, 0))
    assert before == evidence.to_state()


@pytest.mark.parametrize(
    ("now", "step"), [(nan, 0), (inf, 0), (60, -1), (60, 6), (60, 0.5)]
)
def test_a_moment_or_step_that_cannot_be_is_refused(now: float, step: Any) -> None:
    evidence = engine()
    before = evidence.to_state()

    with pytest.raises(Unusable):
        evidence.update(now=now, step=step, blue=HEALTHY_BLUE, green=HEALTHY_GREEN)
    with pytest.raises(Unusable):
        evidence.decide(now=now, step=step, since_step_s=60)

    assert before == evidence.to_state()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Evidence(0, BEFORE),
        lambda: Evidence(nan, BEFORE),
        lambda: Evidence(RPM, (0.0, 0.01)),
        lambda: Evidence(RPM, (0.001, 0.5)),
        lambda: Evidence(RPM, BEFORE, 0.9),
        lambda: Evidence(RPM, BEFORE, inf),
        lambda: engine(alpha=0),
        lambda: engine(alpha=1),
        lambda: engine(budget=-1),
        lambda: engine(period_s=0),
        lambda: engine(r0=nan),
        lambda: engine(ladder=()),
        lambda: engine(ladder=(0.1, 0.1)),
        lambda: engine(ladder=(0.0, 0.1)),
        lambda: engine(ladder=(0.1, 1.1)),
        lambda: engine(ladder=0.5),
        lambda: engine(beta=(0.5,)),
        lambda: engine(w_first=0.6, w_steps=0.4),
        lambda: engine(lambd=1),
        lambda: engine(checksum=1),
    ],
)
def test_what_no_engine_can_be_made_of_is_refused(make: Callable[[], Evidence]) -> None:
    with pytest.raises(Unusable, match=r"^\w+.*: "):
        make()


def test_a_parameter_that_is_refused_is_named_with_its_value_and_a_remedy() -> None:
    with pytest.raises(Unusable) as refused:
        engine(alpha=2)

    assert "alpha: 2: must be a number between 0 and 1" == str(refused.value)


def test_times_may_be_zero() -> None:
    evidence = fed(engine(min_bake_s=0, min_whole=0), *[HEALTHY] * 4)

    assert "ADVANCE" == answer(evidence, since_step_s=0)


def test_ten_seconds_have_parameters_of_their_own() -> None:
    evidence = engine(**TEN_SECONDS)

    assert (10.0, 0.6) == (evidence.parameters.period_s, evidence.parameters.delay_min)


# --- the state ----------------------------------------------------------------------


def test_a_state_is_strict_json_even_before_the_first_interval() -> None:
    state = engine().to_state()

    assert state == json.loads(json.dumps(state, allow_nan=False))
    assert "HOLD" == answer(engine().load_state(state))


@pytest.mark.parametrize(
    "spoiled",
    [
        {"v": 2},
        {"spent": nan},
        {"spent": 1.0},
        {"spent": None},
        {"log_s": [[0.0] * 4]},
        {"log_s": [[0.0] * 4, [0.0] * 3]},
        {"log_s": None},
        {"gate": "0"},
        {"green": [1, 2, 0]},
        {"step": 6},
        {"more": 1},
        {"stamp": "60"},
    ],
    ids=repr,
)
def test_a_state_that_was_not_written_so_is_refused(spoiled: dict[str, Any]) -> None:
    """Going on from no evidence would silently take the guarantee away."""
    evidence = fed(engine(), HEALTHY)
    before = evidence.to_state()

    with pytest.raises(Unusable):
        evidence.load_state(before | spoiled)

    assert before == evidence.to_state()


def test_a_state_that_was_cut_is_refused() -> None:
    for field in engine().to_state():
        state = engine().to_state()
        del state[field]
        with pytest.raises(Unusable, match=field):
            engine().load_state(state)


@pytest.mark.parametrize(
    "other",
    [
        lambda: engine(alpha=0.05),
        lambda: engine(ladder=(0.01, 0.05, 0.10, 0.25, 0.50, 1.0)),
        lambda: Evidence(RPM, (0.002, 0.01)),
        lambda: Evidence(RPM, BEFORE, 2.0),
        lambda: Evidence(2 * RPM, BEFORE),
    ],
)
def test_other_parameters_than_at_the_start_pause(
    other: Callable[[], Evidence],
) -> None:
    """The guarantee holds only for what was fixed before the data were seen."""
    evidence = other().load_state(fed(engine(), *[HEALTHY] * 4).to_state())

    assert "PAUSE" == answer(evidence)
    assert "PAUSE" == answer(other().load_state(evidence.to_state()))


def test_other_parameters_revoke_no_rollback() -> None:
    evidence = engine(alpha=1e-9).load_state(fed(engine(), OUTAGE).to_state())

    assert "ROLLBACK" == answer(evidence)


def test_the_defaults_belong_to_the_version_of_the_state() -> None:
    """Whoever changes a default changes what a state means: raise its version too."""
    assert 1 == engine().to_state()["v"]
    assert 4198519731 == Parameters().checksum()
    assert "ladder" in NAMES


# --- the price ----------------------------------------------------------------------


def test_importing_it_imports_next_to_nothing() -> None:
    """Light modules keep a cold start short."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from shifter.core.evidence import Evidence\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    ours = {
        "comparison",
        "counts",
        "evidence",
        "evidence_parameters",
        "evidence_state",
        "mixture",
        "permission",
    }
    assert {
        "__future__",
        "shifter",
        "shifter.core",
        *(f"shifter.core.{module}" for module in ours),
    } >= set(printed.split()) - {"math", "zlib", "operator", "_operator"}
