"""The root passes everything on, and `samconfig.toml` gives what is asked for."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from shifter.core.lanes import Lane
from shifter.core.topology import Topology
from tests.infra.template import ROOT, load, properties

AUTOMATION = "infra/automation.yaml"
PROFILES = ("dev", "prod", "dev-alone", "prod-alone")


def _config(environment: str) -> dict[str, Any]:
    text = (ROOT / "samconfig.toml").read_text("utf-8")
    found: dict[str, Any] = tomllib.loads(text)[environment]["deploy"]["parameters"]
    return found


def _values(environment: str) -> dict[str, str]:
    return dict(
        given.split("=", 1) for given in _config(environment)["parameter_overrides"]
    )


def test_the_root_is_a_table_of_contents() -> None:
    """Local paths: packaging uploads them, and cfn-lint looks at both sides."""
    stacks = properties("template.yaml", "AWS::CloudFormation::Stack")

    assert set(load("template.yaml")["Resources"]) == set(stacks)
    assert all((ROOT / stack["TemplateURL"]).is_file() for stack in stacks.values())


def test_what_the_automation_asks_is_asked_by_the_root_in_the_same_words() -> None:
    def told(path: str) -> dict[str, tuple[Any, ...]]:
        return {
            name: tuple(found.get(key) for key in ("Type", "Description", "Default"))
            for name, found in load(path)["Parameters"].items()
        }

    passed = properties("template.yaml")["Automation"]["Parameters"]
    # The zone means more to the root: the infrastructure uses it, too.
    asked = {name for name in told(AUTOMATION) if name != "HostedZoneId"}
    of_root = told("template.yaml")
    assert {n: told(AUTOMATION)[n] for n in asked} == {n: of_root[n] for n in asked}
    assert set(load(AUTOMATION)["Parameters"]) == set(passed)


def test_what_the_automation_answers_is_answered_by_the_root() -> None:
    found = {
        name: (output["Description"], output["Value"])
        for name, output in load("template.yaml")["Outputs"].items()
    }

    assert {
        name: (output["Description"], {"Fn::GetAtt": ["Automation", f"Outputs.{name}"]})
        for name, output in load(AUTOMATION)["Outputs"].items()
    }.items() <= found.items()


@pytest.mark.parametrize("environment", PROFILES)
def test_a_deployment_is_told_what_it_has_to_know(environment: str) -> None:
    parameters = load("template.yaml")["Parameters"]
    given = _values(environment)

    assert set() == set(given) - set(parameters), "nobody asks for these"
    assert set() == {
        name for name, found in parameters.items() if "Default" not in found
    } - {*given, "DeployId"}, "each deployment gives an id of its own"
    alone = environment.endswith("-alone")
    assert alone is bool({"ListenerRuleArns", "ListenerArns"} & set(given))


@pytest.mark.parametrize("environment", PROFILES)
def test_the_tags_of_a_stack_are_those_of_its_resources(environment: str) -> None:
    """What transforms generate has only the stack's."""
    given = _values(environment)
    tags = dict(tag.split("=", 1) for tag in _config(environment)["tags"])

    assert {n: given[n] for n in ("Environment", "Project", "CostCenter")} == tags


def test_logs_are_kept_a_week_in_dev_and_a_year_in_prod() -> None:
    assert "7" == _values("dev-alone")["LogRetentionDays"]
    assert int(_values("prod-alone")["LogRetentionDays"]) >= 365
    assert "LogExecutionData" not in _values("prod-alone")


def test_prod_may_touch_what_the_example_topology_names_and_nothing_else() -> None:
    """The way the two are written down by hand, so that a test has to compare them."""
    text = (ROOT / "examples/topology.json").read_text("utf-8")
    topology = Topology.model_validate(json.loads(text))
    given = _values("prod-alone")
    blue = topology.services[Lane.BLUE]

    assert topology.dns is not None
    assert topology.environment == given["Environment"]
    assert [e.rule_arn for e in topology.edges] == given["ListenerRuleArns"].split(",")
    assert (topology.dns.zone_id, topology.dns.name) == (
        given["HostedZoneId"],
        given["RecordNames"],
    )
    assert given["ServiceArns"].endswith(f":service/{blue.cluster}/{blue.service}")
    stop = properties(AUTOMATION, "AWS::SSM::Parameter")["StopParameter"]["Name"]
    assert topology.stop_parameter == stop["Fn::Sub"].replace(
        "${Environment}", given["Environment"]
    )


def test_what_the_environments_name_has_to_fit_into_fits() -> None:
    """Lambda allows 64 letters, and alarms and rules more."""
    pattern = load(AUTOMATION)["Parameters"]["Environment"]["AllowedPattern"]
    longest = "p" * 30

    assert re.match(pattern, longest)
    assert not re.match(pattern, longest + "p")
    for found in properties(AUTOMATION, "AWS::Serverless::Function").values():
        name = found["FunctionName"]["Fn::Sub"].replace("${Environment}", longest)
        assert len(name) <= 64
