"""The composition root: every adapter over boto3, built when it is first asked for.

Clients have short timeouts, so that a function fails while there is time to try again,
and botocore's `standard` retries; weight writes have none, because a late retry could
raise after its claim has ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import boto3
from botocore.config import Config

from shifter.adapters.alb import AlbEdges
from shifter.adapters.clock import SystemClock
from shifter.adapters.cloudwatch import CloudWatchTraffic
from shifter.adapters.dynamodb import DynamoStore
from shifter.adapters.ecs import EcsCapacity
from shifter.adapters.executions import StepFunctionsExecutions
from shifter.adapters.logged_store import LoggedStore
from shifter.adapters.notices import SnsEventBridgeNotifier
from shifter.adapters.probe import HttpProbe
from shifter.adapters.route53 import Route53Dns
from shifter.adapters.ssm import load_topology
from shifter.settings import Settings

if TYPE_CHECKING:
    from shifter.core.topology import Topology
    from shifter.ports import Reader, Rotations

Built = TypeVar("Built")

CONNECT_SECONDS = 2
READ_SECONDS = 3
_RETRIED = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 3},
)
_ONCE = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    retries={"mode": "standard", "total_max_attempts": 1},
)


class lazily(Generic[Built]):  # noqa: N801  it is used like `cached_property`
    """A property that is computed once, when it is first asked for.

    Before Python 3.12 `cached_property` locks all instances while it computes.  Two
    functions that run in one process, as in the sandbox, must not wait for each other.
    """

    def __init__(self, build: Callable[[Any], Built]) -> None:
        self._build = build

    def __get__(self, ports: Any, owner: type) -> Built:
        built = self._build(ports)
        vars(ports)[self._build.__name__] = built
        return built


class AwsPorts:
    """All ports of one environment, over AWS; fits `ports.Ports`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.clock = SystemClock()

    @property
    def history_limit(self) -> int:
        return self._settings.history_limit

    @lazily
    def topology(self) -> Topology:
        return load_topology(_client("ssm"), self._settings.topology_parameter)

    @lazily
    def store(self) -> LoggedStore:
        return LoggedStore(DynamoStore(_client("dynamodb"), self._settings.table_name))

    @lazily
    def edges(self) -> AlbEdges:
        return AlbEdges(_client("elbv2"), self.topology, writer=_client("elbv2", _ONCE))

    @lazily
    def dns(self) -> Route53Dns:
        return Route53Dns(_client("route53"), self.topology)

    @lazily
    def traffic(self) -> CloudWatchTraffic:
        return CloudWatchTraffic(_client("cloudwatch"), self.topology)

    @lazily
    def capacity(self) -> EcsCapacity:
        return EcsCapacity(
            _client("ecs"),
            _client("application-autoscaling"),
            self.edges,
            self.topology,
        )

    @lazily
    def readers(self) -> Mapping[str, Reader]:
        from shifter.adapters.gate_readers import gate_readers  # not for who goes back

        return gate_readers(self, _client, self._settings.heartbeat_alarm)

    @lazily
    def probe(self) -> HttpProbe:
        return HttpProbe(self.topology)

    @lazily
    def notifier(self) -> SnsEventBridgeNotifier:
        return SnsEventBridgeNotifier(
            _client("sns"),
            _client("events"),
            topic_arn=self._settings.topic_arn,
            bus=self._settings.event_bus,
        )

    @lazily
    def rotations(self) -> Rotations | None:
        if self.topology.rotation == "none":
            return None
        # Not for who goes back.
        from shifter.adapters.rotations import PATIENT, LambdaRotations

        return LambdaRotations(_client("lambda", PATIENT), self.topology.rotation.guard)

    @lazily
    def executions(self) -> StepFunctionsExecutions:
        return StepFunctionsExecutions(
            _client("stepfunctions"), self._settings.state_machine_arn
        )


@cache
def _client(service: str, config: Config = _RETRIED) -> Any:
    """A client, kept from one call of a warm function to the next."""
    # boto3's own signature is an overload for each service by its literal name.
    make: Any = boto3.client
    return make(service, config=config)


def forget_clients() -> None:
    """Make new clients from now on, for a process that changes accounts."""
    _client.cache_clear()


def ports_from_environment() -> AwsPorts:
    """The ports that the environment variables describe, for one call of a function.

    The topology is read anew at each call: a warm function must not act on an old one.
    """
    return AwsPorts(Settings.from_environment(os.environ))
