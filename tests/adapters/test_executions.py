"""An execution is started once by name, over memory and over AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pytest

from shifter.adapters.executions import StepFunctionsExecutions
from shifter.adapters.memory.executions import MemoryExecutions
from shifter.core.errors import Denied, Rejected, Throttled, Unavailable
from shifter.ports import Executions
from tests.adapters.account import REGION, Account

ROLE = "arn:aws:iam::123456789012:role/shifter"
MISSING = f"arn:aws:states:{REGION}:123456789012:stateMachine:missing"
FIRST = {"cutover_id": "otters-1", "owner": 2}


class ExecutionsBench(Protocol):
    """Executions, and what was started."""

    @property
    def executions(self) -> Executions: ...

    @property
    def started(self) -> Mapping[str, Any]: ...


class MemoryExecutionsBench:
    def __init__(self) -> None:
        self.executions = MemoryExecutions()

    @property
    def started(self) -> Mapping[str, Any]:
        return self.executions.started


class AwsExecutionsBench:
    def __init__(self, account: Account) -> None:
        self._client = account.client("stepfunctions")
        definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        self._arn = self._client.create_state_machine(
            name="cutover", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        self.executions = StepFunctionsExecutions(self._client, self._arn)

    @property
    def started(self) -> Mapping[str, Any]:
        listed = self._client.list_executions(stateMachineArn=self._arn)["executions"]
        arns = {found["name"]: found["executionArn"] for found in listed}
        return {
            name: json.loads(self._client.describe_execution(executionArn=arn)["input"])
            for name, arn in arns.items()
        }


@pytest.fixture(params=["memory", "aws"])
def bench(request: pytest.FixtureRequest) -> ExecutionsBench:
    if request.param == "memory":
        return MemoryExecutionsBench()
    return AwsExecutionsBench(request.getfixturevalue("account"))


@pytest.fixture
def aws(account: Account) -> StepFunctionsExecutions:
    return AwsExecutionsBench(account).executions


def test_an_execution_is_started_with_its_payload(bench: ExecutionsBench) -> None:
    assert bench.executions.start("otters-1-2", FIRST)

    assert bench.started == {"otters-1-2": FIRST}


def test_the_same_name_twice_is_the_same_as_once(bench: ExecutionsBench) -> None:
    assert bench.executions.start("otters-1-2", FIRST)
    assert bench.executions.start("otters-1-2", FIRST)

    assert bench.started == {"otters-1-2": FIRST}


def test_the_first_payload_of_a_name_is_the_one_that_counts(
    bench: ExecutionsBench,
) -> None:
    assert bench.executions.start("otters-1-2", FIRST)
    assert not bench.executions.start("otters-1-2", FIRST | {"until": "later"})

    assert bench.started == {"otters-1-2": FIRST}


def test_another_name_is_another_execution(bench: ExecutionsBench) -> None:
    bench.executions.start("otters-1-2", FIRST)
    bench.executions.start("otters-1-3", FIRST)

    assert bench.started.keys() == {"otters-1-2", "otters-1-3"}


def test_the_payload_is_written_in_the_same_way_each_time(
    account: Account, aws: StepFunctionsExecutions
) -> None:
    """Step Functions compares inputs as text while an execution runs."""
    calls = account.record("stepfunctions", "StartExecution")

    aws.start("otters-1-2", {"owner": 2, "cutover_id": "otters-1"})
    aws.start("otters-1-2", {"cutover_id": "otters-1", "owner": 2})

    assert calls[0]["input"] == calls[1]["input"]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, Throttled),
        ("AccessDeniedException", 400, Denied),
        ("KmsInvalidStateException", 400, Denied),
        ("InternalServerError", 500, Unavailable),
        ("InvalidName", 400, Rejected),
    ],
)
def test_any_other_refusal_is_told(
    account: Account,
    aws: StepFunctionsExecutions,
    code: str,
    status: int,
    kind: type[Exception],
) -> None:
    account.refuse("stepfunctions", "StartExecution", code, status=status)

    with pytest.raises(kind, match=f"StartExecution on otters-1-2: {code}"):
        aws.start("otters-1-2", FIRST)


def test_a_state_machine_that_is_missing_is_told(account: Account) -> None:
    executions = StepFunctionsExecutions(account.client("stepfunctions"), MISSING)

    with pytest.raises(Rejected, match="StateMachineDoesNotExist"):
        executions.start("otters-1-2", FIRST)


def test_a_start_whose_answer_was_lost_may_be_repeated(account: Account) -> None:
    bench = AwsExecutionsBench(account)
    account.lose_answer("stepfunctions", "StartExecution", about="lost")

    with pytest.raises(Unavailable):
        bench.executions.start("lost", FIRST)

    assert bench.started == {"lost": FIRST}


def test_starting_in_memory_goes_through_the_hook() -> None:
    effects: list[str] = []

    def twice(name: str, apply: Callable[[], object]) -> object:
        effects.append(name)
        apply()
        return apply()

    executions = MemoryExecutions(twice)
    executions.start("otters-1-2", FIRST)

    assert effects == ["start"]
    assert executions.started == {"otters-1-2": FIRST}
