from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shifter.core.directive import Directive, Next
from shifter.core.errors import BadEvent
from shifter.handlers.events import directive_in, failure_in, is_directive, parse
from shifter.handlers.preflight import PreflightEvent, PreflightOrder
from shifter.handlers.prepare import StartEvent, StartInput
from shifter.handlers.roll_back import BreakGlass, RollBackOrder
from tests.core.examples import plan_document

DIRECTIVE: dict[str, Any] = {
    "cutover_id": "otters-1",
    "owner": 1,
    "version": 7,
    "action": "hold",
    "until": "2026-03-02T09:00:20Z",
}
ORDER = {"cutover_id": "otters-1", "by": "Fern", "reason": "a heron"}
GLASS: dict[str, Any] = {
    "environment": "riverbank",
    "without_record": True,
    "by": "Fern",
    "reason": "the key is gone",
}
START = {"cutover_id": "otters-1", "input": {"plan": plan_document()}}
NO_MAPPING = "write a mapping of fields"
MISSING = "missing: required"


def _without(event: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != field}


# --- what is understood ---------------------------------------------------------------


def test_a_directive_comes_back_as_it_went_out() -> None:
    directive = directive_in(DIRECTIVE)

    assert (
        Directive(
            cutover_id="otters-1",
            owner=1,
            version=7,
            action=Next.HOLD,
            until=datetime(2026, 3, 2, 9, 0, 20, tzinfo=UTC),
        )
        == directive
    )
    assert directive.model_dump(mode="json") == DIRECTIVE


def test_what_a_catch_put_beside_a_directive_does_not_disturb_it() -> None:
    caught = DIRECTIVE | {"error": {"Error": "NotVerified", "Cause": "{}"}}

    assert directive_in(DIRECTIVE) == directive_in(caught)


def test_a_start_may_leave_out_who_started_it() -> None:
    assert StartEvent(
        cutover_id="otters-1",
        input=StartInput(plan=plan_document(), started_by="unknown"),
    ) == parse(StartEvent, START)


def test_a_preflight_may_leave_out_everything_but_the_plan() -> None:
    assert PreflightEvent(
        preflight=PreflightOrder(plan=plan_document(), test_page=None, by="unknown")
    ) == parse(PreflightEvent, {"preflight": {"plan": plan_document()}})


def test_an_order_may_leave_out_which_cutover_it_means() -> None:
    assert parse(RollBackOrder, _without(ORDER, "cutover_id")).cutover_id is None


def test_an_order_may_carry_what_the_state_machine_caught() -> None:
    caught = ORDER | {"error": {"Error": "Denied", "Cause": "{}"}}

    assert RollBackOrder(**ORDER) == parse(RollBackOrder, caught)


@pytest.mark.parametrize("character", ["\x1b", "\n", "\x9b", "\u202e", "\ud800"])
def test_going_back_fails_on_no_character(character: str) -> None:
    """What would move a cursor gives way to one that can be seen, one for one."""
    reason, by = character * 1024, f"Fern{character}"

    order = parse(RollBackOrder, ORDER | {"by": by, "reason": reason})
    glass = parse(BreakGlass, GLASS | {"by": by, "reason": reason})

    assert (order.by, order.reason) == (glass.by, glass.reason)
    assert (order.by + order.reason).isprintable()
    assert (5, 1024) == (len(order.by), len(order.reason))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (DIRECTIVE, True),
        (ORDER, False),
        ({}, False),
        (None, False),
        ("owner", False),
        (["owner"], False),
        (7, False),
    ],
    ids=repr,
)
def test_only_a_directive_has_an_owner(event: object, expected: bool) -> None:
    assert expected is is_directive(event)


# --- what is not ----------------------------------------------------------------------


@pytest.mark.parametrize("event", [None, [], "otters-1", 7, [DIRECTIVE]], ids=repr)
@pytest.mark.parametrize("model", [Directive, StartEvent, RollBackOrder])
def test_what_is_no_object_is_refused(model: Any, event: object) -> None:
    with pytest.raises(BadEvent) as refused:
        parse(model, event)

    told = str(refused.value)
    assert told.startswith("event: ")
    assert told.endswith(NO_MAPPING)
    assert "otters" not in told


