"""The account that is deployed into: its stack, its lock and its live weights.

AWS documentation: AWS CloudFormation API, "DescribeStacks" and "UpdateStack"
(UsePreviousTemplate: the templates that are deployed, whatever is on this machine).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from deploy_guard.guard import Lock
from deploy_guard.world import AwsWorld
from deploying.weights import live_parameters
from shifter.adapters.alb import AlbEdges
from shifter.adapters.failures import translated
from shifter.adapters.route53 import Route53Dns
from shifter.adapters.ssm import load_topology
from shifter.cli.deployed import parameter_of, parse_deployed
from shifter.core.errors import Rejected

CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LOOK_EVERY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack as it is."""

    status: str
    parameters: Mapping[str, str]

    @property
    def is_under_way(self) -> bool:
        return self.status.endswith("_IN_PROGRESS")


class Place(Protocol):
    """What a deployment needs of an account.

    Raises AwsError and Unreachable, and NotWritable where it reads weights.
    """

    def stack(self, name: str) -> Stack | None:
        """The stack; None when there is none, or nothing but a change set."""

    def give(self, name: str, parameters: Mapping[str, str]) -> Stack:
        """Change parameters and nothing else; the stack as it is afterwards."""

    def lock(self, environment: str) -> Lock | None:
        """The environment's lock; None before Shifter is deployed."""

    def weights(self, environment: str) -> dict[str, str]:
        """The live weights, as parameters of the root."""


class AwsPlace:
    """Fits `Place`."""

    def __init__(
        self,
        client: Callable[[str], Any],
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._client = client
        self._sleep = sleep

    def stack(self, name: str) -> Stack | None:
        client = self._client("cloudformation")
        with translated("DescribeStacks", name):
            try:
                [found] = client.describe_stacks(StackName=name)["Stacks"]
            except client.exceptions.ClientError as error:
                if "does not exist" in error.response["Error"]["Message"]:
                    return None
                raise
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            return None
        return Stack(
            found["StackStatus"],
            {
                p["ParameterKey"]: p["ParameterValue"]
                for p in found.get("Parameters", ())
            },
        )

    def give(self, name: str, parameters: Mapping[str, str]) -> Stack:
        before = self._known(name)
        kept = [
            {"ParameterKey": key, "UsePreviousValue": True}
            for key in before.parameters.keys() - parameters.keys()
        ]
        given = [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in parameters.items()
        ]
        with translated("UpdateStack", name):
            self._client("cloudformation").update_stack(
                StackName=name,
                UsePreviousTemplate=True,
                Parameters=[*kept, *given],
                Capabilities=CAPABILITIES,
                # Rolled back, it would move traffic to where it was before.
                DisableRollback=True,
            )
        while (found := self._known(name)).is_under_way:
            self._sleep(LOOK_EVERY_SECONDS)
        return found

    def lock(self, environment: str) -> Lock | None:
        return AwsWorld(environment, self._client).lock()

    def weights(self, environment: str) -> dict[str, str]:
        ssm, name = self._client("ssm"), parameter_of(environment)
        with translated("GetParameter", name):
            text = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        topology = load_topology(ssm, parse_deployed(text, name).topology_parameter)
        elbv2 = self._client("elbv2")
        edges = AlbEdges(elbv2, topology, writer=elbv2).read()
        dns = Route53Dns(self._client("route53"), topology).read()
        return live_parameters(edges, dns)

    def _known(self, name: str) -> Stack:
        found = self.stack(name)
        if found is None:
            raise Rejected("DescribeStacks", name, "the stack is gone")
        return found
