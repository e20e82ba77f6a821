"""Orders over the Function URL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import SettingsError
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.handlers import control
from shifter.handlers.control import BODY_LIMIT
from tests.core.examples import plan, plan_document
from tests.engine.bench import BURROWS, CROAKING, OTTERS, Bench
from tests.handlers.conftest import executions, keep, state_machine

HAZEL = "arn:aws:iam::123456789012:user/hazel"
FERN = "arn:aws:sts::123456789012:assumed-role/operators/fern"
ELDER = {"kind": "approval", "name": "elder", "before": "5 %"}
BEGIN = {
    "order": "start",
    "cutover_id": "voles-1",
    "reason": "the river is calm",
    "plan": plan_document(environment="riverbank"),
}
ASKING = plan(gates=[CROAKING, BURROWS, ELDER])


def _event(body: Any, caller: str = FERN, **changes: Any) -> dict[str, Any]:
    """A request as Lambda hands it on, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "123456789012",
            "authorizer": {"iam": {"userArn": caller, "userId": "AIDA"}},
            "http": {"method": "POST", "path": "/"},
        },
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    } | changes


def _send(event: Any) -> tuple[int, dict[str, Any]]:
    answer = control.handler(event, None)
    assert "application/json" == answer["headers"]["content-type"]
    told: dict[str, Any] = json.loads(answer["body"])
    return answer["statusCode"], told


@pytest.fixture
def running(table: DynamoStore) -> DynamoStore:
    """A cutover that Hazel has just begun, and that asks for an approval."""
    bench = Bench()
    bench.follow(bench.start(ASKING, by=HAZEL))
    keep(table, bench)
    return table


def _record(table: DynamoStore) -> Record:
    record = table.load(OTTERS)
    assert record is not None
    return record


# --- who ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        "abort",
        {},
        {"order": "abort", "reason": "a heron", "by": HAZEL},
        _event({"order": "abort", "reason": "a heron"}, requestContext=None),
        _event({"order": "abort", "reason": "a heron"}, requestContext={}),
        _event({"order": "status"}, requestContext={"authorizer": {"iam": None}}),
        _event({"order": "status"}, caller=""),
        _event({"order": "status"}, requestContext={"authorizer": "hazel"}),
        _event({"order": "status"}, headers={"x-amz-user-arn": HAZEL}, caller=""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_without_an_identity_nothing_is_done(event: Any) -> None:
    """Before anything is built: without settings there is nothing to write with."""
    status, told = _send(event)

    assert (403, "Forbidden") == (status, told["error"])


def test_the_actor_is_the_caller_and_a_name_is_a_comment(running: DynamoStore) -> None:
    order = {"order": "pause", "reason": "lunch", "name": "Hazel"}

    assert 200 == _send(_event(order))[0]

    entries = running.journal(OTTERS)
    assert (FERN, "pause", "lunch (calls themselves Hazel)") in {
        (entry.actor, entry.action, entry.reason) for entry in entries
    }


def test_a_reason_moves_no_cursor_where_it_is_read(running: DynamoStore) -> None:
    """It is cleaned and not refused: an abort must not fail on a character."""
    torn = "a heron\n\x1b[31mred\ud800"

    assert 200 == _send(_event({"order": "abort", "reason": torn}))[0]

    reasons = {entry.reason for entry in running.journal(OTTERS)}
    assert "a heron ␛[31mred�" in reasons


# --- what nobody understands ----------------------------------------------------------

NO_ID = "cutover_id: '': names no cutover: write its id, or leave it out for the"
TORN: list[tuple[Any, str]] = [
    ("", "body: it is not JSON"),
    ('{"order": "abo', "body: it is not JSON"),
    ("[" * 10_000, "body: it is not JSON"),
    ("7", "event: "),
    ("null", "event: "),
    ([], "event: "),
    ({}, "order: missing: required"),
    (
        {"order": "swim", "reason": "a heron"},
        "order: 'swim': write one of 'status', 'start', 'abort'",
    ),
    ({"order": "abort"}, "abort.reason: missing: required"),
    ({"order": "pause", "reason": " "}, "pause.reason: "),
    ({"order": "abort", "reason": "a" * 1025}, "abort.reason: "),
    ({"order": "abort", "reason": None}, "abort.reason: "),
    ({"order": "approve", "reason": "calm"}, "approve.gate: missing: required"),
    ({"order": "abort", "reason": "a heron", "gate": "elder"}, "abort.gate: "),
    ({"order": "abort", "reason": "a heron", "by": HAZEL}, "abort.by: "),
    ({"order": "status", "cutover_id": "o" * 81}, "status.cutover_id: "),
    ({"order": "status", "reason": "curious"}, "status.reason: unknown field"),
    ({"order": "pause", "reason": "lunch", "cutover_id": ""}, f"pause.{NO_ID}"),
    ({"order": "status", "cutover_id": " "}, "status.cutover_id: ' ': names no"),
    ({"order": "start", "reason": "dry", "plan": {}}, "start.cutover_id: "),
    ({"order": "start", "reason": "dry", "cutover_id": "x"}, "start.plan: "),
    ("a" * (BODY_LIMIT + 1), "body: write an order in at most"),
]


@pytest.mark.parametrize(("body", "told"), TORN, ids=lambda value: repr(value)[:30])
def test_a_body_that_nobody_understands_is_refused(
    body: Any, told: str, logged: StringIO
) -> None:
    """The answer says so to the caller, and one line of the log to everybody else."""
    status, answer = _send(_event(body))

    assert (400, "BadEvent") == (status, answer["error"])
    assert _matches(told, answer["message"])
    [line] = map(json.loads, logged.getvalue().splitlines())
    assert "WARNING" == line["level"]
    assert f"{FERN}: BadEvent: {answer['message']}" == line["message"]


def _matches(pattern: str, text: str) -> bool:
    start, _, end = pattern.partition(".*")
    return text.startswith(start) and end in text


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "1.0"},
        {"version": None},
        {"body": None},
        {"body": {"order": "status"}},
        {"isBase64Encoded": True},
        {"isBase64Encoded": True, "body": "/////w=="},
    ],
    ids=repr,
)
def test_a_request_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    assert 400 == _send(_event({"order": "status"}) | changes)[0]


