"""An account with a table and a topology, for handlers as Lambda calls them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from io import StringIO
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.record import Record
from shifter.core.topology import Topology
from shifter.telemetry import logger
from shifter.wiring import forget_clients
from tests.engine.bench import Bench, topology_document

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
ENVIRONMENT = {
    "TABLE_NAME": "burrow",
    "TOPOLOGY_PARAMETER": "/riverbank/topology",
    "TOPIC_ARN": ARN.format("sns", "notices"),
    "EVENT_BUS": "notices",
    "STATE_MACHINE_ARN": ARN.format("states", "stateMachine:cutover"),
    "HEARTBEAT_ALARM": "heron-heartbeat",
}


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No environment variable of ours, and no way to a real account."""
    for name in (*ENVIRONMENT, "HISTORY_LIMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What is logged from now on, one JSON document a line."""
    written = StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", written)
    level = logger().log_level
    logger().setLevel("INFO")  # a demonstration in this process may have muted it
    yield written
    logger().setLevel(level)


@pytest.fixture(scope="module")
def clients() -> Iterator[Callable[[str], Any]]:
    """Clients that are kept from test to test, because making one takes long."""
    forget_clients()
    yield cache(_make)
    forget_clients()


def _make(service: str) -> Any:
    make: Any = boto3.client
    return make(service)


@pytest.fixture
def table(
    monkeypatch: pytest.MonkeyPatch, clients: Callable[[str], Any]
) -> Iterator[DynamoStore]:
    """An account with a table and a topology, and nothing else."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = clients("dynamodb")
        client.create_table(
            TableName="burrow",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
        )
        topology = Topology.model_validate(topology_document())
        clients("ssm").put_parameter(
            Name="/riverbank/topology", Value=topology.model_dump_json(), Type="String"
        )
        yield DynamoStore(client, "burrow")


def keep(table: DynamoStore, bench: Bench) -> Record:
    """Save in the table what the bench has gone through, entry by entry."""
    record = bench.record
    for entry in bench.journal:
        done = entry.number == record.journal_length
        phase = record.phase if done else entry.phase
        table.save(
            record.model_copy(update={"version": entry.number, "phase": phase}), entry
        )
    return record


def state_machine(clients: Callable[[str], Any]) -> None:
    """Create the state machine that the environment names."""
    clients("stepfunctions").create_state_machine(
        name="cutover",
        definition=json.dumps(
            {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
        ),
        roleArn="arn:aws:iam::123456789012:role/states",
    )


def executions(clients: Callable[[str], Any]) -> dict[str, Any]:
    """The input of every execution, by its name."""
    client = clients("stepfunctions")
    arn = ENVIRONMENT["STATE_MACHINE_ARN"]
    listed = client.list_executions(stateMachineArn=arn)["executions"]
    return {
        found["name"]: json.loads(
            client.describe_execution(executionArn=found["executionArn"])["input"]
        )
        for found in listed
    }
