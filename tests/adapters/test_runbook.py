"""What the runbook tells people to type into the AWS CLI does what it says.

Those commands are for the night on which `shifter` itself cannot be used, so nobody
types them before.  Here their words are taken apart, and sent.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from shifter.core.gates.line import LineGate, LineSeen
from shifter.core.lanes import Lane
from shifter.handlers.events import parse
from shifter.handlers.roll_back import BreakGlass, RollBackOrder
from tests.adapters.bench import ALL_BLUE_STATE, AwsBench
from tests.core.examples import situation

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
AUTOMATION = (ROOT / "infra" / "automation.yaml").read_text(encoding="utf-8")
ENVIRONMENT = "payments-prod"


def _typed(beginning: str) -> list[list[str]]:
    """The words of each command that begins like this."""
    return [
        shlex.split(line) for line in RUNBOOK.splitlines() if line.startswith(beginning)
    ]


def _option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_an_edge_that_is_written_by_hand_is_all_blue(aws: AwsBench) -> None:
    [words] = _typed("aws elbv2 modify-rule ")
    edges = aws.edges
    blue, green = (aws.group("edge-1", lane) for lane in (Lane.BLUE, Lane.GREEN))
    sticky = {"Enabled": True, "DurationSeconds": 60}
    groups = [{"TargetGroupArn": arn, "Weight": 1} for arn in (blue, green)]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}
    aws.set_actions("edge-1", {"Type": "forward", "ForwardConfig": config})
    assert ALL_BLUE_STATE != edges.read()["edge-1"]

    text = _option(words, "--actions").replace("$BLUE", blue).replace("$GREEN", green)
    aws.set_actions("edge-1", *json.loads(text))

    assert ALL_BLUE_STATE == edges.read()["edge-1"]


def test_roll_back_understands_what_it_is_invoked_with() -> None:
    invoked = _typed("aws lambda invoke ")
    ordered, without_record = (
        json.loads(_option(words, "--payload")) for words in invoked
    )

    assert parse(RollBackOrder, ordered).cutover_id is None
    assert ENVIRONMENT == parse(BreakGlass, without_record).environment
    named = {_option(words, "--function-name") for words in invoked}
    [name] = {told.replace(ENVIRONMENT, "${Environment}") for told in named}
    assert f"FunctionName: !Sub {name.removesuffix(':live')}\n" in AUTOMATION
    assert "AutoPublishAlias: live\n" in AUTOMATION


def test_the_parameter_stops_the_line_and_lets_it_go() -> None:
    stopped, gone = _typed("aws ssm put-parameter ")

    for words, state in ((stopped, "bad"), (gone, "good")):
        name = _option(words, "--name")
        seen = LineSeen(name, _option(words, "--value"))
        reading, _ = LineGate().look(seen, situation())
        assert state == reading.state
        told = name.replace(ENVIRONMENT, "${Environment}")
        assert f"Name: !Sub {told}\n" in AUTOMATION