@pytest.mark.parametrize(
    ("model", "event", "field"),
    [
        *((Directive, DIRECTIVE, field) for field in DIRECTIVE),
        *((StartEvent, START, field) for field in START),
        *((RollBackOrder, ORDER, field) for field in ("by", "reason")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_is_missing_is_named(
    model: Any, event: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadEvent) as refused:
        parse(model, _without(event, field))

    assert f"{field}: {MISSING}" == str(refused.value)


@pytest.mark.parametrize(
    ("model", "event", "field"),
    [
        (Directive, DIRECTIVE | {"cutover_id": ""}, "cutover_id"),
        (Directive, DIRECTIVE | {"cutover_id": "o" * 81}, "cutover_id"),
        (Directive, DIRECTIVE | {"cutover_id": 7}, "cutover_id"),
        (Directive, DIRECTIVE | {"owner": 0}, "owner"),
        (Directive, DIRECTIVE | {"owner": "first"}, "owner"),
        (Directive, DIRECTIVE | {"owner": None}, "owner"),
        (Directive, DIRECTIVE | {"version": 0}, "version"),
        (Directive, DIRECTIVE | {"version": 1.5}, "version"),
        (Directive, DIRECTIVE | {"action": "swim"}, "action"),
        (Directive, DIRECTIVE | {"action": None}, "action"),
        (Directive, DIRECTIVE | {"until": "tomorrow"}, "until"),
        (Directive, DIRECTIVE | {"until": []}, "until"),
        (StartEvent, START | {"input": []}, "input"),
        (StartEvent, START | {"input": {"plan": "otters.yaml"}}, "input.plan"),
        (StartEvent, START | {"input": {}}, "input.plan"),
        (
            StartEvent,
            START | {"input": {"plan": {}, "started_by": "H" * 257}},
            "input.started_by",
        ),
        (StartEvent, START | {"input": {"plan": {}, "paln": {}}}, "input.paln"),
        (StartEvent, START | {"detail-type": "Scheduled Event"}, "detail-type"),
        (RollBackOrder, ORDER | {"by": ""}, "by"),
        (RollBackOrder, ORDER | {"by": "F" * 257}, "by"),
        (RollBackOrder, ORDER | {"reason": "a" * 1025}, "reason"),
        (RollBackOrder, ORDER | {"reason": None}, "reason"),
        (RollBackOrder, ORDER | {"cutover_id": "o" * 1_000_000}, "cutover_id"),
        (
            Directive,
            {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events"},
            "cutover_id",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_is_wrong_is_named_in_one_short_sentence(
    model: Any, event: dict[str, Any], field: str
) -> None:
    """However large the event is, nothing of it goes into logs and error causes."""
    with pytest.raises(BadEvent) as refused:
        parse(model, event)

    told = str(refused.value)
    assert told.startswith(f"{field}: ")
    assert len(told) < 250
    assert "\n" not in told


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*DIRECTIVE, *ORDER, "input", "error", "Error", "Cause"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_json_comes_is_understood_or_refused(event: Any) -> None:
    """Nothing but BadEvent leaves the parser, so nothing else is retried in vain."""
    failure_in(event)
    is_directive(event)
    for model in (Directive, StartEvent, RollBackOrder):
        try:
            parse(model, event)
        except BadEvent:
            continue
        assert isinstance(event, dict)


@pytest.mark.parametrize("model", [Directive, StartEvent, RollBackOrder])
def test_what_is_nested_too_deeply_is_refused(model: Any) -> None:
    """Python cannot even show such a value."""
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"action": deep}

    for event in (deep, DIRECTIVE | {"action": deep}, ORDER | {"by": deep}):
        with pytest.raises(BadEvent):
            parse(model, event)


# --- what went wrong before -----------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            {
                "Error": "NotVerified",
                "Cause": json.dumps(
                    {
                        "errorMessage": "edge-1 shows blue 100 %",
                        "errorType": "NotVerified",
                        "requestId": "r-1",
                        "stackTrace": ["..."],
                    }
                ),
            },
            "NotVerified: edge-1 shows blue 100 %",
        ),
        (
            {"Error": "States.Timeout", "Cause": "the task timed out"},
            "States.Timeout: the task timed out",
        ),
        ({"Error": "States.Timeout"}, "States.Timeout: "),
        ({"Cause": "no name"}, "Error: no name"),
        ({}, "Error: "),
        ({"Error": "E", "Cause": "{}"}, "E: {}"),
        ({"Error": "E", "Cause": "[1]"}, "E: [1]"),
        ({"Error": "E", "Cause": "7"}, "E: 7"),
        (
            {"Error": "E", "Cause": '{"errorMessage": "trunc'},
            'E: {"errorMessage": "trunc',
        ),
        ({"Error": "E", "Cause": '{"errorMessage": 7}'}, "E: 7"),
        ({"Error": "E", "Cause": None}, "E: None"),
    ],
    ids=repr,
)
def test_a_cause_is_told_in_words(error: dict[str, Any], expected: str) -> None:
    """Lambda's causes are JSON, those of Step Functions are not."""
    assert expected == failure_in(DIRECTIVE | {"error": error})


def test_a_long_cause_is_cut() -> None:
    """It goes into the journal, and a stack trace would fill it."""
    cause = json.dumps({"errorMessage": "x" * 30_000})

    assert "E: " + "x" * 500 == failure_in({"error": {"Error": "E", "Cause": cause}})
    assert "E: " + "x" * 500 == failure_in(
        {"error": {"Error": "E", "Cause": "x" * 30_000}}
    )


@pytest.mark.parametrize(
    "event",
    [
        DIRECTIVE,
        ORDER,
        {"error": None},
        {"error": "E"},
        {"error": []},
        None,
        [],
        "error",
    ],
    ids=repr,
)
def test_where_nothing_was_caught_nothing_is_told(event: object) -> None:
    assert failure_in(event) is None
