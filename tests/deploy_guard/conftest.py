"""An account with Shifter's table, a stack, and CloudFormation's requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from moto import mock_aws
from moto.cloudformation.models import cloudformation_backends

from deploy_guard import guard
from deploy_guard.guard import Told
from deploy_guard.world import AwsWorld
from interlock.lock import EnvironmentLock, Holder
from tests.adapters.account import REGION, Account
from tests.adapters.fixtures_b import RIVERBANK, TABLE, make_table
from tests.core.examples import NOW

PARAMETER = f"/shifter/{RIVERBANK}/deployment"
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
URL = "https://cloudformation-custom-resource-response.example.com/signed"
WEIGHTS = "1/0/0 1/0/0 1/0"


@dataclass
class River:
    """An account, the guard in it, and what CloudFormation was answered."""

    aws: Account
    stack_id: str
    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    denied_for: int = 2
    """Attempts at which AWS refuses what it was told to refuse."""

    @property
    def world(self) -> AwsWorld:
        return AwsWorld(RIVERBANK, self.aws.client)

    @property
    def lock(self) -> EnvironmentLock:
        return EnvironmentLock(self.aws.client("dynamodb"), TABLE)

    @property
    def holder(self) -> Holder | None:
        return self.lock.holder(RIVERBANK)

    def shifter_is_deployed(self) -> None:
        """From now on there is a table, and a parameter that names it."""
        make_table(self.aws.client("dynamodb"))
        self.aws.client("ssm").put_parameter(
            Name=PARAMETER, Type="String", Value=json.dumps({"table": TABLE})
        )

    def stack_is(self, status: str) -> None:
        """CloudFormation has come to this status."""
        [stack] = cloudformation_backends["123456789012"][REGION].stacks.values()
        stack.status = status

    def asked(self, event: Mapping[str, Any], now: datetime = NOW) -> Told:
        """What the guard makes of a request."""
        return guard.begins(event, self.world, self._put, now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self.denied_for:
            self.aws.close()  # what was hooked in is gone: AWS refuses nothing more

    def _put(self, url: str, answer: Mapping[str, Any]) -> None:
        self.answers.append((url, dict(answer)))

    def request(
        self, kind: str, deploy_id: str = "d-2", *, before: str = "d-1", **changes: Any
    ) -> dict[str, Any]:
        """A request as CloudFormation sends it."""
        event = {
            "RequestType": kind,
            "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:g:live",
            "ResponseURL": URL,
            "StackId": self.stack_id,
            "RequestId": f"request of {deploy_id}",
            "LogicalResourceId": "Deployment",
            "ResourceType": "Custom::Deployment",
            "ResourceProperties": {"DeployId": deploy_id, "Weights": WEIGHTS},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = f"deploy-guard/{RIVERBANK}"
        if kind == "Update":
            event["OldResourceProperties"] = {"DeployId": before, "Weights": WEIGHTS}
        return event | changes


@pytest.fixture
def new_river() -> Iterator[River]:
    """An account into which Shifter was never deployed."""
    aws = Account()
    with mock_aws():
        made = aws.client("cloudformation").create_stack(
            StackName="riverbank-guard", TemplateBody=json.dumps(TEMPLATE)
        )
        river = River(aws, made["StackId"])
        river.stack_is("CREATE_IN_PROGRESS")
        yield river
    aws.close()


@pytest.fixture
def river(new_river: River) -> River:
    """An account with Shifter, whose root stack is being updated."""
    new_river.shifter_is_deployed()
    new_river.stack_is("UPDATE_IN_PROGRESS")
    return new_river
