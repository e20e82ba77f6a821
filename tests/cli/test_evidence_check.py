"""`shifter evidence check`: blue against blue, on a past of load balancers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from shifter.adapters.zones import zones_of
from shifter.cli.errors import ExitCode
from shifter_sandbox.scenario import shipped_gates
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import Stage
from shifter_sandbox.zoned_past import Past, remember
from tests.cli.stages import Ended, operated_stage, run

PROOF = {"kind": "evidence", "name": "proof", "slow_above_ms": 500}
GATES = "evidence enough-requests lag replication"
STEPS = [
    {"share": "5 %", "bake": "10m"},
    {"share": "25 %", "bake": "15m"},
    {"share": "100 %"},
]
DAYS = 2
BUSY = 833.0


@pytest.fixture
def on() -> Iterator[Stage]:
    with operated_stage(edges=1, dns=False) as opened:
        remember_past(opened, {})
        yield opened


def remember_past(on: Stage, worse: Mapping[str, float]) -> None:
    remember(
        on.aws.metrics,
        on.system.topology,
        zones=zones(on),
        until=on.aws.now(),
        days=DAYS,
        past=Past(requests_per_minute=BUSY, worse=worse),
    )


def zones(on: Stage) -> tuple[str, ...]:
    client: Any = boto3.client("elbv2")
    return zones_of(client, on.system.topology)


def plan(folder: Path, gate: Mapping[str, Any] = PROOF, **changes: Any) -> str:
    """A file with a plan of 25 minutes."""
    parts = {"steps": STEPS, "gates": shipped_gates(gate, without=GATES), **changes}
    document = shipped_plan(**parts).model_dump(mode="json")
    path = folder / "plan.json"
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def check(on: Stage, file: str, *more: str) -> Ended:
    return run(on, "evidence", "check", file, "--days", str(DAYS), *more)


def test_a_healthy_past_keeps_the_promise(on: Stage, tmp_path: Path) -> None:
    ended = check(on, plan(tmp_path))

    assert ExitCode.OK == ended.exit_code, ended.stderr
    assert "proof may roll back" in ended.stdout
    for zone in zones(on):
        assert zone in ended.stdout


def test_a_program_is_told_every_number(on: Stage, tmp_path: Path) -> None:
    ended = check(on, plan(tmp_path), "--json")
    told = ended.document

    assert ExitCode.OK == ended.exit_code
    assert ("holds", "proof", 1500, 0.01) == (
        told["finding"],
        told["gate"],
        told["window_s"],
        told["alpha"],
    )
    assert list(zones(on)) == [one["green"] for one in told["directions"]]
    # Two days less one hour have so many windows of 25 minutes; a minute may be late.
    assert {112} == {one["windows"] for one in told["directions"]}
    assert told["known"] == told["plays"] == 224
    assert [] == told["crossings"]
    assert all(0 < one["most_nats"] < 4.6 for one in told["directions"])  # ln 100


def test_a_zone_that_is_worse_is_refused_and_named(tmp_path: Path) -> None:
    """The negative control: what the check rules out, it can see."""
    with operated_stage(edges=1, dns=False) as on:
        bad, _ = zones(on)
        remember_past(on, {bad: 20.0})

        ended = check(on, plan(tmp_path))
        told = check(on, plan(tmp_path), "--json").document

    assert ExitCode.REFUSED == ended.exit_code
    assert "proof must not roll back by itself" in ended.stdout
    assert "on_worse: hold" in ended.stdout
    assert f"{bad} crossed at " in ended.stdout
    assert "refused" == told["finding"]
    assert {bad} == {crossing["green"] for crossing in told["crossings"]}


def test_nothing_is_said_of_a_past_that_nobody_remembers(tmp_path: Path) -> None:
    """No data is never good news."""
    with operated_stage(edges=1, dns=False) as on:
        ended = check(on, plan(tmp_path))

    assert ExitCode.REFUSED == ended.exit_code
    assert "Nothing can be said of proof" in ended.stdout


def test_a_plan_without_an_evidence_gate_is_told_what_it_has(
    on: Stage, tmp_path: Path
) -> None:
    other = {"kind": "approval", "name": "somebody", "before": "25 %"}
    ended = check(on, plan(tmp_path, other))

    assert ExitCode.NOT_FOUND == ended.exit_code
    assert "the plan has not an evidence gate: it has none" in ended.stderr


def test_counts_without_zones_are_refused_with_what_to_do(
    on: Stage, tmp_path: Path
) -> None:
    own = {"kind": "evidence", "name": "proof", "source": "application"}
    ended = check(on, plan(tmp_path, own))

    assert ExitCode.USAGE == ended.exit_code
    assert "whose counts know no zones" in ended.stderr
    assert "source: load_balancer" in ended.stderr


@pytest.mark.parametrize("days", ["0", "15"])
def test_more_days_than_cloudwatch_keeps_are_refused(
    on: Stage, tmp_path: Path, days: str
) -> None:
    ended = run(on, "evidence", "check", plan(tmp_path), "--days", days)

    assert ExitCode.USAGE == ended.exit_code
    assert "--days" in ended.stderr


def test_nothing_is_changed(on: Stage, tmp_path: Path) -> None:
    before = on.aws.metrics.series
    check(on, plan(tmp_path))

    assert before == on.aws.metrics.series