# --- orders ---------------------------------------------------------------------------


def test_status_tells_and_writes_nothing(running: DynamoStore) -> None:
    before = _record(running)

    status, told = _send(_event({"order": "status"}))

    assert (200, OTTERS, "riverbank", Phase.PREPARED, HAZEL) == (
        status,
        told["cutover_id"],
        told["environment"],
        told["phase"],
        told["started_by"],
    )
    assert before == _record(running)


def test_a_body_may_be_encoded(running: DynamoStore) -> None:
    body = base64.b64encode(b'{"order": "status"}').decode()

    assert 200 == _send(_event(body, isBase64Encoded=True))[0]


@pytest.mark.parametrize("cutover_id", [None, OTTERS])
def test_an_abort_is_taken(running: DynamoStore, cutover_id: str | None) -> None:
    """For the active cutover, unless another is named."""
    order = {"order": "abort", "reason": "a heron", "cutover_id": cutover_id}

    status, told = _send(_event(order))

    abort = _record(running).abort
    assert abort is not None
    assert (200, FERN, FERN, "a heron") == (
        status,
        told["aborted_by"],
        abort.by,
        abort.reason,
    )


def test_a_pause_is_taken_and_ended(running: DynamoStore) -> None:
    status, told = _send(_event({"order": "pause", "reason": "lunch"}))
    assert (200, FERN) == (status, told["paused_by"])

    status, told = _send(_event({"order": "resume", "reason": "lunch is over"}))
    assert (200, None) == (status, told["paused_by"])


@pytest.mark.parametrize(("order", "approved"), [("approve", True), ("decline", False)])
def test_an_answer_is_taken(running: DynamoStore, order: str, approved: bool) -> None:
    body = {"order": order, "reason": "calm", "gate": "elder"}

    assert 200 == _send(_event(body))[0]

    [answer] = _record(running).answers
    assert ("elder", approved, FERN) == (answer.gate, answer.approved, answer.by)


