"""What each function around rotations may is what its code asks for, and no more."""

from __future__ import annotations

import pytest

from tests.infra.asked_of_aws import ADAPTERS, SOURCE, actions_of, verbs
from tests.infra.permissions import Statement, statements
from tests.infra.template import load, properties

ROTATION = "infra/rotation.yaml"
FUNCTIONS = ("Guard", "Hear", "Probe", "Reconcile", "Rotate")
NEVER_CALLED = {"ec2", "kms", "logs", "sqs", "xray"}
"""What Lambda and other services do in a function's name."""
WITHOUT_RESOURCES = {
    "dms:DescribeConnections",
    "dms:DescribeEndpoints",
    "dms:DescribeReplicationTasks",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ecs:ListTasks",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions for which IAM knows no resource, or none that there is here."""


def _allowed(function: str) -> list[Statement]:
    """Without what is denied: the network, to the code inside."""
    return [
        s
        for s in statements(f"{function}Role", ROTATION)
        if "lambda:SourceFunctionArn" not in str(s.conditions)
    ]


def test_each_function_has_a_role_of_its_own() -> None:
    found = properties(ROTATION, "AWS::Serverless::Function")

    assert {f"{f}Function": {"Fn::GetAtt": [f"{f}Role", "Arn"]} for f in FUNCTIONS} == {
        name: function["Role"] for name, function in found.items()
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_code_asks_for_and_no_more(function: str) -> None:
    assert actions_of(function.lower()) == {
        s.action
        for s in _allowed(function)
        if s.action.partition(":")[0] not in NEVER_CALLED
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_allowed_is_allowed_on_named_resources(function: str) -> None:
    for statement in _allowed(function):
        everything = "*" in statement.resources

        assert everything is (statement.action in WITHOUT_RESOURCES), statement.action


def test_every_adapter_that_asks_aws_is_one_of_a_port() -> None:
    """Or its actions would be nobody's."""
    asking = {
        path.stem
        for path in (SOURCE / "adapters").glob("*.py")
        if "with translated(" in path.read_text("utf-8")
    }

    assert asking - {"mysql"} == {one for found in ADAPTERS.values() for one in found}


def test_what_an_adapter_asks_for_by_way_of_another_verb_counts() -> None:
    assert {
        "secretsmanager:DescribeSecret",
        "secretsmanager:UpdateSecretVersionStage",
    } == verbs("secretsmanager")["drop_pending"]
    assert {"sns:Publish", "events:PutEvents"} == verbs("notices")["tell"]


def test_only_rotate_and_the_probe_read_what_a_secret_holds() -> None:
    reading = {
        function
        for function in FUNCTIONS
        for s in _allowed(function)
        if s.action == "secretsmanager:GetSecretValue"
    }

    assert {"Probe", "Rotate"} == reading


def test_only_rotate_writes_passwords() -> None:
    writing = {
        function
        for function in FUNCTIONS
        for s in _allowed(function)
        if s.action == "secretsmanager:PutSecretValue"
    }

    assert {"Rotate"} == writing


def test_a_lock_is_touched_by_its_own_key_alone() -> None:
    for function in FUNCTIONS:
        for statement in _allowed(function):
            if "LockTableName" in str(statement.resources):
                assert statement.allows_key("ENVIRONMENT#payments-prod")
                assert not statement.allows_key("CUTOVER#c-1")


def test_policies_of_secrets_are_written_only_where_aws_rotates() -> None:
    """Rotate asks the lock, so nobody has to be kept out of a cutover."""
    written = load(ROTATION)["Resources"]
    assert "Hosted" == written["KeepOutPolicy"]["Condition"]
    assert {"Fn::Not": [{"Condition": "Guarded"}]} == load(ROTATION)["Conditions"][
        "Hosted"
    ]
