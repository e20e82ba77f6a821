"""The guard's template: each role allows what its function does, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from deploy_guard import guard, handlers
from shifter.adapters.dynamodb import DynamoStore
from shifter.cli.deployed import parameter_of
from shifter.core.phases import Phase
from tests.adapters.fixtures_b import RIVERBANK, TABLE, begun, then
from tests.core.examples import NOW
from tests.deploy_guard.conftest import PARAMETER, River, new_river, river
from tests.infra.permissions import Statement, statements
from tests.infra.template import load, named, properties

__all__ = ["new_river", "river"]

GUARD = "infra/guard.yaml"
FUNCTIONS = ("Begins", "Ends")
NEVER_CALLED = {"kms", "logs", "sqs", "xray"}
"""What Lambda and other services do in a function's name."""
WITHOUT_RESOURCES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
CONDITIONAL = ("StringEquals", "ForAnyValue:StringEquals")


@pytest.fixture
def calls(river: River) -> dict[str, set[tuple[str, str]]]:
    """Actions with partition keys, by function, of a deployment that goes well."""
    made: dict[str, set[tuple[str, str]]] = {name: set() for name in FUNCTIONS}
    running = FUNCTIONS[0]

    def take(params: dict[str, Any], model: Any, **_: Any) -> None:
        values = params.get("ExpressionAttributeValues", {})
        item = params.get("Key", {}).get("pk") or values.get(":pk", {})
        action = f"{model.service_model.service_name}:{model.name}"
        made[running].add((action, item.get("S", "")))

    store = DynamoStore(river.aws.client("dynamodb"), TABLE)
    record, entry = begun()
    store.save(record, entry)
    store.save(*then(record, phase=Phase.COMPLETED))
    events = [
        river.aws.client(service).meta.events
        for service in ("cloudformation", "dynamodb", "ssm")
    ]
    for emitter in events:
        emitter.register("provide-client-params", take)
    assert river.asked(river.request("Update")).done
    running = FUNCTIONS[1]
    assert guard.ended(NOW + timedelta(minutes=9), river.world).done
    for emitter in events:
        emitter.unregister("provide-client-params", take)
    return made


def _statements(function: str) -> list[Statement]:
    return statements(f"{function}Role", GUARD)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_it_does_and_no_more(
    calls: dict[str, set[tuple[str, str]]], function: str
) -> None:
    allowed = {s.action for s in _statements(function)}

    assert {action for action, _ in calls[function]} == {
        action for action in allowed if action.partition(":")[0] not in NEVER_CALLED
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_touches_only_the_items_that_it_may(
    calls: dict[str, set[tuple[str, str]]], function: str
) -> None:
    touched = {
        (action, key.replace(RIVERBANK, "payments-prod"))
        for action, key in calls[function]
        if action.startswith("dynamodb:")
    }

    assert touched
    assert [] == [
        (action, key)
        for action, key in touched
        if not any(
            s.action == action and s.allows_key(key) for s in _statements(function)
        )
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_allowed_is_allowed_on_named_resources(function: str) -> None:
    for statement in _statements(function):
        everything = "*" in statement.resources

        assert everything is (statement.action in WITHOUT_RESOURCES), statement.action


def test_nobody_of_the_guard_may_change_a_record() -> None:
    for function in FUNCTIONS:
        for statement in _statements(function):
            if statement.action in {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}:
                assert not statement.allows_key("CUTOVER#c-1")
                assert statement.allows_key("ENVIRONMENT#payments-prod")


def test_the_keys_of_the_account_serve_for_shifters_table_alone() -> None:
    """The key is not made yet when the role is: its alias names it."""
    alias = properties("infra/automation.yaml", "AWS::KMS::Alias")["TableKeyAlias"]
    for function in FUNCTIONS:
        for statement in _statements(function):
            if "key/*" in str(statement.resources):
                service, aliases = (statement.conditions[name] for name in CONDITIONAL)
                assert "dynamodb." in str(service["kms:ViaService"])
                assert alias["AliasName"] == aliases["kms:ResourceAliases"]


def test_the_table_has_the_name_that_the_roles_expect() -> None:
    """CloudFormation names it for its stack, and that one for the root."""
    assert "Automation" in load("template.yaml")["Resources"]
    assert "TableName" not in properties("infra/automation.yaml")["Table"]
    for function in FUNCTIONS:
        for statement in _statements(function):
            if statement.action.startswith("dynamodb:"):
                [table] = statement.resources
                assert table["Fn::Sub"].endswith(":table/${RootStackName}-Automation-*")


def test_the_parameter_is_the_one_that_the_automation_writes() -> None:
    written = properties("infra/automation.yaml")["DeploymentParameter"]["Name"]
    for function in FUNCTIONS:
        [[parameter]] = [
            statement.resources
            for statement in _statements(function)
            if statement.action == "ssm:GetParameter"
        ]
        assert parameter["Fn::Sub"].endswith(f":parameter{written['Fn::Sub']}")
    assert parameter_of(RIVERBANK) == PARAMETER


def test_each_function_has_its_handler_and_its_log() -> None:
    functions = properties(GUARD, "AWS::Serverless::Function")

    assert {f"{name}Function" for name in FUNCTIONS} == set(functions)
    for name in FUNCTIONS:
        found = functions[f"{name}Function"]
        assert callable(getattr(handlers, name.lower()))
        assert f"deploy_guard.handlers.{name.lower()}" == found["Handler"]
        assert f"{name}Role" == named(found["Role"])
        assert f"{name}Logs" == named(found["LoggingConfig"]["LogGroup"])
        log = properties(GUARD)[f"{name}Logs"]["LogGroupName"]["Fn::Sub"]
        assert f"/aws/lambda/{found['FunctionName']['Fn::Sub']}" == log


def test_cloudformation_waits_longer_than_lambda_tries() -> None:
    """Twice it waits, one minute and then two, before it tries again."""
    seconds = load(GUARD)["Globals"]["Function"]["Timeout"]
    asked = properties(GUARD)["Deployment"]

    assert asked["ServiceTimeout"] >= 2 * seconds + 60
