"""Deployments of the infrastructure beside cutovers: they meet at the lock.

The guard's own code asks moto's CloudFormation and the table of the deployed Shifter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from moto.cloudformation.models import cloudformation_backends

from deploy_guard import guard
from deploy_guard.guard import Told
from deploy_guard.world import AwsWorld
from shifter.core.phases import ENDS, Phase
from shifter_sandbox.scenarios import shipped_plan
from shifter_sandbox.stage import CUTOVER, Stage, stage
from tests.cli.stages import operated_stage, run

PAYMENTS = "payments-prod"
ROOT = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


class _CloudFormation:
    """The root stack of the system on a stage, and what its guard is asked."""

    def __init__(self, on: Stage) -> None:
        self._on = on
        self.answers: list[Mapping[str, Any]] = []
        make: Any = boto3.client
        self._world = AwsWorld(PAYMENTS, make)
        self._id = str(
            boto3.client("cloudformation").create_stack(
                StackName="payments", TemplateBody=json.dumps(ROOT)
            )["StackId"]
        )

    def update(self, deploy_id: str) -> Told:
        """A deployment begins."""
        self._status("UPDATE_IN_PROGRESS")
        event = {
            "RequestType": "Update",
            "ResponseURL": "https://answers.example.com/signed",
            "StackId": self._id,
            "RequestId": deploy_id,
            "LogicalResourceId": "Deployment",
            "ResourceProperties": {"DeployId": deploy_id},
            "OldResourceProperties": {"DeployId": "before"},
        }
        return guard.begins(
            event, self._world, self._put, self._on.aws.now(), self._on.aws.advance
        )

    def complete(self) -> Told:
        """The deployment has ended, and EventBridge tells it a little later."""
        self._status("UPDATE_COMPLETE")
        at = self._on.aws.now()
        self._on.aws.advance(20)
        return guard.ended(at, self._world)

    def _put(self, _: str, answer: Mapping[str, Any]) -> None:
        self.answers.append(answer)

    def _status(self, status: str) -> None:
        backend = cloudformation_backends[self._on.aws.id][self._on.aws.region]
        [stack] = backend.stacks.values()
        stack.status = status


def _ask(on: Stage, cutover_id: str) -> None:
    detail = {
        "plan": shipped_plan().model_dump(mode="json"),
        "cutover_id": cutover_id,
    }
    boto3.client("events").put_events(
        Entries=[
            {
                "Source": "payments.releases",
                "DetailType": "Cutover Requested",
                "Detail": json.dumps(detail),
            }
        ]
    )
    on.aws.advance(30)


@pytest.mark.xdist_group("demo")
def test_a_deployment_in_the_middle_of_a_cutover_is_refused_and_told_who() -> None:
    with stage(edges=2) as on:
        cloudformation = _CloudFormation(on)
        _ask(on, CUTOVER)
        on.aws.advance(900)
        before, record = on.weights(), on.record()
        assert record is not None
        assert record.phase in {Phase.SHIFTING, Phase.BAKING}

        told = cloudformation.update("d-2")

        assert f"{PAYMENTS} is held by cutover:{CUTOVER} since 20" in told.reason
        assert ["FAILED"] == [answer["Status"] for answer in cloudformation.answers]
        assert not cloudformation.complete().done
        assert before == on.weights()


@pytest.mark.xdist_group("demo")
def test_a_deployment_begins_when_the_cutover_has_ended() -> None:
    with stage(edges=2) as on:
        cloudformation = _CloudFormation(on)
        on.shifter.run(shipped_plan(), CUTOVER, "ada")
        record = on.record()
        assert record is not None
        assert record.phase in ENDS

        assert cloudformation.update("d-2").done


@pytest.mark.xdist_group("demo")
def test_a_cutover_in_the_middle_of_a_deployment_is_refused_and_told_who() -> None:
    with operated_stage(edges=1) as on:
        cloudformation = _CloudFormation(on)
        assert cloudformation.update("d-2").done

        _ask(on, "too-soon")

        [refused] = [i for i in on.aws.functions.invocations if i.error == "LockHeld"]
        assert (
            "payments-prod is held by deploy:d-2 since 20"
            in (refused.answer["errorMessage"])
        )
        assert [] == on.aws.state_machines.names()
        assert "the lock is held by deploy:d-2 since" in run(on, "status").stdout

        assert cloudformation.complete().done
        assert "the lock is free" in run(on, "status").stdout
        _ask(on, "now")
        assert ["now"] == on.aws.state_machines.names()
