"""The connection: one operator's way to one deployed Shifter.

Rules of this file
* Making a connection asks nobody; each part is found when it is first needed.
* What is read is read with the operator's own rights; what changes anything is an order
  to `control`, or an invocation of a function.  The exceptions are replication, and a
  password that is rotated first: both before there is anything that a cutover holds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shifter.cli.clients import Clients, Options
from shifter.cli.deployed import (
    FOLDER,
    Deployed,
    environment_in,
    parameter_of,
    parse_deployed,
)
from shifter.cli.errors import WrongCall
from shifter.core.errors import AwsError, NotFound
from shifter.core.record import Record

if TYPE_CHECKING:
    from shifter.adapters.dynamodb import DynamoStore
    from shifter.adapters.replication_tasks import ReplicationTasks
    from shifter.adapters.rotations import LambdaRotations
    from shifter.adapters.secret_rotation import SecretRotation
    from shifter.adapters.zones import ZonedOutcomes
    from shifter.core.edges import EdgeState
    from shifter.core.gates.gate import Unreadable
    from shifter.core.topology import Topology

sleep = time.sleep
"""How a command waits before it asks again."""


class NoGuard(NotFound):
    """The topology names no guard of rotations."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What Step Functions says about an execution."""

    status: str
    error: str
    cause: str


class Connection:
    """One operator's way to one Shifter."""

    def __init__(self, options: Options) -> None:
        self._clients = Clients(options)
        self._environment = options.environment

    def mean(self, environment: str) -> None:
        """Take the environment of a plan, which must be the one that was named."""
        if self._environment not in {None, environment}:
            raise WrongCall(
                f"the plan is for {environment}, not for {self._environment}: "
                "leave --environment out, or correct one of them"
            )
        self._environment = environment

    @property
    def region(self) -> str:
        return self._clients.region

    def now(self) -> datetime:
        """The time of AWS's last answer."""
        return self._clients.now()

    @cached_property
    def deployed(self) -> Deployed:
        """The Shifter of the environment that was named, or the only one there is."""
        from shifter.adapters.failures import translated

        name = parameter_of(self._environment or self._only_environment())
        client = self._clients.of("ssm")
        with translated("GetParameter", name):
            try:
                answer = client.get_parameter(Name=name)
            except client.exceptions.ParameterNotFound:
                answer = None
        if answer is None:
            known = ", ".join(self._environments()) or "none"
            raise NotFound(
                f"no Shifter is deployed for {self._environment} in {self.region}: "
                f"found {known}; look at --environment, --region and --profile"
            )
        return parse_deployed(answer["Parameter"]["Value"], name)

    @cached_property
    def store(self) -> DynamoStore:
        """Records, journals and lock, with the operator's right to read them."""
        from shifter.adapters.dynamodb import DynamoStore

        return DynamoStore(self._clients.of("dynamodb"), self.deployed.table)

    def latest(self) -> str | None:
        """Id of the cutover that was begun last, or None."""
        return self.store.environment(self.deployed.environment).latest

    def record(self, cutover_id: str | None) -> Record:
        """The cutover of this id, or without one the latest.  Raises NotFound."""
        environment = self.deployed.environment
        named = cutover_id or self.latest()
        if named is None:
            raise NotFound(f"{environment} has no cutover: shifter start FILE")
        record = self.store.load(named)
        if record is None:
            raise NotFound(
                f"there is no cutover {named} in {environment}: "
                "shifter status tells the latest"
            )
        return record

    def order(self, order: str, **content: Any) -> dict[str, Any]:
        """Send an order to `control`; return its answer."""
        from shifter.adapters.control_url import ControlUrl

        url = ControlUrl(
            self.deployed.control_url,
            credentials=self._clients.credentials,
            region=self._clients.region,
            heard=self._clients.hear,
        )
        given = {name: value for name, value in content.items() if value is not None}
        return url.send({"order": order, **given})

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Invoke one of Shifter's functions; return its answer."""
        from shifter.adapters.functions import Functions

        return Functions(self._clients.of("lambda")).invoke(function, event)

    def execution(self, name: str) -> Execution | None:
        """What became of an execution; None while Step Functions does not know it."""
        from shifter.adapters.failures import translated

        client = self._clients.of("stepfunctions")
        with translated("DescribeExecution", name):
            try:
                found = client.describe_execution(
                    executionArn=self.deployed.execution_arn(name)
                )
            except client.exceptions.ExecutionDoesNotExist:
                return None
        return Execution(
            found["status"], found.get("error", ""), found.get("cause", "")
        )

    def caller(self) -> str:
        """The ARN of whoever runs the command.

        Going back never waits for a name: without one the order says so.
        """
        from shifter.adapters.failures import translated

        try:
            with translated("GetCallerIdentity", "the caller"):
                return str(self._clients.of("sts").get_caller_identity()["Arn"])
        except AwsError as error:
            return f"an operator whom AWS did not name ({type(error).__name__})"

    def edges(self) -> Mapping[str, EdgeState | Unreadable]:
        """What every edge shows now, if the operator may read it."""
        from shifter.adapters.alb import AlbEdges

        return AlbEdges(self._clients.of("elbv2"), self._topology).read()

    @cached_property
    def replication(self) -> ReplicationTasks:
        """The DMS tasks that the topology names."""
        from shifter.adapters.replication_tasks import ReplicationTasks

        return ReplicationTasks(self._clients.of("dms"), self._topology.replication)

    @cached_property
    def zones(self) -> ZonedOutcomes:
        """What blue has served, by Availability Zone."""
        from shifter.adapters.zones import ZonedOutcomes

        return ZonedOutcomes(
            self._clients.of("cloudwatch"), self._clients.of("elbv2"), self._topology
        )

    @cached_property
    def rotations(self) -> LambdaRotations:
        """The guard of rotations that the topology names.  Raises NoGuard."""
        from shifter.adapters.rotations import LambdaRotations

        rotation = self._topology.rotation
        if rotation == "none":
            raise NoGuard(
                f"the topology of {self.deployed.environment} names no guard of "
                "rotations: no password is in the way of a cutover"
            )
        return LambdaRotations(self._clients.of("lambda"), rotation.guard)

    @cached_property
    def secret_rotation(self) -> SecretRotation:
        """Rotations of single secrets, with the operator's own rights."""
        from shifter.adapters.secret_rotation import SecretRotation

        return SecretRotation(self._clients.of("secretsmanager"))

    @cached_property
    def _topology(self) -> Topology:
        from shifter.adapters.ssm import load_topology

        return load_topology(self._clients.of("ssm"), self.deployed.topology_parameter)

    def _only_environment(self) -> str:
        found = self._environments()
        if not found:
            raise NotFound(
                f"no Shifter is deployed in {self.region}: no parameter is named "
                f"{parameter_of('<environment>')}; look at --region and --profile"
            )
        if len(found) > 1:
            raise WrongCall(
                f"several Shifters are deployed in {self.region}, for "
                f"{' and '.join(found)}: choose one with --environment"
            )
        [self._environment] = found
        return self._environment

    def _environments(self) -> list[str]:
        """Environments that have a Shifter here."""
        from shifter.adapters.failures import translated

        pages = self._clients.of("ssm").get_paginator("get_parameters_by_path")
        with translated("GetParametersByPath", FOLDER):
            names = [
                found["Name"]
                for page in pages.paginate(Path=FOLDER, Recursive=True)
                for found in page["Parameters"]
            ]
        return sorted(filter(None, map(environment_in, names)))
