"""The automation and the code agree: functions, states, variables, events, names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import shifter.handlers
from shifter import telemetry
from shifter.cli.deployed import parameter_of, parse_deployed
from shifter.settings import FOR_LIBRARIES, Settings
from shifter_sandbox import deployment
from tests.infra.template import load, named, properties

AUTOMATION = "infra/automation.yaml"
CONCURRENCY = {"RollBackFunction": 5, "ShiftFunction": 1, "WatchdogFunction": 1}
"""As the architecture has it: going back never waits behind anything else."""


def _functions() -> dict[str, dict[str, Any]]:
    return properties(AUTOMATION, "AWS::Serverless::Function")


def _global() -> dict[str, Any]:
    found: dict[str, Any] = load(AUTOMATION)["Globals"]["Function"]
    return found


def _events() -> dict[str, dict[str, Any]]:
    """Every event of every function, with the function that it invokes."""
    return {
        name: event | {"Function": function}
        for function, found in _functions().items()
        for name, event in found.get("Events", {}).items()
    }


def _deployed() -> Mapping[str, tuple[Any, float]]:
    """The sandbox's functions: handler and timeout, by name."""
    return {**deployment._FUNCTIONS, **deployment._BESIDE}


# --- functions ------------------------------------------------------------------------


def test_each_handler_has_its_function_and_each_function_its_handler() -> None:
    [folder] = shifter.handlers.__path__
    modules = {
        f"shifter.handlers.{path.stem}.handler"
        for path in Path(folder).glob("*.py")
        if "\ndef handler(" in path.read_text("utf-8")
    }

    assert modules == {found["Handler"] for found in _functions().values()}


def test_a_function_is_named_for_its_handler() -> None:
    for name, found in _functions().items():
        module = found["Handler"].split(".")[2]
        assert f"{module.title().replace('_', '')}Function" == name
        word = found["FunctionName"]["Fn::Sub"].removeprefix("${Environment}-shifter-")
        assert module == word.replace("-", "_")


def test_the_sandbox_deploys_the_same_functions() -> None:
    assert {f"{name}Function" for name in _deployed()} == set(_functions())
    for name, (handler, _) in _deployed().items():
        found = _functions()[f"{name}Function"]
        assert f"{handler.__module__}.handler" == found["Handler"]


def test_a_function_has_the_time_that_the_sandbox_gives_it() -> None:
    expected = {
        f"{name}Function": seconds for name, (_, seconds) in _deployed().items()
    }

    assert expected == {
        name: found.get("Timeout", _global()["Timeout"])
        for name, found in _functions().items()
    }


def test_no_state_waits_less_long_than_its_function_works() -> None:
    timeouts = {
        name: found.get("Timeout", _global()["Timeout"])
        for name, found in _functions().items()
    }
    for state in _definition()["States"].values():
        if state["Type"] == "Task":
            function = state["Parameters"]["FunctionName"].strip("${}")
            assert timeouts[function] <= state["TimeoutSeconds"]


def test_concurrency_is_kept_for_those_who_need_it_and_for_nobody_else() -> None:
    assert CONCURRENCY == {
        name: found["ReservedConcurrentExecutions"]
        for name, found in _functions().items()
        if "ReservedConcurrentExecutions" in found
    }


def test_whoever_invokes_a_function_names_its_alias() -> None:
    """Never $LATEST, which is what is being deployed."""
    assert "live" == _global()["AutoPublishAlias"]
    assert all(
        f["AutoPublishAliasAllProperties"] is True for f in _functions().values()
    )
    for name, found in properties(AUTOMATION).items():
        for function in re.findall(r"'Ref': '(\w+Function)'", str(found)):
            assert name.endswith("Alarm"), f"{name} names {function} without its alias"


def test_functions_run_on_the_python_that_their_packages_are_built_for() -> None:
    makefile = (Path(__file__).parents[2] / "src/Makefile").read_text("utf-8")

    assert ("python3.13", ["x86_64"]) == (
        _global()["Runtime"],
        _global()["Architectures"],
    )
    assert "--python-version 3.13 --python-platform x86_64-manylinux2014" in makefile
    assert all(
        load(AUTOMATION)["Resources"][name]["Metadata"] == {"BuildMethod": "makefile"}
        for name in _functions()
    )


# --- the state machine ----------------------------------------------------------------


def _definition() -> dict[str, Any]:
    machine = properties(AUTOMATION, "AWS::Serverless::StateMachine")["StateMachine"]
    path = Path(__file__).parents[2] / "infra" / machine["DefinitionUri"]
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_each_placeholder_of_the_definition_has_its_function() -> None:
    machine = properties(AUTOMATION, "AWS::Serverless::StateMachine")["StateMachine"]
    placeholders = set(re.findall(r"\$\{(\w+)\}", json.dumps(_definition())))

    assert {name: {"Ref": f"{name}.Alias"} for name in placeholders} == machine[
        "DefinitionSubstitutions"
    ]


def test_the_state_machine_tells_everything_but_data_to_its_log() -> None:
    machine = properties(AUTOMATION, "AWS::Serverless::StateMachine")["StateMachine"]
    written = load(AUTOMATION)["Resources"]["StateMachine"]["Properties"]["Logging"]

    assert ("ALL", {"Enabled": True}) == (
        machine["Logging"]["Level"],
        machine["Tracing"],
    )
    assert {"Fn::If": ["LogsExecutionData", True, False]} == written[
        "IncludeExecutionData"
    ]
    assert "false" == load(AUTOMATION)["Parameters"]["LogExecutionData"]["Default"]


