"""The handlers as Lambda calls them: parse, wire, one engine call, dump.

Whole runs through the state machine are in tests/sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import (
    BadEvent,
    NotFound,
    NotReady,
    PlanError,
    Refused,
    SettingsError,
)
from shifter.core.phases import Phase
from shifter.core.record import Proof
from shifter.engine import control
from shifter.handlers import (
    assess,
    finish,
    hand_over,
    preflight,
    prepare,
    roll_back,
    shift,
)
from tests.core.examples import plan_document
from tests.engine.bench import OTTERS, Bench
from tests.handlers.conftest import ENVIRONMENT, keep
from tests.handlers.test_events import DIRECTIVE, GLASS, ORDER, START

Handler = Callable[[Any, object], dict[str, Any]]

FOLLOWING: dict[str, Handler] = {
    "assess": assess.handler,
    "shift": shift.handler,
    "roll_back": roll_back.handler,
    "finish": finish.handler,
    "hand_over": hand_over.handler,
}
"""Handlers of directives."""
EVERY: dict[str, Handler] = FOLLOWING | {"prepare": prepare.handler}
EVENTS = dict.fromkeys(FOLLOWING, DIRECTIVE) | {"prepare": START}

# --- events that nobody understands ---------------------------------------------------

TORN: list[tuple[Any, str]] = [
    (None, "event"),
    ([], "event"),
    ("otters-1", "event"),
    (7, "event"),
    ({"action": "hold", "owner": 1}, "cutover_id"),
    ({"version": "0", "source": "aws.events", "owner": 1}, "cutover_id"),
    (DIRECTIVE | {"cutover_id": "o" * 200_000}, "cutover_id"),
    (DIRECTIVE | {"owner": 0}, "owner"),
    (DIRECTIVE | {"action": "swim"}, "action"),
    ({name: DIRECTIVE[name] for name in ("cutover_id", "owner")}, "version"),
]


@pytest.mark.parametrize(("event", "field"), TORN, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize("name", FOLLOWING)
def test_a_directive_that_nobody_understands_is_refused(
    name: str, event: Any, field: str
) -> None:
    """Before anything is built: without settings there is nothing to write with."""
    with pytest.raises(BadEvent, match=f"^{field}: .*$"):
        FOLLOWING[name](event, None)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (None, "event"),
        (DIRECTIVE, "input"),
        (START | {"input": None}, "input"),
        (START | {"cutover_id": "two words"}, "cutover_id"),
        (START | {"cutover_id": "o" * 71}, "cutover_id"),
        (
            START | {"input": {"plan": plan_document(), "started_by": ""}},
            "started_by",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_start_that_nobody_understands_is_refused(event: Any, field: str) -> None:
    with pytest.raises(BadEvent, match=f"^{field}: .*$"):
        prepare.handler(event, None)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({"preflight": None}, "preflight"),
        ({"preflight": {}}, "preflight.plan"),
        ({"preflight": {"plan": "a leap"}}, "preflight.plan"),
        ({"preflight": {"plan": {}, "cutover_id": "o-1"}}, "preflight.cutover_id"),
        ({"preflight": {"plan": {}, "test_page": "48 21"}}, "preflight.test_page"),
        ({"preflight": {"plan": {}, "test_page": "4" * 33}}, "preflight.test_page"),
        ({"preflight": {"plan": {}, "by": ""}}, "preflight.by"),
        (START | {"preflight": {"plan": {}}}, "cutover_id"),
        (START, "preflight"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_a_preflight_that_nobody_understands_is_refused(event: Any, field: str) -> None:
    """Also one that could be a start: nobody is to start by mistake."""
    with pytest.raises(BadEvent, match=f"^{field}: .*$"):
        preflight.handler(event, None)


def test_a_preflight_of_a_plan_that_is_wrong_is_refused_by_its_fields() -> None:
    with pytest.raises(PlanError, match="gates: missing: required"):
        preflight.handler({"preflight": {"plan": {}}}, None)


def test_a_plan_that_is_wrong_is_refused_by_its_fields() -> None:
    torn = {"plan": plan_document(steps=[{"share": "5 %"}], gates=[])}

    with pytest.raises(PlanError, match=r"gates: .*write at least one"):
        prepare.handler(START | {"input": torn}, None)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ({}, "by"),
        ({"version": "0", "source": "aws.events", "detail": {}}, "by"),
        ({"cutover_id": "otters-1", "by": "Fern"}, "reason"),
        (ORDER | {"by": None}, "by"),
        (ORDER | {"reason": "a" * 5000}, "reason"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_order_that_nobody_understands_is_refused(event: Any, field: str) -> None:
    with pytest.raises(BadEvent, match=f"^{field}: "):
        roll_back.handler(event, None)


@pytest.mark.parametrize("name", EVERY)
def test_a_function_without_settings_names_them_all(name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        EVERY[name](EVENTS[name], None)

    assert set(ENVIRONMENT) == {
        word.partition(" ")[0] for word in str(refused.value).split("; ")
    }


# --- over an account ------------------------------------------------------------------


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_cutover_that_does_not_exist_is_told(
    name: str, table: DynamoStore, clients: Callable[[str], Any]
) -> None:
    """And nothing was written: neither a record nor a lock."""
    with pytest.raises(NotFound, match="there is no cutover otters-1"):
        FOLLOWING[name](DIRECTIVE, None)

    assert 0 == clients("dynamodb").scan(TableName="burrow")["Count"]


def test_an_order_for_a_cutover_that_does_not_exist_is_told(
    table: DynamoStore,
) -> None:
    """What the state machine asks when prepare failed before it began anything."""
    with pytest.raises(NotFound, match="there is no cutover otters-1"):
        roll_back.handler(ORDER | {"error": {"Error": "E", "Cause": "{}"}}, None)


def test_a_start_for_another_environment_writes_nothing(
    table: DynamoStore, clients: Callable[[str], Any]
) -> None:
    elsewhere = {"plan": plan_document(environment="seaside")}

    with pytest.raises(NotReady, match="environment: seaside: this Shifter moves"):
        prepare.handler(START | {"input": elsewhere}, None)

    assert 0 == clients("dynamodb").scan(TableName="burrow")["Count"]


@pytest.mark.parametrize("code", [None, "4821"])
def test_a_preflight_answers_what_is_wrong_and_writes_nothing(
    table: DynamoStore, clients: Callable[[str], Any], code: str | None
) -> None:
    """In an account that has neither edges nor alarms."""
    clients("sns").create_topic(Name="notices")
    clients("events").create_event_bus(Name="notices")
    page = {} if code is None else {"test_page": code}

    answer = preflight.handler(
        {"preflight": {"plan": plan_document(), "by": "Fern", **page}}, None
    )

    assert (False, code is not None, "riverbank", None) == (
        answer["ready"],
        answer["paged"],
        answer["environment"],
        answer["holder"],
    )
    wrong = {problem["field"] for problem in answer["problems"]}
    assert {"edge-1", "edge-2", "gate line", "gate watchdog", "gate croaking"} <= wrong
    assert [
        {"gate": "croaking", "alarm": "frogs-complain", "on_alarm": "roll_back"}
    ] == answer["alarms"]
    assert 0 == clients("dynamodb").scan(TableName="burrow")["Count"]


def _ended() -> Bench:
    """A bench whose cutover was rolled back at once, and proven safe."""
    bench = Bench()
    bench.start()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.finish_all(bench.now())
    return bench


@pytest.mark.parametrize("name", ["assess", "finish", "hand_over", "roll_back"])
def test_a_replayed_event_of_a_cutover_that_has_ended_does_nothing(
    name: str, table: DynamoStore
) -> None:
    """The answer is a directive as the state machine understands it."""
    record = keep(table, _ended())

    answer = FOLLOWING[name](DIRECTIVE | {"version": record.decided}, None)

    assert (
        DIRECTIVE
        | {
            "version": record.decided,
            "action": "end_rolled_back",
            "until": answer["until"],
        }
    ) == answer
    assert record == table.load(OTTERS)


def test_a_replayed_shift_of_a_cutover_that_has_ended_does_nothing(
    table: DynamoStore,
) -> None:
    record = keep(table, _ended())

    answer = shift.handler(DIRECTIVE | {"version": record.decided}, None)

    assert ("assess", record) == (answer["action"], table.load(OTTERS))


def test_an_order_for_a_cutover_that_has_ended_does_nothing(
    table: DynamoStore,
) -> None:
    record = keep(table, _ended())

    answer = roll_back.handler(ORDER, None)

    assert ("end_rolled_back", record) == (answer["action"], table.load(OTTERS))
    assert (Phase.ROLLED_BACK, True) == (
        record.phase,
        isinstance(record.proof, Proof),
    )


def test_an_order_whose_id_is_empty_is_refused(table: DynamoStore) -> None:
    """Whoever leaves it out means the active cutover; an empty one is a mistake."""
    bench = Bench()
    bench.start()
    record = keep(table, bench)

    with pytest.raises(BadEvent, match=r"^cutover_id: '': names no cutover: write"):
        roll_back.handler(ORDER | {"cutover_id": ""}, None)

    assert record == table.load(OTTERS)


def test_an_order_without_an_id_means_the_active_cutover(table: DynamoStore) -> None:
    """And when none holds the environment, it says so."""
    order = {"by": "Fern", "reason": "a heron"}
    bench = Bench()
    with pytest.raises(NotFound, match="no cutover of riverbank is active"):
        roll_back.handler(order, None)
    bench.start()
    keep(table, bench)

    roll_back.handler(order, None)

    record = table.load(OTTERS)
    assert record is not None
    assert (Phase.ROLLING_BACK, "a heron") == (record.phase, record.way_back.reason)


def test_the_glass_is_broken_without_a_table(
    table: DynamoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edges are not there either: what could not be done is told, not hidden."""
    monkeypatch.setenv("TABLE_NAME", "gone")

    report = roll_back.handler(GLASS, None)

    assert ("riverbank", False) == (report["environment"], report["verified"])
    assert {"edge-1", "edge-2"} == set(report["edges"])
    assert all("cannot be read" in told for told in report["edges"].values())


