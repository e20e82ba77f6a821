"""The model of what a run costs, held against a run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from shifter.cli.prices import PRICES, provenance
from shifter.cli.running_cost import FUNCTION_GB, running_cost
from shifter.core.plan import parse_plan
from shifter_sandbox.play import play
from shifter_sandbox.scenarios import SCENARIOS, shipped_plan
from tests.cli.plans import good_plan

NOT_OF_THE_RUN = frozenset(
    {
        # what builds the stage, what reads its queues, and what invokes functions
        *("ec2", "iam", "sqs", "stepfunctions", "lambda"),
    }
)
BUILDING = ("Create", "Put", "Register", "Subscribe", "DescribeLoad")


def test_the_model_is_within_a_sixth_of_a_played_run() -> None:
    """The run has some more looks: those that wait for DNS, which no plan can tell."""
    played = play(SCENARIOS["complete"])
    expected = running_cost(shipped_plan())

    looks = sum(entry.actor == "assess" for entry in played.journal)
    states = sum(len(execution.states) for execution in played.executions)
    calls = sum(
        count
        for name, count in played.calls.items()
        if name.partition(".")[0] not in NOT_OF_THE_RUN
        and not name.partition(".")[2].startswith(BUILDING)
    )
    watchdog = played.duration.total_seconds() / 60 * 3
    for measured, modelled in (
        (looks, expected.looks),
        (states, expected.transitions),
        (calls - watchdog, expected.calls),
    ):
        assert measured * 5 / 6 <= modelled <= measured


def test_a_gate_that_asks_aws_makes_each_look_dearer() -> None:
    plan = good_plan()
    bare = running_cost(parse_plan(plan))
    plan["gates"].append(
        {
            "kind": "targets",
            "name": "green-targets",
            "lane": "green",
            "minimum_healthy": 1,
            "on_unhealthy": "hold",
        }
    )

    assert running_cost(parse_plan(plan)).calls > bare.calls
    assert running_cost(parse_plan(plan)).looks == bare.looks


def test_without_evidence_no_metric_is_paid_for() -> None:
    """DescribeAlarms for the plan's alarms, and for the watchdog's, is all of it."""
    expected = running_cost(parse_plan(good_plan()))

    assert round(2 * expected.looks * 0.00001, 6) == round(
        expected.dollars["CloudWatch"], 6
    )
    assert sum(expected.dollars.values()) == expected.total_dollars


def test_the_model_has_functions_of_the_size_that_is_deployed() -> None:
    template = (Path(__file__).parents[2] / "infra" / "automation.yaml").read_text()

    [megabytes] = re.findall(r"^    MemorySize: (\d+)", template, re.MULTILINE)

    assert int(megabytes) == FUNCTION_GB * 1024
    assert "Architectures: [x86_64]" in template


def test_a_forecast_says_how_many_of_its_prices_were_verified() -> None:
    """Nobody may take a believed price for a checked one."""
    checked = tuple(replace(price, verified=True) for price in PRICES)
    believed = tuple(replace(price, verified=False) for price in PRICES)

    assert "none verified" in provenance(believed)
    assert "all verified" in provenance(checked)
    assert f"1 of {len(PRICES)} verified" in provenance((*believed[1:], checked[0]))
    assert all(price.source for price in PRICES)


def test_evidence_is_read_once_for_each_interval_and_only_with_a_control() -> None:
    """Ten minutes at 10 %, the baseline twice, and nothing at 100 %."""
    plan = good_plan()
    steps = [{"share": "10 %", "bake": "10m"}, {"share": "100 %"}]
    bare = running_cost(parse_plan(plan | {"steps": steps}))
    for proof, reads, metrics in (
        ({"slow_above_ms": 500}, 12, 16),
        ({"slow_above_ms": 500, "errors": ["5xx"]}, 12, 12),
        ({"source": "application"}, 32, 12),
    ):
        gates = [*plan["gates"], {"kind": "evidence", "name": "proof", **proof}]
        with_evidence = running_cost(
            parse_plan(plan | {"steps": steps, "gates": gates})
        )
        dearer = with_evidence.dollars["CloudWatch"] - bare.dollars["CloudWatch"]

        assert (bare.calls + reads, round(reads * metrics * 0.00001, 6)) == (
            with_evidence.calls,
            round(dearer, 6),
        )
