from __future__ import annotations

import re

import pytest

from shifter.core import errors
from shifter.core.errors import (
    AwsError,
    LockHeld,
    NotReady,
    PlanError,
    Problem,
    ShifterError,
    Throttled,
)
from tests.core.examples import NOW

PROBLEMS = (
    Problem("poll", "1s", "between 10s and 5m"),
    Problem("gate croaking", "frogs", "no such alarm"),
)


def _below(kind: type[Exception], depth: int = 0) -> list[tuple[int, str]]:
    told = [(depth, kind.__name__)]
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            told += _below(child, depth + 1)
    return told


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    """The state machine retries and catches by these names."""
    drawn = re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__ or "", re.MULTILINE)

    assert [(len(indent) // 4, name) for indent, name in drawn] == _below(ShifterError)


@pytest.mark.parametrize("kind", [PlanError, NotReady])
def test_all_problems_are_told_at_once(kind: type[PlanError] | type[NotReady]) -> None:
    error = kind(PROBLEMS)

    assert PROBLEMS == error.problems
    assert ("poll: 1s: between 10s and 5m; gate croaking: frogs: no such alarm") == str(
        error
    )


def test_a_lock_that_is_held_says_by_whom_and_what_to_do() -> None:
    error = LockHeld(environment="riverbank", holder="cutover:beavers-7", since=NOW)

    assert ("riverbank", "cutover:beavers-7", NOW) == (
        error.environment,
        error.holder,
        error.since,
    )
    assert (
        "riverbank is held by cutover:beavers-7 since 2027-03-20T12:00:00+00:00: "
        "wait for it to end, or end it, then start again"
    ) == str(error)


def test_an_error_of_aws_names_action_and_resource() -> None:
    error = Throttled("ModifyRule", "edge-1", "Rate exceeded")

    assert isinstance(error, AwsError)
    assert ("ModifyRule", "edge-1", "Rate exceeded") == (
        error.action,
        error.resource,
        error.detail,
    )
    assert "ModifyRule on edge-1: Rate exceeded" == str(error)