def test_the_glass_is_not_broken_while_the_record_can_be_used(
    table: DynamoStore,
) -> None:
    bench = Bench()
    bench.start()
    record = keep(table, bench)

    with pytest.raises(Refused, match="roll it back with its record"):
        roll_back.handler(GLASS, None)

    [*_, tried] = table.journal(OTTERS)
    assert ("break_glass", "refused") == (tried.action, tried.rule)
    noted = {
        "version": record.version + 1,
        "journal_length": tried.number,
        "journal_head": tried.hash,
    }
    assert record.model_copy(update=noted) == table.load(OTTERS)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"without_record": False}, "without_record: "),
        ({"without_record": "yes"}, "without_record: "),
        ({"environment": ""}, "environment: "),
        ({"by": None}, "by: "),
        ({"reason": "r" * 1025}, "reason: "),
        ({"cutover_id": OTTERS}, "cutover_id: "),
    ],
)
def test_an_order_to_break_the_glass_that_nobody_understands_is_refused(
    changes: dict[str, Any], told: str
) -> None:
    """Without settings in the environment: nothing could be written from here."""
    with pytest.raises(BadEvent, match=f"^{told}"):
        roll_back.handler(GLASS | changes, None)


@pytest.mark.parametrize("name", FOLLOWING)
def test_the_directive_of_another_execution_does_nothing(
    name: str, table: DynamoStore
) -> None:
    bench = Bench()
    bench.start()
    record = keep(table, bench)
    foreign = DIRECTIVE | {"owner": 2}

    answer = FOLLOWING[name](foreign, None)

    assert (foreign | {"action": "end_superseded"}, record) == (
        answer,
        table.load(OTTERS),
    )


def test_a_start_whose_id_was_used_is_refused(table: DynamoStore) -> None:
    record = keep(table, _ended())

    with pytest.raises(Exception, match="was used before") as refused:
        prepare.handler(
            START | {"input": {"plan": plan_document(), "started_by": "Hazel"}}, None
        )

    assert ("Refused", record) == (type(refused.value).__name__, table.load(OTTERS))


def test_the_lock_that_a_start_takes_is_the_records(table: DynamoStore) -> None:
    """What the engine saves is what the table keeps."""
    bench = Bench()
    bench.start()
    keep(table, bench)

    held = table.environment("riverbank").holder

    assert held is not None
    assert (f"cutover:{OTTERS}", timedelta()) == (
        held.holder,
        held.since - bench.record.started_at,
    )
