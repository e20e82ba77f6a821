"""What each role allows is what its function does, neither less nor more.

The calls are recorded in the sandbox, where every function runs (`stories`).
"""

from __future__ import annotations

import re

import pytest

from tests.infra.permissions import AUTOMATION, Calls, statements
from tests.infra.stories import told
from tests.infra.template import leaves, properties

FUNCTIONS = (
    "Assess",
    "Breaker",
    "Control",
    "Finish",
    "HandOver",
    "Preflight",
    "Prepare",
    "RollBack",
    "Shift",
    "Start",
    "Watchdog",
)
NEVER_CALLED = {"kms", "logs", "sqs", "xray"}
"""What Lambda and other services do in a function's name."""
TWINS = {
    "elasticloadbalancing:DescribeListeners": "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:ModifyListener": "elasticloadbalancing:ModifyRule",
}
"""An edge's weights are in a rule or in a listener: in the stories, in a rule."""
RARE = {
    "Breaker": {
        "application-autoscaling:RegisterScalableTarget": "scale-in runs again, as "
        "finish was about to complete",
        "dynamodb:ConditionCheckItem": "an alarm that is OK again is written down",
    },
    "HandOver": {
        "events:PutEvents": "a notice that could not be sent is still in the outbox",
        "sns:Publish": "a notice that could not be sent is still in the outbox",
    },
    "Preflight": {
        "dynamodb:GetItem": "every function may read a record; this one needs none",
    },
    "Prepare": {
        "ecs:UpdateService": "blue has lost tasks when prepare has to go back",
        "route53:ChangeResourceRecordSets": "somebody moved DNS, and prepare goes back",
    },
}
"""What no story needs, and why it is allowed all the same."""
WITHOUT_RESOURCES = {
    "application-autoscaling:DescribeScalableTargets",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "dms:DescribeReplicationTasks",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetHealth",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions for which IAM knows no resource (Service Authorization Reference)."""

pytestmark = pytest.mark.xdist_group("permissions")


@pytest.fixture(scope="module")
def calls() -> Calls:
    return told()


def _allowed(function: str) -> set[str]:
    return {s.action for s in statements(f"{function}Role")}


def _role_of(function: str) -> str:
    found = properties(AUTOMATION, "AWS::Serverless::Function")[f"{function}Function"]
    return str(found["Role"]["Fn::GetAtt"][0])


def test_each_function_has_a_role_of_its_own() -> None:
    assert {f"{f}Function" for f in FUNCTIONS} == set(
        properties(AUTOMATION, "AWS::Serverless::Function")
    )
    assert [f"{f}Role" for f in FUNCTIONS] == [_role_of(f) for f in FUNCTIONS]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_it_does(calls: Calls, function: str) -> None:
    assert set() == calls.actions[function] - _allowed(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_no_more_than_it_does(calls: Calls, function: str) -> None:
    rare = RARE.get(function, {})
    done = calls.actions[function] | rare.keys()
    done |= {twin for twin, action in TWINS.items() if action in done}

    assert set() == {
        action
        for action in _allowed(function) - done
        if action.partition(":")[0] not in NEVER_CALLED
    }
    assert set() == rare.keys() & calls.actions[function], "that is not rare"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_touches_only_the_items_that_it_may(
    calls: Calls, function: str
) -> None:
    allowed = statements(f"{function}Role")

    assert calls.keys[function]
    assert [] == [
        (action, key)
        for action, key in sorted(calls.keys[function])
        if action.startswith("dynamodb:")
        and not any(s.action == action and s.allows_key(key) for s in allowed)
    ]


@pytest.mark.parametrize(
    ("parameter", "policy"),
    [("topology", "ReadTopologyPolicy"), ("line", "ObservePolicy")],
)
def test_a_function_reads_only_the_parameters_that_it_may(
    calls: Calls, parameter: str, policy: str
) -> None:
    name = f"/shifter/payments-prod/{parameter}"
    roles = properties(AUTOMATION, "AWS::IAM::Role")

    assert {f for f in FUNCTIONS if ("ssm:GetParameter", name) in calls.keys[f]} == {
        function
        for function in FUNCTIONS
        if {"Ref": policy} in roles[f"{function}Role"]["ManagedPolicyArns"]
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_writes_only_into_its_own_log(function: str) -> None:
    writing = [s for s in statements(f"{function}Role") if s.action.startswith("logs:")]

    assert {"logs:CreateLogStream", "logs:PutLogEvents"} == {s.action for s in writing}
    assert all(
        ({"Fn::GetAtt": [f"{function}Logs", "Arn"]},) == s.resources for s in writing
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_allowed_is_allowed_on_named_resources(function: str) -> None:
    for statement in statements(f"{function}Role"):
        everything = "*" in statement.resources

        assert everything is (statement.action in WITHOUT_RESOURCES), statement.action


def test_only_those_who_move_traffic_may_write_weights() -> None:
    """assess decides and may not; control takes orders and may not."""
    weights = {
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:ModifyListener",
        "route53:ChangeResourceRecordSets",
    }

    assert {"Breaker", "Prepare", "RollBack", "Shift", "Watchdog"} == {
        function for function in FUNCTIONS if weights & _allowed(function)
    }


def test_nobody_may_delete_a_record_or_an_entry_of_a_journal() -> None:
    for function in FUNCTIONS:
        for statement in statements(f"{function}Role"):
            if statement.action in {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}:
                assert not statement.allows_key("CUTOVER#c-1")
                assert not statement.allows_key("JOURNAL#c-1")
                assert statement.allows_key("ENVIRONMENT#payments-prod")


def test_no_action_is_a_pattern_but_the_accounts_own_over_its_keys() -> None:
    """A key whose account may not administer it is lost."""
    patterns = [
        (path, value)
        for name, found in properties(AUTOMATION).items()
        for path, value in leaves(found, name)
        if path.endswith("/Action") and re.search(r"[*?]", str(value))
    ]
    keys = properties(AUTOMATION, "AWS::KMS::Key")

    assert {f"{key}/KeyPolicy/Statement/Action" for key in keys} == {
        path for path, _ in patterns
    }
    assert {"kms:*"} == {value for _, value in patterns}


def test_dns_may_only_be_moved_where_and_how_the_topology_moves_it() -> None:
    [writing] = [
        s
        for s in statements("ShiftRole")
        if s.action == "route53:ChangeResourceRecordSets"
    ]

    assert {
        "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": {
                "Ref": "RecordNames"
            },
            "route53:ChangeResourceRecordSetsRecordTypes": {"Ref": "RecordTypes"},
            "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
        }
    } == writing.conditions


def test_the_state_machine_may_invoke_its_functions_and_no_others() -> None:
    machine = properties(AUTOMATION, "AWS::Serverless::StateMachine")["StateMachine"]
    [invoking] = [
        s for s in statements("StateMachineRole") if s.action == "lambda:InvokeFunction"
    ]

    assert list(machine["DefinitionSubstitutions"].values()) == list(invoking.resources)


def test_only_who_begins_or_ends_a_cutover_may_ask_the_rotation_guard() -> None:
    asking = {
        function: s.resources
        for function in FUNCTIONS
        for s in statements(f"{function}Role")
        if s.action == "lambda:InvokeFunction"
    }

    assert asking == dict.fromkeys(
        ("Control", "Finish", "Preflight", "Prepare", "Watchdog"),
        ({"Ref": "RotationGuardArn"},),
    )


def test_a_role_has_no_more_policies_than_iam_lets_it_have() -> None:
    """IAM and STS quotas: ten managed policies for a role."""
    for role in properties(AUTOMATION, "AWS::IAM::Role").values():
        assert len(role.get("ManagedPolicyArns", ())) <= 10
