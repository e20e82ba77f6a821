"""Cutovers that events ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import BadEvent, LockHeld, PlanError
from shifter.handlers import start
from tests.core.examples import plan_document
from tests.engine.bench import OTTERS, Bench
from tests.handlers.conftest import ENVIRONMENT, executions, keep, state_machine

EVENT_ID = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
ASKED: dict[str, Any] = {
    "version": "0",
    "id": EVENT_ID,
    "detail-type": "Cutover Requested",
    "source": "riverbank.releases",
    "account": "123456789012",
    "time": "2026-03-02T09:00:00Z",
    "region": "eu-west-1",
    "resources": [],
    "detail": {"plan": plan_document()},
}

Clients = Callable[[str], Any]


def _detail(**changes: Any) -> dict[str, Any]:
    return ASKED | {"detail": ASKED["detail"] | changes}


@pytest.fixture
def river(table: DynamoStore, clients: Clients) -> DynamoStore:
    """A table, a topology and a state machine."""
    state_machine(clients)
    return table


def test_an_event_starts_a_cutover_that_is_named_for_it(
    river: DynamoStore, clients: Clients
) -> None:
    done = start.handler(ASKED, None)

    assert {"cutover_id": EVENT_ID, "execution": EVENT_ID, "started": True} == done
    [(name, payload)] = executions(clients).items()
    assert (EVENT_ID, "event of riverbank.releases") == (name, payload["started_by"])


def test_an_event_may_carry_a_token_of_its_own(
    river: DynamoStore, clients: Clients
) -> None:
    """Two events with one token are one start."""
    start.handler(_detail(cutover_id="voles-1"), None)
    start.handler(_detail(cutover_id="voles-1") | {"id": "another"}, None)

    assert ["voles-1"] == list(executions(clients))


def test_an_event_that_comes_twice_starts_once(
    river: DynamoStore, clients: Clients
) -> None:
    start.handler(ASKED, None)
    start.handler(ASKED, None)

    assert [EVENT_ID] == list(executions(clients))


def test_an_event_that_comes_second_is_told_who_holds(
    river: DynamoStore, clients: Clients
) -> None:
    bench = Bench()
    bench.start()
    keep(river, bench)

    with pytest.raises(LockHeld, match=f"riverbank is held by cutover:{OTTERS} since"):
        start.handler(ASKED, None)
    assert {} == executions(clients)


STRANGE: list[tuple[Any, type[Exception], str]] = [
    (None, BadEvent, "event: "),
    ([], BadEvent, "event: "),
    ({}, BadEvent, "id: missing: required"),
    (ASKED | {"detail-type": "Scheduled Event"}, BadEvent, "detail-type: "),
    (ASKED | {"detail": None}, BadEvent, "detail: "),
    (ASKED | {"detail": {}}, BadEvent, "detail.plan: missing: required"),
    (_detail(by="Hazel"), BadEvent, "detail.by: "),
    (_detail(cutover_id=""), BadEvent, "detail.cutover_id: '': must not be empty"),
    (_detail(cutover_id="two words"), BadEvent, "cutover_id: "),
    (_detail(cutover_id="o" * 71), BadEvent, "cutover_id: "),
    (ASKED | {"id": "otters.2"}, BadEvent, "cutover_id: "),
    (_detail(plan=[]), BadEvent, "detail.plan: "),
    (_detail(plan=plan_document(gates=[])), PlanError, "gates: "),
    (_detail(plan=plan_document(wings=2)), PlanError, "wings: unknown field"),
]


@pytest.mark.parametrize(
    ("event", "kind", "told"), STRANGE, ids=lambda value: repr(value)[:30]
)
def test_what_nobody_understands_starts_nothing(
    event: Any, kind: type[Exception], told: str
) -> None:
    """Without settings in the environment: nothing could be started from here."""
    with pytest.raises(kind, match=f"^{told}"):
        start.handler(event, None)


def test_the_state_machine_gets_what_prepare_understands(
    river: DynamoStore, clients: Clients
) -> None:
    start.handler(ASKED, None)

    [payload] = executions(clients).values()
    assert {"plan", "started_by"} == payload.keys()
    assert json.loads(json.dumps(payload["plan"]))["environment"] == "riverbank"
    assert ENVIRONMENT["STATE_MACHINE_ARN"].endswith(":cutover")
