"""The benchmark's own parts: a wrong ruler would measure anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.blast_radius import alarms, ours, rivals
from benchmarks.blast_radius.alarms import Alarm
from benchmarks.blast_radius.cells import (
    ALONE,
    AWS,
    JUDGED,
    MORE_AWS,
    NAMED,
    OURS,
    RUNS,
    Results,
    setting,
)
from benchmarks.blast_radius.chart import draw
from benchmarks.blast_radius.figures import figures
from benchmarks.blast_radius.outcome import Outcome, joined
from benchmarks.blast_radius.report import compared, everybody, promised
from benchmarks.blast_radius.scenarios import ALL, BY_NAME, PER_MINUTE
from benchmarks.blast_radius.statistics import mean, rate, ratio, wald
from benchmarks.blast_radius.timetable import Timetable, Watcher, watch
from benchmarks.blast_radius.world import GREEN_FAILED, GREEN_N, World

MANY, SEED = 40, 3


def play(policy: str, scenario: str) -> Outcome:
    return RUNS[policy](BY_NAME[scenario], MANY, SEED)[policy]


@pytest.mark.parametrize(
    ("fault", "bound"),
    [
        ("x5", 4.6),
        ("+1 % on 0.5 %", 7.1),
        ("+1 %", 2.8),
        ("+5 %", 1.5),
        ("outage", 0.8),
        ("latency", 5.3),
    ],
)
def test_the_bound_is_that_of_the_reference(fault: str, bound: float) -> None:
    assert bound == round(wald(BY_NAME[fault]) or 0.0, 1)


@pytest.mark.parametrize("fault", ["leak", "healthy 0.1 %"])
def test_there_is_no_bound_where_there_is_no_one_ratio(fault: str) -> None:
    assert wald(BY_NAME[fault]) is None


@pytest.mark.parametrize("ours", OURS)
def test_an_outage_is_taken_back_each_time_and_costs_what_the_lag_costs(
    ours: str,
) -> None:
    outcome = play(ours, "outage")

    assert outcome.back.all()
    assert 4 < outcome.bad.mean() < 40
    assert not outcome.paused.any()


def test_a_healthy_release_costs_nothing_and_takes_its_time() -> None:
    outcome = play("Shifter, ALB metrics", "healthy 0.1 %")

    assert 0 == outcome.bad.sum()
    assert 30 < np.nanmedian(outcome.minutes) < 50


def test_the_same_seed_is_the_same_world() -> None:
    one, other = (play("Flagger", "+5 %") for _ in range(2))

    assert (one.bad == other.bad).all()


def test_an_alarm_leaves_missing_datapoints_out() -> None:
    """Three of the last three that there are."""
    alarm = Alarm(3, 3, 0.01)
    alarm.start(World(BY_NAME["+5 %"], 1, SEED))
    breach = np.zeros((8, 1))
    breach[GREEN_N], breach[GREEN_FAILED] = 100, 5
    fine = breach.copy()
    fine[GREEN_FAILED] = 1
    known, lost = np.array([True]), np.array([False])

    fired = [
        bool(alarm.look(data, seen, 0)[0])
        for data, seen in (
            (breach, known),
            (breach, known),
            (fine, lost),
            (breach, known),
            (fine, known),
        )
    ]

    assert [False, False, False, True, False] == fired


def test_a_timetable_lasts_as_long_as_it_says() -> None:
    outage = replace(BY_NAME["outage"], added=0.0)
    timetable = Timetable("two steps", (0.1, 1.0), 5, 10)
    outcome = watch(timetable, [Alarm(1, 1, 0.5)], outage, MANY, SEED)[0]

    assert 15 * PER_MINUTE == len(timetable.steps())
    assert not outcome.back.any()
    assert np.allclose(outcome.minutes, 15 - 1 / PER_MINUTE)


@pytest.mark.parametrize(
    ("timetable", "rival"),
    [
        (
            rivals.ARGO,
            rivals.ArgoRollouts(success=0.95, limit=3, minutes=5, latency=False),
        ),
        (alarms.LADDER, rivals.LindonMalek()),
        (alarms.LADDER, rivals.ConfidenceSequence()),
        (alarms.CANARY, Alarm(1, 1, 0.0, count=1)),
        (alarms.LADDER, ours.TestAlone(alarms.LADDER)),
        (rivals.KAYENTA, rivals.Kayenta()),
    ],
    ids=lambda case: case.name,
)
def test_every_rival_takes_an_outage_back(timetable: Timetable, rival: Watcher) -> None:
    outcome = watch(timetable, [rival], BY_NAME["outage"], MANY, SEED)[0]

    assert outcome.back.mean() > 0.95


def test_parts_are_joined_in_order() -> None:
    one, other = (play("Shifter, ALB metrics", name) for name in ("outage", "+5 %"))

    assert [*one.bad, *other.bad] == list(joined([one, other]).bad)


def test_uncertainty_is_that_of_the_textbook() -> None:
    few = np.array([True] + [False] * 99)
    numbers = np.array([1.0, 2.0, 3.0])

    assert "1.0% [0.2%, 5.4%]" == f"{rate(few):.1%}"
    assert "2.00 [0.87, 3.13]" == f"{mean(numbers):.2f}"
    assert 2 == ratio(2 * numbers, numbers).value


def test_what_is_judged_is_played() -> None:
    assert JUDGED <= RUNS.keys()


def made_up() -> Results:
    """Results without a simulation: ours hurt one each, everybody else hundreds."""
    searched = (*AWS, *MORE_AWS, alarms.LADDER)
    settings = [setting(t, alarm) for t in searched for alarm in alarms.grid()]
    nobody, everyone = np.zeros(9, np.bool_), np.ones(9, np.bool_)
    results = {}
    for policy in (*settings, *NAMED, *ALONE, *OURS, "Flagger"):
        for scenario in ALL:
            bad = np.arange(1.0, 10.0) * (1 if policy in OURS else 100)
            results[policy, scenario.name] = Outcome(
                bad, nobody, nobody, np.full(9, 30.0), bad, nobody, everyone
            )
    return results


def test_each_promise_is_told_with_what_was_found(tmp_path: Path) -> None:
    """And an honest table names the one that was missed."""
    results = made_up()
    found = figures(results)
    missed = results | {
        (ours, "+5 %"): replace(results[ours, "+5 %"], bad=np.full(9, 100.0) + 1)
        for ours in OURS
    }
    draw(results, tmp_path / "chart.svg")

    assert all(figure.holds for figure in found)
    assert f"{len(found)} of {len(found)} hold." == promised(found)[-1]
    assert [
        "Shifter, ALB metrics: +5 %, against the best alarm on CodeDeploy and ECS"
    ] == [figure.text for figure in figures(missed) if not figure.holds][:1]
    assert len(compared(results)) > len(ALL)
    assert len(everybody(results)) > len(NAMED)
    assert "<svg" in (tmp_path / "chart.svg").read_text("utf-8")
