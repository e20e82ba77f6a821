"""Edges on load balancers: what AWS adds to the contract."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from shifter.adapters.alb import AlbEdges
from shifter.core.edges import EdgeState
from shifter.core.errors import Denied, Throttled
from shifter.core.gates.gate import Unreadable
from shifter.core.gates.targets import TargetsSeen
from shifter.core.lanes import Lane, Split, Weights
from tests.adapters.account import Account
from tests.adapters.bench import ALL_BLUE_STATE, AwsBench

TEN = EdgeState(weights=Split.leaving_blue(100).weights())
OIDC = {
    "Issuer": "https://login.example.com",
    "AuthorizationEndpoint": "https://login.example.com/authorize",
    "TokenEndpoint": "https://login.example.com/token",
    "UserInfoEndpoint": "https://login.example.com/user",
    "ClientId": "payments",
    "SessionTimeout": 3600,
}
THROTTLED = """
<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">
<Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error>
<RequestId>r-9</RequestId></ErrorResponse>
"""


def nothing() -> None:
    """Forbid no write."""


@pytest.fixture
def small_aws(account: Account) -> AwsBench:
    return AwsBench(account, whole=False)


def forward(*groups: tuple[str, int], **extra: Any) -> dict[str, Any]:
    return {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups
            ]
        },
        **extra,
    }


def foreign_group(aws: AwsBench) -> str:
    elbv2 = aws.account.client("elbv2")
    group = elbv2.create_target_group(Name="foreign", TargetType="lambda")
    arn: str = group["TargetGroups"][0]["TargetGroupArn"]
    return arn


def test_a_forward_to_a_single_target_group_has_all_the_weight(aws: AwsBench) -> None:
    """The short form, as people write rules by hand."""
    edges = aws.edges
    aws.set_actions(
        "edge-1",
        {"Type": "forward", "TargetGroupArn": aws.group("edge-1", Lane.CANARY)},
    )

    assert edges.read()["edge-1"] == EdgeState(weights=Weights(canary=1))


def test_weights_are_read_as_they_stand_and_not_reduced(aws: AwsBench) -> None:
    edges = aws.edges
    aws.set_actions(
        "edge-2",
        forward(
            (aws.group("edge-2", Lane.GREEN), 100),
            (aws.group("edge-2", Lane.BLUE), 300),
        ),
    )

    assert edges.read()["edge-2"] == EdgeState(weights=Weights(blue=300, green=100))


def test_every_lane_is_listed_even_with_weight_zero(aws: AwsBench) -> None:
    """A target group that no rule lists is not health-checked."""
    aws.edges.write({"edge-1": TEN}, nothing)

    [action] = aws.actions("edge-1")

    assert action["ForwardConfig"] == {
        "TargetGroups": [
            {"TargetGroupArn": aws.group("edge-1", Lane.BLUE), "Weight": 9},
            {"TargetGroupArn": aws.group("edge-1", Lane.CANARY), "Weight": 0},
            {"TargetGroupArn": aws.group("edge-1", Lane.GREEN), "Weight": 1},
        ],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }


def test_weight_on_a_foreign_target_group_is_counted_apart(aws: AwsBench) -> None:
    edges = aws.edges
    blue = aws.group("edge-1", Lane.BLUE)
    aws.set_actions("edge-1", forward((blue, 3), (foreign_group(aws), 2)))

    assert edges.read()["edge-1"] == EdgeState(weights=Weights(blue=3, other=2))


def test_a_write_takes_foreign_target_groups_out(aws: AwsBench) -> None:
    edges = aws.edges
    blue = aws.group("edge-1", Lane.BLUE)
    aws.set_actions("edge-1", forward((blue, 3), (foreign_group(aws), 2)))

    edges.write({"edge-1": TEN}, nothing)

    assert edges.read()["edge-1"] == TEN


def test_weight_for_a_lane_that_the_edge_lacks_is_refused(small_aws: AwsBench) -> None:
    canary = EdgeState(weights=Weights(blue=1, canary=1))

    with pytest.raises(ValueError, match="the lanes here are blue, green"):
        small_aws.edges.write({"edge-1": canary}, nothing)


def test_a_weight_that_aws_does_not_take_is_refused(aws: AwsBench) -> None:
    """Moto would take it."""
    with pytest.raises(ValueError, match="at most 999"):
        aws.edges.write({"edge-1": EdgeState(weights=Weights(blue=1000))}, nothing)


def test_authentication_stays_in_front_of_the_forward(aws: AwsBench) -> None:
    """ModifyRule replaces all actions; one that is not repeated would be gone."""
    edges = aws.edges
    blue = aws.group("edge-1", Lane.BLUE)
    authenticate = {
        "Type": "authenticate-oidc",
        "Order": 7,
        "AuthenticateOidcConfig": {**OIDC, "ClientSecret": "never-told"},
    }
    aws.set_actions("edge-1", authenticate, forward((blue, 1), Order=9))
    state = edges.read()["edge-1"]
    assert isinstance(state, EdgeState)

    assert edges.write({"edge-1": state.moved(Split.leaving_blue(100))}, nothing) == {}

    first, second = aws.actions("edge-1")
    assert first == {
        "Type": "authenticate-oidc",
        "Order": 7,
        "AuthenticateOidcConfig": {**OIDC, "UseExistingClientSecret": True},
    }
    assert (second["Type"], second["Order"]) == ("forward", 8)


def test_the_secret_of_an_authentication_is_never_part_of_the_state(
    aws: AwsBench,
) -> None:
    """AWS does not tell it; moto does."""
    edges = aws.edges
    blue = aws.group("edge-1", Lane.BLUE)
    authenticate = {
        "Type": "authenticate-oidc",
        "Order": 1,
        "AuthenticateOidcConfig": {**OIDC, "ClientSecret": "never-told"},
    }
    aws.set_actions("edge-1", authenticate, forward((blue, 1), Order=2))

    assert "never-told" not in str(edges.read())


def test_conditions_of_a_rule_stay_as_they_are(aws: AwsBench) -> None:
    sent = aws.account.record("elbv2", "ModifyRule")
    edges = aws.edges
    sent.clear()

    edges.write({"edge-1": TEN}, nothing)

    [parameters] = sent
    assert set(parameters) == {"RuleArn", "Actions"}


def test_everything_else_of_a_listener_stays_as_it_is(small_aws: AwsBench) -> None:
    sent = small_aws.account.record("elbv2", "ModifyListener")
    edges = small_aws.edges
    sent.clear()

    edges.write({"edge-1": TEN}, nothing)

    [parameters] = sent
    assert set(parameters) == {"ListenerArn", "DefaultActions"}


def test_all_rules_are_read_in_one_call(aws: AwsBench) -> None:
    edges = aws.edges
    rules = aws.account.record("elbv2", "DescribeRules")
    listeners = aws.account.record("elbv2", "DescribeListeners")

    edges.read()

    assert [len(call["RuleArns"]) for call in rules] == [2]
    assert listeners == []


def test_a_rule_and_a_default_action_can_be_edges_of_one_system(aws: AwsBench) -> None:
    """Each is read by its own call."""
    elbv2 = aws.account.client("elbv2")
    first, second = aws.topology.edges
    [listener] = elbv2.describe_listeners(LoadBalancerArn=second.load_balancer_arn)[
        "Listeners"
    ]
    mixed = second.model_copy(
        update={"rule_arn": None, "listener_arn": listener["ListenerArn"]}
    )
    edges = AlbEdges(elbv2, aws.topology.model_copy(update={"edges": (first, mixed)}))

    edges.write({"edge-2": TEN, "edge-1": ALL_BLUE_STATE}, nothing)

    assert edges.read() == {"edge-1": ALL_BLUE_STATE, "edge-2": TEN}


def test_a_rule_that_is_gone_hides_no_other_edge(aws: AwsBench) -> None:
    """AWS refuses a call for several rules when one of them does not exist."""
    edges = aws.edges
    aws.account.client("elbv2").delete_rule(RuleArn=aws.topology.edges[0].rule_arn)

    seen = edges.read()

    assert isinstance(seen["edge-1"], Unreadable)
    assert "RuleNotFound" in seen["edge-1"].detail
    assert seen["edge-2"] == ALL_BLUE_STATE


def test_a_rule_that_does_not_forward_is_unreadable(aws: AwsBench) -> None:
    edges = aws.edges
    aws.set_actions(
        "edge-2",
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}},
    )

    seen = edges.read()

    assert seen["edge-1"] == ALL_BLUE_STATE
    assert isinstance(seen["edge-2"], Unreadable)
    assert seen["edge-2"].detail.endswith(
        "does not forward: its action is fixed-response"
    )


def test_a_rule_that_the_answer_leaves_out_is_unreadable(aws: AwsBench) -> None:
    edges = aws.edges
    aws.account.answer("elbv2", "DescribeRules", lambda _: {"Rules": []})

    assert all(
        isinstance(state, Unreadable) and "not in the answer" in state.detail
        for state in edges.read().values()
    )


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_edges_that_cannot_be_asked_for_are_asked_once(
    aws: AwsBench, code: str
) -> None:
    """Asking again, edge by edge, would make throttling worse."""
    edges = aws.edges
    calls = aws.account.record("elbv2", "DescribeRules")
    aws.account.refuse("elbv2", "DescribeRules", code)

    seen = edges.read()

    assert len(calls) == 1
    assert all(
        isinstance(state, Unreadable) and code in state.detail
        for state in seen.values()
    )


def test_a_throttled_write_is_not_tried_again(aws: AwsBench) -> None:
    edges = aws.edges
    calls = aws.account.record("elbv2", "ModifyRule")
    aws.account.send("elbv2", "ModifyRule", 400, THROTTLED)

    failures = edges.write({"edge-1": TEN, "edge-2": TEN}, nothing)

    assert {edge: type(error) for edge, error in failures.items()} == {
        "edge-1": Throttled,
        "edge-2": Throttled,
    }
    assert len(calls) == 2


def test_a_denied_write_names_the_action_and_the_rule(aws: AwsBench) -> None:
    edges = aws.edges
    aws.account.refuse("elbv2", "ModifyRule", "AccessDenied", message="no", status=403)

    error = edges.write({"edge-1": TEN}, nothing)["edge-1"]

    assert isinstance(error, Denied)
    rule = aws.topology.edges[0].rule_arn
    assert str(error) == f"ModifyRule on {rule}: AccessDenied: no (request r-1)"


def test_both_edges_are_written_at_the_same_time(aws: AwsBench) -> None:
    """Neither waits for the other: the time between them is a time of two splits."""
    both_are_here = threading.Barrier(2, timeout=10)

    def wait_for_the_other() -> None:
        both_are_here.wait()

    failures = aws.edges.write({"edge-1": TEN, "edge-2": TEN}, wait_for_the_other)

    assert failures == {}


@pytest.mark.parametrize("place", ["aws", "small_aws"], ids=["rule", "listener"])
def test_writes_go_through_the_client_that_never_tries_twice(
    place: str, request: pytest.FixtureRequest
) -> None:
    aws: AwsBench = request.getfixturevalue(place)
    client = aws.account.client("elbv2")

    class Reading:
        """A client that can only read."""

        describe_rules = client.describe_rules
        describe_listeners = client.describe_listeners

    reading: Any = Reading()
    edges = AlbEdges(reading, aws.topology, writer=client)

    assert edges.write({"edge-1": TEN}, nothing) == {}
    assert edges.read()["edge-1"] == TEN


def test_targets_that_are_leaving_are_not_registered(aws: AwsBench) -> None:
    edges = aws.edges
    states = ("healthy", "healthy", "initial", "unused", "draining", "draining")
    aws.account.answer(
        "elbv2",
        "DescribeTargetHealth",
        lambda _: {
            "TargetHealthDescriptions": [
                {"Target": {"Id": f"10.0.0.{n}"}, "TargetHealth": {"State": state}}
                for n, state in enumerate(states)
            ]
        },
    )

    assert edges.targets(Lane.BLUE) == TargetsSeen(
        healthy={"edge-1": 2, "edge-2": 2}, registered={"edge-1": 4, "edge-2": 4}
    )
