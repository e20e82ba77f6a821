"""Who writes a plan is told what to write, in words that need no library's manual."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shifter.core.plan import Plan
from shifter.core.remedies import PATTERNS, problem_of, remedy_for
from shifter.core.topology import Topology
from shifter.engine.prepare import Start
from tests.core.examples import plan_document

QUANTITIES = ("%", "[smhd]")
"""Parts of the patterns of shares and durations, which say themselves what is right."""

# A field of a plan, what is written there, and what is told instead of it.
TOLD: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("name",), "", "must not be empty"),
    (("name",), "o" * 121, "at most 120 characters"),
    (("name",), 7, "write a text"),
    (("steps",), "50 %", "write a list"),
    (("steps",), [], "write at least one"),
    (("steps",), [{"share": "50 %", "bake": "5m"}] * 101, "at most 100"),
    (("steps", 0), "50 %", "write a mapping of fields"),
    (("schema_version",), 2, "write 1"),
    (("database",), "both", "write 'none' or 'fenced'"),
    (
        ("environment",),
        "river bank",
        'write letters, digits, ".", "-" and "_", beginning with a letter or digit',
    ),
    (
        ("gates", 0, "name"),
        "Croaking!",
        (
            'write lower-case letters, digits, "-" and "_", beginning with a letter or '
            "digit"
        ),
    ),
    (("gates", 0, "on_alarm"), "explode", "write 'hold' or 'roll_back'"),
]


def _written(*path: str | int, value: Any) -> dict[str, Any]:
    document = plan_document()
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(("path", "value", "told"), TOLD)
def test_a_value_that_is_wrong_is_told_what_would_be_right(
    path: tuple[str | int, ...], value: Any, told: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Plan.model_validate(_written(*path, value=value))

    assert told in {remedy_for(dict(entry)) for entry in refused.value.errors()}


@pytest.mark.parametrize(
    ("annotation", "value", "told"),
    [
        (bool, 7, "write true or false"),
        (int, "few", "write a whole number"),
        (int, 0.5, "write a whole number"),
        (float, "few", "write a number"),
        (dict[str, str], 7, "write a mapping of fields"),
    ],
)
def test_a_value_of_another_kind_is_told_of_which_kind_it_should_be(
    annotation: Any, value: Any, told: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(annotation).validate_python(value)

    assert [told] == [remedy_for(dict(entry)) for entry in refused.value.errors()]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 81, f"'{'x' * 80}'…"),
        (10**99, "a number of many digits"),
        ({"password": "hunter2"}, "a mapping"),
        (["hunter2"], "a list"),
        ([], "[]"),
        ({}, "{}"),
        (None, "None"),
        (0.5, "0.5"),
        (timedelta(), "a timedelta"),
    ],
)
def test_a_value_is_told_as_far_as_it_is_short_and_holds_no_others(
    value: Any, told: str
) -> None:
    entry = {"loc": ("name",), "type": "string_type", "input": value}

    assert f"name: {told}: write a text" == str(problem_of(entry, of="plan"))


def test_of_what_has_no_field_only_the_kind_is_told() -> None:
    entry = {"loc": (), "type": "model_type", "input": "hunter2"}

    assert "event: a text: write a mapping of fields" == str(
        problem_of(entry, of="event")
    )


def test_the_value_of_a_field_that_nobody_knows_is_not_told() -> None:
    """It may be a password that went astray; and its name may be long."""
    entry = {"loc": ("p" * 99,), "type": "extra_forbidden", "input": "hunter2"}

    assert f"{'p' * 80}: unknown field: remove it or correct its spelling" == str(
        problem_of(entry, of="plan")
    )


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"ge": 1}, "at least 1"),
        ({"gt": 0}, "more than 0"),
        ({"le": 9}, "at most 9"),
        ({"lt": 9}, "less than 9"),
    ],
)
def test_a_limit_is_told_by_its_number(limit: dict[str, int], told: str) -> None:
    [(name, value)] = limit.items()
    kind = {"ge": "greater_than_equal", "gt": "greater_than"} | {
        "le": "less_than_equal",
        "lt": "less_than",
    }

    assert told == remedy_for({"type": kind[name], "ctx": {name: value}, "msg": "?"})


def test_what_nobody_put_into_words_is_told_as_it_is() -> None:
    """Our own rules among it, without the mark that pydantic gives to them."""
    assert "no frogs" == remedy_for(
        {"type": "value_error", "msg": "Value error, no frogs"}
    )
    assert "odd" == remedy_for(
        {"type": "string_pattern_mismatch", "ctx": {"pattern": "^o"}, "msg": "odd"}
    )


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for part in schema.values():
            yield from _patterns(part)
    if isinstance(schema, list):
        for part in schema:
            yield from _patterns(part)


def test_every_pattern_of_plan_topology_and_start_has_words() -> None:
    """And no other: nobody has to read a regular expression to start a cutover."""
    used = {
        pattern
        for model in (Plan, Topology, Start)
        for pattern in _patterns(model.model_json_schema())
        if not pattern.endswith(tuple(rf"{q}\s*$" for q in QUANTITIES))
    }

    assert used == set(PATTERNS)
    assert all(re.compile(pattern) for pattern in PATTERNS)