@pytest.mark.parametrize(
    ("body", "caller", "told"),
    [
        (
            {"order": "approve", "reason": "calm", "gate": "elder"},
            HAZEL,
            "somebody else must approve it",
        ),
        (
            {"order": "approve", "reason": "calm", "gate": "elder", "name": "Fern"},
            HAZEL,
            "somebody else must approve it",
        ),
        (
            {"order": "approve", "reason": "calm", "gate": "burrows"},
            FERN,
            "not an approval gate",
        ),
        ({"order": "resume", "reason": "go"}, FERN, "nothing to resume"),
    ],
)
def test_an_order_that_is_not_allowed_is_refused(
    running: DynamoStore, body: dict[str, Any], caller: str, told: str
) -> None:
    before = _record(running)

    status, answer = _send(_event(body, caller))

    assert (409, "Refused") == (status, answer["error"])
    assert told in answer["message"]
    assert before == _record(running)


def test_a_start_names_the_caller_as_the_starter(
    table: DynamoStore, clients: Callable[[str], Any]
) -> None:
    """So that somebody else has to approve it."""
    state_machine(clients)

    status, told = _send(_event(BEGIN, HAZEL))

    assert (
        200,
        {"cutover_id": "voles-1", "execution": "voles-1", "started": True},
    ) == (
        status,
        told,
    )
    assert HAZEL == executions(clients)["voles-1"]["started_by"]


def test_a_start_while_another_cutover_holds_is_told_who(
    running: DynamoStore, clients: Callable[[str], Any]
) -> None:
    state_machine(clients)

    status, told = _send(_event(BEGIN))

    assert (409, "LockHeld") == (status, told["error"])
    assert f"riverbank is held by cutover:{OTTERS} since" in told["message"]
    assert {} == executions(clients)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        (
            {"plan": plan_document(wings=2)},
            "PlanError",
            "wings: unknown field",
        ),
        (
            {"cutover_id": "two words"},
            "BadEvent",
            "cutover_id: 'two words': write 1 to 70",
        ),
    ],
)
def test_a_start_that_is_wrong_starts_nothing(
    table: DynamoStore,
    clients: Callable[[str], Any],
    changes: dict[str, Any],
    error: str,
    told: str,
) -> None:
    state_machine(clients)

    status, answer = _send(_event(BEGIN | changes))

    assert (400, error) == (status, answer["error"])
    assert told in answer["message"]
    assert {} == executions(clients)


def test_what_aws_refuses_is_not_the_caller_s_fault(table: DynamoStore) -> None:
    """There is no state machine here."""
    status, told = _send(_event(BEGIN))

    assert (503, "Rejected") == (status, told["error"])
    assert "StartExecution on voles-1" in told["message"]


def test_a_wrong_deployment_fails_the_invocation(
    table: DynamoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alarm watches for invocations that fail, and nobody for answers."""
    monkeypatch.delenv("TABLE_NAME")

    with pytest.raises(SettingsError, match="TABLE_NAME is not set"):
        _send(_event({"order": "status"}))


def test_what_is_not_stuck_cannot_be_resolved(running: DynamoStore) -> None:
    status, told = _send(_event({"order": "resolve", "reason": "mended"}))

    assert (409, "Refused") == (status, told["error"])
    assert "only a stuck rollback is resolved" in told["message"]


def test_a_replayed_abort_is_refused(running: DynamoStore) -> None:
    event = _event({"order": "abort", "reason": "a heron"})
    _send(event)
    before = _record(running)

    assert 409 == _send(event)[0]
    assert before == _record(running)


@pytest.mark.parametrize(
    ("cutover_id", "told"),
    [
        (None, "no cutover of riverbank is active"),
        ("herons-1", "there is no cutover herons-1"),
    ],
)
def test_what_does_not_exist_is_not_found(
    table: DynamoStore, cutover_id: str | None, told: str
) -> None:
    status, answer = _send(_event({"order": "status", "cutover_id": cutover_id}))

    assert (404, "NotFound") == (status, answer["error"])
    assert told in answer["message"]
