"""A rollback that is stuck, made safe by hand, and resolved, by separate processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_operated import CHANGES, ROOT
from tests.served import Served, serve

pytestmark = pytest.mark.xdist_group("served")
PATIENCE = 120


@pytest.fixture
def sandbox() -> Iterator[Served]:
    """One of its own, because its blue environment is lost here."""
    with serve("--speed", "60") as up:
        yield up


def _shifter(up: Served, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shifter", *words],
        env=up.variables() | {"COLUMNS": "100"},
        cwd=ROOT,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def _edges(up: Served) -> list[dict[str, Any]]:
    name = up.deployed["topology_parameter"]
    found = up.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    edges: list[dict[str, Any]] = json.loads(found)["edges"]
    return edges


def _lose_blue(up: Served) -> None:
    """Blue loses every target, at every edge."""
    client = up.client("elbv2")
    for edge in _edges(up):
        group = edge["target_groups"]["blue"]
        health = client.describe_target_health(TargetGroupArn=group)
        targets = [h["Target"] for h in health["TargetHealthDescriptions"]]
        client.deregister_targets(TargetGroupArn=group, Targets=targets)


def _go_green_by_hand(up: Served) -> None:
    client = up.client("elbv2")
    for edge in _edges(up):
        groups = [
            {"TargetGroupArn": arn, "Weight": int(lane == "green")}
            for lane, arn in edge["target_groups"].items()
        ]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        client.modify_rule(RuleArn=edge["rule_arn"], Actions=[action])


def _status(up: Served) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_shifter(up, "status", "--json").stdout)
    return told


def test_people_who_went_on_by_hand_can_say_so(sandbox: Served, tmp_path: Path) -> None:
    """Blue is gone, so going back would be the outage: every edge was made green."""
    document = yaml.safe_load((ROOT / "examples" / "plan.yaml").read_text())
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump(document | CHANGES))
    started = _shifter(sandbox, "start", str(plan), "--id", "stuck", "--yes")
    assert 0 == started.returncode, started.stderr
    deadline = time.monotonic() + PATIENCE
    while _status(sandbox)["step"] < 1:
        assert time.monotonic() < deadline
    _lose_blue(sandbox)

    back = _shifter(sandbox, "rollback", "--reason", "blue is gone", "--yes")
    early = _shifter(sandbox, "resolve", "--reason", "all green by hand", "--yes")
    _go_green_by_hand(sandbox)
    done = _shifter(sandbox, "resolve", "--reason", "all green by hand", "--yes")

    assert 11 == back.returncode, back.stdout + back.stderr
    assert "blue has no healthy target there" in back.stdout
    assert 4 == early.returncode, early.stdout
    assert "make every edge all blue" in early.stderr
    assert 0 == done.returncode, done.stderr
    told = _status(sandbox)
    assert ("COMPLETED", None) == (told["phase"], told["lock"])
