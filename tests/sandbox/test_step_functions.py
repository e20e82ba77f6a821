"""moto's interpreter on the virtual clock, with Python handlers as Lambdas."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from shifter_sandbox.account import MACHINE, START, Account

INVOKE = "arn:aws:states:::lambda:invoke"


def task(function: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **more,
    }


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


SUCCEED = {"Type": "Succeed"}


def fail(name: str) -> dict[str, str]:
    return {"Type": "Fail", "Error": name}


def seconds(aws: Account) -> float:
    return (aws.now() - START).total_seconds()


def test_a_run_tells_states_output_and_history(aws: Account) -> None:
    aws.add_function("double", lambda event, _: {"n": event["n"] * 2})

    result = aws.run(
        machine(First=task("double", Next="End"), End=SUCCEED), {"n": 4}, name="c-1"
    )

    assert (result.status, result.output) == ("SUCCEEDED", {"n": 8})
    assert result.states == ["First", "End"]
    assert result.history[0]["type"] == "ExecutionStarted"
    assert [event["id"] for event in result.history] == list(
        range(1, len(result.history) + 1)
    )


@pytest.mark.parametrize(
    "name",
    [
        "shift",
        "shift:live",
        "shift:1",
        "arn:aws:lambda:eu-west-1:123456789012:function:shift",
        "arn:aws:lambda:eu-west-1:123456789012:function:shift:live",
    ],
)
def test_a_function_is_found_by_any_of_its_names(aws: Account, name: str) -> None:
    aws.add_function("shift", lambda event, context: context.function_name)

    result = aws.run(machine(A=task(name, End=True)), {}, name="c-1")

    assert result.output == "shift"


def test_an_unknown_function_is_an_error_of_lambda(aws: Account) -> None:
    result = aws.run(machine(A=task("nobody", End=True)), {}, name="c-1")

    assert result.status == "FAILED"
    assert result.error == "Lambda.ResourceNotFoundException"


@pytest.mark.parametrize(
    "wait", [{"Seconds": 3600}, {"TimestampPath": "$.until"}, {"SecondsPath": "$.n"}]
)
def test_a_wait_moves_the_clock(aws: Account, wait: dict[str, Any]) -> None:
    until = f"{START + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    result = aws.run(
        machine(Bake={"Type": "Wait", **wait, "End": True}),
        {"until": until, "n": 3600},
        name="c-1",
    )

    assert result.status == "SUCCEEDED"
    assert seconds(aws) == pytest.approx(3600, abs=1)


def test_retries_back_off_in_virtual_time(aws: Account) -> None:
    class Throttled(Exception):
        pass

    moments: list[float] = []

    def handler(event: Any, context: Any) -> str:
        moments.append(seconds(aws))
        if len(moments) < 4:
            raise Throttled("later")
        return "done"

    aws.add_function("shift", handler)
    retry = {
        "ErrorEquals": ["Throttled"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 3,
        "JitterStrategy": "NONE",
    }

    result = aws.run(machine(A=task("shift", Retry=[retry], End=True)), {}, name="c-1")

    assert result.output == "done"
    steps = [b - a for a, b in pairwise(moments)]
    assert steps == pytest.approx([2, 4, 8], abs=0.1)


def test_errors_are_caught_by_the_name_of_their_class(aws: Account) -> None:
    class Conflict(Exception):
        pass

    def handler(event: Any, context: Any) -> None:
        raise Conflict("somebody was first")

    aws.add_function("shift", handler)
    catches = [
        {"ErrorEquals": ["Conflict"], "Next": "Assess", "ResultPath": "$.error"},
        {"ErrorEquals": ["States.ALL"], "Next": "Other"},
    ]

    result = aws.run(
        machine(
            A=task("shift", Catch=catches, End=True),
            Assess=SUCCEED,
            Other=fail("Other"),
        ),
        {},
        name="c-1",
    )

    assert result.states == ["A", "Assess"]
    assert json.loads(result.output["error"]["Cause"])["errorType"] == "Conflict"
    assert aws.functions.invocations[0].error == "Conflict"


def test_an_uncaught_error_ends_the_execution(aws: Account) -> None:
    aws.add_function("shift", lambda event, _: event["missing"])

    result = aws.run(machine(A=task("shift", End=True)), {}, name="c-1")

    assert (result.status, result.error) == ("FAILED", "KeyError")
    assert result.cause is not None


def test_service_errors_of_lambda_can_be_planted(aws: Account) -> None:
    aws.add_function("shift", lambda event, _: "done")
    aws.faults.throttle("lambda.Invoke", times=1, resource="shift")
    retry = {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 5}

    result = aws.run(machine(A=task("shift", Retry=[retry], End=True)), {}, name="c-1")

    assert result.output == "done"
    assert seconds(aws) > 5


def test_a_function_past_its_timeout_is_killed(aws: Account) -> None:
    after: list[str] = []

    def handler(event: Any, context: Any) -> None:
        assert context.get_remaining_time_in_millis() == 15_000
        boto3.client("sts").get_caller_identity()
        try:
            aws.sleep(16)
        except Exception:  # noqa: BLE001  the point of the test
            after.append("caught")
        after.append("alive")

    aws.add_function("shift", handler, timeout=15)
    catch = [{"ErrorEquals": ["Sandbox.Timedout"], "Next": "Assess"}]

    result = aws.run(
        machine(A=task("shift", Catch=catch, End=True), Assess=SUCCEED), {}, name="c-1"
    )

    assert result.states == ["A", "Assess"]
    assert after == []


def test_a_handler_can_start_the_next_execution(aws: Account) -> None:
    """Hand-over: the second runs on while the first one ends."""
    definition = machine(
        Step=task("step", Next="Wait"),
        Wait={"Type": "Wait", "Seconds": 300, "Next": "Again"},
        Again={
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 6, "Next": "Step"}],
            "Default": "End",
        },
        End=SUCCEED,
    )
    arn = aws.add_machine(definition)
    seen: list[tuple[int, float]] = []

    def step(event: Any, context: Any) -> Any:
        seen.append((event["n"], seconds(aws)))
        if event["n"] == 2:
            boto3.client("stepfunctions").start_execution(
                stateMachineArn=arn, name="c-2", input='{"n": 3}'
            )
            return {"n": 99}
        return {"n": event["n"] + 1}

    aws.add_function("step", step)

    first = aws.run(definition, {"n": 0}, name="c-1")

    assert first.status == aws.result("c-2").status == "SUCCEEDED"
    assert [n for n, _ in seen] == [0, 1, 2, 3, 4, 5]
    assert aws.state_machines.names() == ["c-1", "c-2"]
    third, fourth = seen[2][1], seen[3][1]
    assert fourth - third < 1


def test_the_same_name_twice_is_the_same_execution(aws: Account) -> None:
    wait = machine(W={"Type": "Wait", "Seconds": 60, "End": True})
    client = boto3.client("stepfunctions")
    aws.start(wait, {"a": 1}, name="c-1")
    arn = aws.add_machine(wait)

    again = client.start_execution(stateMachineArn=arn, name="c-1", input='{"a": 1}')
    assert again["executionArn"].endswith(f":{MACHINE}:c-1")
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        client.start_execution(stateMachineArn=arn, name="c-1", input='{"a": 2}')
    assert aws.state_machines.names() == ["c-1"]


def test_an_execution_without_a_name_gets_one(aws: Account) -> None:
    arn = aws.add_machine(machine(A={"Type": "Pass", "End": True}))

    boto3.client("stepfunctions").start_execution(stateMachineArn=arn)

    aws.state_machines.finish()
    assert all(aws.state_machines.names())
    with pytest.raises(LookupError, match="no execution is called c-9"):
        aws.result("c-9")


def test_the_outside_world_acts_while_an_execution_waits(aws: Account) -> None:
    states = machine(
        W={"Type": "Wait", "Seconds": 600, "Next": "A"}, A=task("look", End=True)
    )
    hand: list[str] = []
    aws.add_function("look", lambda event, _: list(hand))
    aws.start(states, {}, name="c-1")

    aws.advance(300)
    assert aws.result("c-1").status == "RUNNING"
    hand.append("edited")
    aws.state_machines.finish()

    assert aws.result("c-1").output == ["edited"]


def test_a_stopped_execution_ends_at_once(aws: Account) -> None:
    aws.start(machine(W={"Type": "Wait", "Seconds": 9999, "End": True}), {}, name="c-1")
    aws.advance(10)
    arn = f"arn:aws:states:{aws.region}:{aws.id}:execution:{MACHINE}:c-1"

    boto3.client("stepfunctions").stop_execution(executionArn=arn, cause="asked")
    aws.state_machines.finish()

    assert aws.result("c-1").status == "ABORTED"
    assert seconds(aws) < 20


def test_an_asynchronous_invocation_runs_by_itself(aws: Account) -> None:
    seen: list[Any] = []
    aws.add_function("roll_back", lambda event, _: seen.append(event))

    answer = boto3.client("lambda").invoke(
        FunctionName="roll_back", InvocationType="Event", Payload=b'{"a": 1}'
    )
    assert (answer["StatusCode"], seen) == (202, [])
    aws.advance(1)

    assert seen == [{"a": 1}]


def test_two_executions_interleave_in_virtual_time(aws: Account) -> None:
    seen: list[tuple[str, int]] = []
    aws.add_function(
        "note", lambda event, _: seen.append((event["who"], round(seconds(aws))))
    )
    states = machine(
        W={"Type": "Wait", "SecondsPath": "$.wait", "Next": "A"},
        A=task("note", ResultPath="$.ignored", OutputPath="$", Next="W2"),
        W2={"Type": "Wait", "SecondsPath": "$.wait", "Next": "B"},
        B=task("note", End=True),
    )
    aws.start(states, {"who": "slow", "wait": 100}, name="c-1")
    aws.start(states, {"who": "quick", "wait": 60}, name="c-2")

    aws.state_machines.finish()

    assert seen == [("quick", 60), ("slow", 100), ("quick", 120), ("slow", 200)]


def test_jsonata_is_evaluated(aws: Account) -> None:
    def output(expression: str) -> dict[str, Any]:
        state = {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}
        return {"QueryLanguage": "JSONata", **machine(A=state)}

    right = aws.run(output("$states.input.n + 1"), {"n": 1}, name="c-1")
    wrong = aws.run(output("$no()"), {}, name="c-2")

    assert (right.output, wrong.status) == (2, "FAILED")


def test_services_of_the_sdk_are_called_by_their_names_in_boto3(aws: Account) -> None:
    definition = machine(
        A={
            "Type": "Task",
            "Resource": (
                "arn:aws:states:::aws-sdk:elasticloadbalancingv2:describeLoadBalancers"
            ),
            "End": True,
        }
    )

    assert aws.run(definition, {}, name="c-1").output == {"LoadBalancers": []}


def test_an_account_can_be_closed_while_an_execution_waits() -> None:
    from shifter_sandbox.account import account

    with account() as aws:
        aws.add_function("hang", lambda event, _: aws.sleep(10_000))
        aws.start(
            machine(W={"Type": "Wait", "Seconds": 9999, "End": True}), {}, name="c-1"
        )
        aws.start(machine(A=task("hang", End=True)), {}, name="c-2", machine="other")
        aws.advance(10)
