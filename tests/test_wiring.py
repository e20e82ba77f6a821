"""The composition root: what is built, when, and with how much patience."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from shifter import ports
from shifter.adapters.memory.executions import MemoryExecutions
from shifter.adapters.memory.notices import MemoryNotifier
from shifter.adapters.memory.probe import MemoryProbe
from shifter.adapters.memory.rotations import MemoryRotations
from shifter.adapters.memory.store import MemoryStore
from shifter.adapters.memory.world import MemoryWorld
from shifter.core.edges import EdgeState
from shifter.core.errors import NotReady, SettingsError
from shifter.core.lanes import ALL_BLUE
from shifter.core.topology import RotationHooks
from shifter.settings import Settings
from shifter.wiring import AwsPorts, forget_clients, ports_from_environment
from tests.adapters.bench import invented_topology

PARAMETER = "/river/topology"
ENVIRONMENT = {
    "TABLE_NAME": "burrows",
    "TOPOLOGY_PARAMETER": PARAMETER,
    "TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:river-notices",
    "EVENT_BUS": "river-events",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:swim",
    "HEARTBEAT_ALARM": "heron-heartbeat",
    "HISTORY_LIMIT": "4000",
}
SERVICES = {
    "ssm",
    "dynamodb",
    "elbv2",
    "route53",
    "cloudwatch",
    "ecs",
    "application-autoscaling",
    "dms",
    "sns",
    "events",
    "stepfunctions",
}


class Clients:
    """Every client that wiring builds, in order."""

    def __init__(self) -> None:
        self.made: list[tuple[str, Any]] = []

    def services(self) -> list[str]:
        return [service for service, _ in self.made]


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """An AWS account that has a topology, and no clients yet."""
    for name, value in {
        **ENVIRONMENT,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    seen = Clients()
    make: Any = boto3.client

    def client(service: str, **kwargs: Any) -> Any:
        made = make(service, **kwargs)
        seen.made.append((service, made))
        return made

    with mock_aws():
        write_topology("riverbank", make)
        monkeypatch.setattr(boto3, "client", client)
        forget_clients()
        yield seen
        forget_clients()


def write_topology(environment: str, make: Callable[..., Any] = boto3.client) -> None:
    topology = invented_topology().model_copy(update={"environment": environment})
    make("ssm").put_parameter(
        Name=PARAMETER,
        Value=topology.model_dump_json(),
        Type="String",
        Tier="Advanced",
        Overwrite=True,
    )


def settings() -> Settings:
    return Settings.from_environment(ENVIRONMENT)


def build_all(wired: ports.Ports) -> None:
    """Ask for every port once."""
    _ = (wired.clock, wired.topology, wired.store, wired.edges, wired.dns)
    _ = (wired.readers, wired.capacity, wired.traffic, wired.probe, wired.notifier)
    _ = (wired.executions, wired.rotations, wired.history_limit)


# --- every port fits its protocol; mypy is the judge ----------------------------------


def test_the_adapters_over_aws_fit_the_ports(clients: Clients) -> None:
    wired = AwsPorts(settings())
    fits: ports.Ports = wired
    clock: ports.Clock = wired.clock
    store: ports.Store = wired.store
    edges: ports.Edges = wired.edges
    dns: ports.Dns = wired.dns
    capacity: ports.Capacity = wired.capacity
    traffic: ports.Traffic = wired.traffic
    probe: ports.Probe = wired.probe
    notifier: ports.Notifier = wired.notifier
    executions: ports.Executions = wired.executions

    assert fits.history_limit == 4000
    assert clock.now().tzinfo is UTC
    assert None not in (
        store,
        edges,
        dns,
        capacity,
        traffic,
        probe,
        notifier,
        executions,
    )


def test_a_guard_of_rotations_is_asked_only_where_the_topology_names_one(
    clients: Clients,
) -> None:
    assert AwsPorts(settings()).rotations is None

    wired = AwsPorts(settings())
    guard = "arn:aws:lambda:eu-west-1:123456789012:function:guard:live"
    named = {"rotation": RotationHooks(guard=guard)}
    vars(wired)["topology"] = invented_topology().model_copy(update=named)
    rotations: ports.Rotations | None = wired.rotations

    assert rotations is not None
    assert "lambda" in clients.services()


def test_the_twins_in_memory_fit_the_ports() -> None:
    store: ports.Store = MemoryStore()
    notifier: ports.Notifier = MemoryNotifier()
    executions: ports.Executions = MemoryExecutions()
    probe: ports.Probe = MemoryProbe(MemoryWorld(invented_topology()))
    rotations: ports.Rotations = MemoryRotations(MemoryWorld(invented_topology()))

    assert None not in (store, notifier, executions, probe, rotations)


def test_every_gate_that_looks_at_the_world_has_a_reader(clients: Clients) -> None:
    assert {
        "alarm",
        "watchdog",
        "calendar",
        "line",
        "replication",
        "targets",
        "evidence",
        "sufficiency",
        "weights",
        "dns_settled",
        "capacity",
    } == set(AwsPorts(settings()).readers)


# --- clients --------------------------------------------------------------------------


def test_no_client_is_built_before_it_is_asked_for(clients: Clients) -> None:
    wired = ports_from_environment()
    _ = wired.clock, wired.history_limit
    assert [] == clients.services()

    _ = wired.store
    assert ["dynamodb"] == clients.services()


def test_a_function_builds_each_client_once(clients: Clients) -> None:
    """Edges need two: one that reads, and one that writes without retries."""
    build_all(AwsPorts(settings()))

    assert sorted([*SERVICES, "elbv2"]) == sorted(clients.services())


def test_a_warm_function_keeps_its_clients(clients: Clients) -> None:
    build_all(AwsPorts(settings()))
    before = list(clients.made)

    build_all(ports_from_environment())

    assert before == clients.made


def test_clients_can_be_forgotten(clients: Clients) -> None:
    _ = ports_from_environment().store
    forget_clients()
    _ = ports_from_environment().store

    assert ["dynamodb", "dynamodb"] == clients.services()


def test_a_port_is_built_once(clients: Clients) -> None:
    wired = AwsPorts(settings())

    assert wired.edges is wired.edges
    assert wired.store is wired.store


def test_every_client_gives_up_while_there_is_time_to_try_again(
    clients: Clients,
) -> None:
    """A function has 15 seconds, and one slow call must not take them all."""
    build_all(AwsPorts(settings()))

    assert {(2, 3)} == {
        (client.meta.config.connect_timeout, client.meta.config.read_timeout)
        for _, client in clients.made
    }
    assert {"standard"} == {
        client.meta.config.retries["mode"] for _, client in clients.made
    }


def test_weights_are_written_once_and_everything_else_is_tried_three_times(
    clients: Clients,
) -> None:
    """A late retry could raise a share after its claim has ended."""
    build_all(AwsPorts(settings()))

    attempts = [
        (service, client.meta.config.retries["total_max_attempts"])
        for service, client in clients.made
    ]
    assert sorted([(service, 3) for service in SERVICES] + [("elbv2", 1)]) == sorted(
        attempts
    )


def test_a_weight_whose_answer_is_lost_is_not_written_again(clients: Clients) -> None:
    """Seen at the wire, beneath botocore's retries."""
    wired = AwsPorts(settings())
    edges = wired.edges
    sent: list[str] = []

    def lose(event_name: str, **_: Any) -> Any:
        sent.append(event_name.rpartition(".")[2])
        raise ReadTimeoutError(endpoint_url="https://example.invalid")

    for _, client in clients.made:
        client.meta.events.register_first("before-send", lose)
    state = EdgeState(weights=ALL_BLUE.weights())

    failures = edges.write({"edge-1": state, "edge-2": state}, lambda: None)

    assert {"edge-1", "edge-2"} == set(failures)
    assert ["ModifyRule", "ModifyRule"] == sent


# --- the topology ---------------------------------------------------------------------


def test_the_topology_is_read_anew_for_each_call_of_a_function(
    clients: Clients,
) -> None:
    """A warm function must not act on an old one; within a call it does not change."""
    first = ports_from_environment()
    assert "riverbank" == first.topology.environment
    write_topology("pond")

    assert "riverbank" == first.topology.environment
    assert "pond" == ports_from_environment().topology.environment


def test_without_topology_what_needs_none_still_works(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOPOLOGY_PARAMETER", "/river/nothing")
    wired = ports_from_environment()

    assert wired.store is not None
    assert wired.notifier is not None
    with pytest.raises(NotReady, match="/river/nothing"):
        _ = wired.edges


def test_a_wrong_environment_fails_before_anything_is_built(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE_NAME")

    with pytest.raises(SettingsError, match="TABLE_NAME"):
        ports_from_environment()

    assert [] == clients.services()
