"""Every example is good, and fits the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shifter.cli.plan import read_plan
from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.gate import OnBad
from shifter.core.gates.replication import ReplicationGate
from shifter.core.plan import Plan
from shifter.core.topology import Topology

EXAMPLES = Path(__file__).parent.parent / "examples"
PLANS = sorted(EXAMPLES.glob("plan*.yaml"))
TOPOLOGIES = sorted(EXAMPLES.glob("topology*.json"))


def _shipped() -> Plan:
    return read_plan(str(EXAMPLES / "plan.yaml"))


def _topology(name: str) -> Topology:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return Topology.model_validate(json.loads(text))


def test_every_example_is_known_and_described() -> None:
    described = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = {file.name for file in EXAMPLES.iterdir()} - {"README.md"}

    assert files == {file.name for file in (*PLANS, *TOPOLOGIES)}
    assert all(f"| `{name}` |" in described for name in files)


@pytest.mark.parametrize("file", PLANS, ids=lambda file: file.name)
def test_a_plan_is_good(file: Path) -> None:
    read_plan(str(file))


@pytest.mark.parametrize("file", TOPOLOGIES, ids=lambda file: file.name)
def test_a_topology_is_good(file: Path) -> None:
    _topology(file.name)


def test_the_shipped_plan_rolls_back_on_errors_health_and_lag() -> None:
    plan = _shipped()

    roles = {g.alarm: g.on_alarm for g in plan.gates if isinstance(g, AlarmGate)}

    assert roles == {
        "payments-prod-green-5xx": OnBad.ROLL_BACK,
        "payments-prod-green-latency": OnBad.HOLD,
        "payments-prod-green-unhealthy": OnBad.ROLL_BACK,
        "payments-prod-replication-lag": OnBad.ROLL_BACK,
        "payments-prod-green-health": OnBad.ROLL_BACK,
    }
    assert [step.share for step in plan.steps] == [10, 50, 100, 250, 500, 950, 1000]


def test_the_shipped_plan_fits_the_shipped_topology() -> None:
    plan, topology = _shipped(), _topology("topology.json")

    tasks = {g.task for g in plan.gates if isinstance(g, ReplicationGate)}

    assert plan.environment == topology.environment
    assert plan.database == topology.database
    assert tasks == topology.replication.keys()
    assert topology.dns is not None, "the plan moves DNS"


def test_the_two_edges_share_no_target_group() -> None:
    """A target group belongs to one load balancer."""
    groups = [
        arn
        for edge in _topology("topology.json").edges
        for arn in edge.target_groups.values()
    ]

    assert len(set(groups)) == len(groups) == 4


def test_the_least_topology_uses_a_default_action() -> None:
    [edge] = _topology("topology-one-edge.json").edges

    assert edge.listener_arn is not None
    assert edge.rule_arn is None
