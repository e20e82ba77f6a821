"""Commands as processes of their own, against a served sandbox, with two operators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SPEED = 60
PATIENCE = 120
"""Real seconds that a command may take."""
SHIFTER = [sys.executable, "-m", "shifter"]
CHANGES: dict[str, Any] = {
    "steps": [{"share": "10 %", "bake": "2m"}, {"share": "100 %"}],
    "final_bake": "2h",
    "poll": "10s",
    "gates": [
        {
            "kind": "alarm",
            "name": "errors",
            "alarm": "payments-prod-green-5xx",
            "lane": "green",
            "on_alarm": "roll_back",
            "deadline": "2h",
        },
        {"kind": "approval", "name": "all", "before": "100 %", "deadline": "2h"},
    ],
}


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody with a shell."""

    name: str
    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": self.name,
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "COLUMNS": "100",
        }

    def shifter(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*SHIFTER, *arguments],
            env=self.variables,
            cwd=ROOT,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command that goes on beside others."""
        return subprocess.Popen(
            [*SHIFTER, *arguments],
            env=self.variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def status(self, *arguments: str) -> dict[str, Any]:
        """Where the cutover stands."""
        ended = self.shifter("status", "--json", *arguments)
        assert 0 == ended.returncode, ended.stderr
        told: dict[str, Any] = json.loads(ended.stdout)
        return told

    def waits_for(self, cutover_id: str, **expected: object) -> dict[str, Any]:
        """Where it stands, once it stands there."""
        deadline = time.monotonic() + PATIENCE
        while True:
            told = self.status(cutover_id)
            if expected.items() <= told.items():
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.5)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A sandbox that runs sixty times as fast as the world."""
    serving = subprocess.Popen(
        [*SHIFTER, "sandbox", "serve", "--speed", str(SPEED), "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    try:
        yield json.loads(serving.stdout.readline())["endpoint"]
    finally:
        serving.terminate()
        assert 0 == serving.wait(60)
        serving.stdout.close()


@pytest.fixture
def ada(endpoint: str) -> Iterator[Operator]:
    """Whoever starts; afterwards nothing is active any more."""
    operator = Operator("ada", endpoint)
    yield operator
    told = operator.status()
    if told["cutover_id"] and not told["ended"]:
        operator.shifter("rollback", "--reason", "the test has ended", "--yes")
        operator.waits_for(told["cutover_id"], ended=True)


@pytest.fixture
def grace(endpoint: str) -> Operator:
    """Somebody else."""
    return Operator("grace", endpoint)


@pytest.fixture
def plan(tmp_path: Path) -> str:
    shipped = yaml.safe_load((ROOT / "examples" / "plan.yaml").read_text("utf-8"))
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(shipped | CHANGES))
    return str(file)


def _arn(name: str) -> str:
    return f"arn:aws:iam::123456789012:user/{name}"


def test_two_operators_steer_a_cutover_and_take_it_back(
    ada: Operator, grace: Operator, plan: str
) -> None:
    started = ada.shifter("start", plan, "--id", "steered", "--yes")
    assert 0 == started.returncode, started.stderr
    assert started.stdout.startswith("Started steered: ")
    watching = grace.begin("watch", "steered", "--json")

    paused = grace.shifter("pause", "--reason", "let me look")
    held = ada.waits_for("steered", phase="BAKING")
    twice = ada.shifter("pause", "--reason", "me, too")
    resumed = ada.shifter("resume", "--reason", "looked")
    assert (0, 4, 0) == (paused.returncode, twice.returncode, resumed.returncode)
    assert _arn("grace") == held["paused"]["by"]
    assert f"steered is paused already by {_arn('grace')}\n" == twice.stderr

    while "all" not in ada.status("steered")["waiting"]:
        time.sleep(0.5)
    own = ada.shifter("approve", "all", "--reason", "fine")
    other = grace.shifter("approve", "all", "--reason", "fine")
    assert (4, 0) == (own.returncode, other.returncode), other.stderr
    assert f"{_arn('ada')} started steered" in own.stderr
    ada.waits_for("steered", step=2, phase="BAKING")
    why = ada.shifter("explain", "steered", "--json")
    assert "steered" in json.loads(why.stdout)["why"]

    back = grace.shifter("rollback", "--reason", "refunds fail", "--yes", "--json")
    assert 0 == back.returncode, back.stderr
    told = json.loads(back.stdout)
    assert ("steered", "roll_back") == (told["cutover_id"], told["taken_by"])
    assert told["seconds_to_safe"] < 60 * SPEED
    lines, _ = watching.communicate(timeout=PATIENCE)
    assert 10 == watching.returncode
    assert "ROLLED_BACK" == json.loads(lines.splitlines()[-1])["phase"]

    history = ada.shifter("history", "steered", "--json")
    journal = json.loads(history.stdout)
    assert (0, True) == (history.returncode, journal["whole"])
    orders = [
        (entry["actor"], entry["action"])
        for entry in journal["entries"]
        if entry["rule"] in {"ordered", "asked"}
    ]
    assert [
        (_arn("grace"), "pause"),
        (_arn("ada"), "resume"),
        (_arn("grace"), "approve"),
        (_arn("grace"), "roll_back"),
    ] == orders
    assert (
        4
        == ada.shifter(
            "rollback", "--id", "steered", "--reason", "x", "--yes"
        ).returncode
    )


def test_a_cutover_whose_execution_was_stopped_comes_home_by_itself(
    ada: Operator, plan: str
) -> None:
    ada.shifter("start", plan, "--id", "orphan", "--yes")
    ada.waits_for("orphan", phase="BAKING", step=1)
    watching = ada.begin("watch", "orphan")

    client = boto3.client(
        "stepfunctions",
        endpoint_url=ada.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="mallory",
        aws_secret_access_key="sandbox",
    )
    client.stop_execution(
        executionArn="arn:aws:states:eu-west-1:123456789012:execution:cutover:orphan"
    )

    shown, _ = watching.communicate(timeout=PATIENCE)
    assert 10 == watching.returncode, shown
    assert "ROLLED_BACK" in shown
    why = json.loads(ada.shifter("explain", "orphan", "--json").stdout)
    assert "orphan went back to blue" in why["why"]
    assert "nobody" in why["why"]


def test_orders_that_cannot_be_are_refused_with_a_sentence(
    ada: Operator, grace: Operator, plan: str
) -> None:
    ada.shifter("start", plan, "--id", "held", "--yes")

    second = grace.shifter("start", plan, "--id", "second", "--yes")
    unknown = grace.shifter("pause", "--id", "nobody", "--reason", "x")
    no_gate = grace.shifter("approve", "nothing", "--reason", "x")

    assert "payments-prod is held by cutover:held since " in second.stderr
    assert "there is no cutover nobody" in unknown.stderr
    assert "nothing is not an approval gate of held: it has all" in no_gate.stderr
    refused = second, unknown, no_gate
    assert [4, 5, 4] == [ended.returncode for ended in refused]
    for ended in refused:
        assert "" == ended.stdout
        assert 1 == len(ended.stderr.splitlines()), ended.stderr
        assert "Traceback" not in ended.stderr


def test_where_nothing_is_stuck_there_is_nothing_to_resolve(
    ada: Operator, grace: Operator, plan: str
) -> None:
    ada.shifter("start", plan, "--id", "moving", "--yes")

    ended = grace.shifter("resolve", "--reason", "x", "--yes")

    assert (4, "") == (ended.returncode, ended.stdout)
    assert 1 == len(ended.stderr.splitlines())


def test_a_preflight_finds_the_plan_ready(ada: Operator, plan: str) -> None:
    ended = ada.shifter("preflight", plan, "--no-page")

    assert "Ready to start; whether a page arrives was not tested." in ended.stdout
    assert 0 == ended.returncode, ended.stderr