def test_the_functions_are_told_the_state_machine_that_this_stack_has() -> None:
    """By its name, because each would otherwise have to be made before the other."""
    machine = properties(AUTOMATION, "AWS::Serverless::StateMachine")["StateMachine"]
    arn = _global()["Environment"]["Variables"]["STATE_MACHINE_ARN"]["Fn::Sub"]

    assert machine["Name"]["Fn::Sub"] == arn.rpartition(":")[2]


# --- variables and names --------------------------------------------------------------


def test_each_setting_has_its_variable_and_each_variable_its_setting() -> None:
    variables = _global()["Environment"]["Variables"]
    ours = {name.upper() for name in Settings.model_fields}

    assert ours | FOR_LIBRARIES.keys() == variables.keys()
    assert FOR_LIBRARIES.items() <= variables.items()
    assert all("Environment" not in found for found in _functions().values())


def test_the_heartbeat_alarm_listens_to_what_the_watchdog_prints() -> None:
    alarm = properties(AUTOMATION, "AWS::CloudWatch::Alarm")["HeartbeatAlarm"]

    assert (
        telemetry.NAMESPACE,
        telemetry.HEARTBEAT,
        {"environment": {"Ref": "Environment"}, "service": telemetry.SERVICE},
    ) == (
        alarm["Namespace"],
        alarm["MetricName"],
        {pair["Name"]: pair["Value"] for pair in alarm["Dimensions"]},
    )
    assert ("breaching", 60, 3) == (
        alarm["TreatMissingData"],
        alarm["Period"],
        alarm["EvaluationPeriods"],
    )


def test_the_command_line_finds_what_it_looks_for() -> None:
    parameter = properties(AUTOMATION, "AWS::SSM::Parameter")["DeploymentParameter"]
    text = parameter["Value"]["Fn::Sub"][0]
    for placeholder, value in {
        "${Environment}": "payments-prod",
        "${StateMachine}": "arn:aws:states:::stateMachine:payments-prod-shifter",
        "${ControlFunctionUrl.FunctionUrl}": "https://control.example.com/",
    }.items():
        text = text.replace(placeholder, value)
    told = json.loads(text)

    assert parameter_of("${Environment}") == parameter["Name"]["Fn::Sub"]
    assert parse_deployed(json.dumps(told), "parameter").model_dump() == told


def test_the_line_runs_until_somebody_stops_it() -> None:
    parameter = properties(AUTOMATION, "AWS::SSM::Parameter")["StopParameter"]

    assert ("/shifter/${Environment}/line", "go") == (
        parameter["Name"]["Fn::Sub"],
        parameter["Value"],
    )


# --- events ---------------------------------------------------------------------------


def test_each_event_has_the_pattern_of_the_sandbox() -> None:
    events = _events()

    assert (deployment._ALARMS, deployment._REQUESTS) == (
        events["Alarms"]["Properties"]["Pattern"],
        events["Requests"]["Properties"]["Pattern"],
    )
    assert "rate(1 minute)" == events["Minute"]["Properties"]["Schedule"]
    assert 60 == deployment.WATCH_EVERY.total_seconds()


def test_each_event_invokes_its_function() -> None:
    assert {
        "Alarms": "BreakerFunction",
        "Minute": "WatchdogFunction",
        "Requests": "StartFunction",
    } == {name: event["Function"] for name, event in _events().items()}


def test_an_alarm_that_cannot_be_told_within_two_minutes_is_given_up() -> None:
    breaker = _functions()["BreakerFunction"]
    limits = {"MaximumEventAgeInSeconds": 120, "MaximumRetryAttempts": 2}

    assert limits == breaker["Events"]["Alarms"]["Properties"]["RetryPolicy"]
    assert limits == {name: breaker["EventInvokeConfig"][name] for name in limits}


@pytest.mark.parametrize("name", ["Alarms", "Minute", "Requests"])
def test_what_is_given_up_is_kept_for_people(name: str) -> None:
    """What EventBridge cannot deliver, and what the function cannot do."""
    event = _events()[name]
    failures = _functions()[event["Function"]]["EventInvokeConfig"]["DestinationConfig"]

    assert "DeadLetters" == named(event["Properties"]["DeadLetterConfig"]["Arn"])
    assert "DeadLetters" == named(failures["OnFailure"]["Destination"])


def test_the_rules_are_those_that_may_use_the_queue() -> None:
    [policy] = properties(AUTOMATION, "AWS::SQS::QueuePolicy").values()
    allowed = policy["PolicyDocument"]["Statement"][0]["Condition"]["ArnLike"]
    rules = [
        event["Properties"].get("RuleName") or event["Properties"]["Name"]
        for event in _events().values()
    ]

    assert allowed["aws:SourceArn"][0]["Fn::Sub"].endswith(
        ":rule/${Environment}-shifter-*"
    )
    assert all(r["Fn::Sub"].startswith("${Environment}-shifter-") for r in rules)


def test_only_people_with_an_identity_of_the_account_reach_control() -> None:
    urls = {
        name: found["FunctionUrlConfig"]["AuthType"]
        for name, found in _functions().items()
        if "FunctionUrlConfig" in found
    }

    assert {"ControlFunction": "AWS_IAM"} == urls
    assert {} == properties(AUTOMATION, "AWS::Lambda::Permission")


def test_operators_reach_control_by_its_url_only() -> None:
    """Whoever invokes it directly can pretend to be anybody."""
    policy = properties(AUTOMATION, "AWS::IAM::ManagedPolicy")["OperatorPolicy"]
    direct = [
        statement
        for statement in policy["PolicyDocument"]["Statement"]
        if "ControlFunction" in str(statement["Resource"])
        and statement["Action"] == "lambda:InvokeFunction"
    ]

    assert [{"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}] == [
        statement["Condition"] for statement in direct
    ]
