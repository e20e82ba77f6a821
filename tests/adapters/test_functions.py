from __future__ import annotations

from typing import Any

import boto3
import pytest

from shifter.adapters.functions import Functions, named_error
from shifter.core.errors import (
    BadEvent,
    Conflict,
    Denied,
    NotFound,
    Refused,
    ShifterError,
    UserError,
)
from shifter_sandbox.account import Account, account
from shifter_sandbox.functions import Handler


def test_a_function_that_fails_ends_the_command_as_if_it_had_run_there() -> None:
    with account(real_seconds=20) as aws:
        functions = Functions(_client(aws, _refuse))

        with pytest.raises(Refused, match=r"^not on a Friday$"):
            functions.invoke("refuse:live", {"day": "Friday"})


def test_the_answer_of_a_function_is_what_it_returned() -> None:
    with account(real_seconds=20) as aws:
        functions = Functions(_client(aws, lambda event, context: [event["day"]]))

        assert ["Friday"] == functions.invoke("refuse:live", {"day": "Friday"})


def _refuse(event: object, context: object) -> None:
    raise Refused("not on a Friday")


def _client(aws: Account, handler: Handler) -> Any:
    aws.add_function("refuse", handler)
    return boto3.client("lambda")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Refused", Refused),
        ("NotFound", NotFound),
        ("Conflict", Conflict),
        ("BadEvent", BadEvent),
        ("LockHeld", Refused),
        ("NotReady", Refused),
        ("PlanError", UserError),
    ],
)
def test_errors_that_have_a_name_keep_it(name: str, kind: type[ShifterError]) -> None:
    error = named_error(name, "what it said")

    assert (kind, "what it said") == (type(error), str(error))


def test_a_denied_call_of_the_function_says_what_was_denied() -> None:
    error = named_error("Denied", "GetItem on record of x: AccessDenied: no")

    assert isinstance(error, Denied)
    assert ("GetItem", "record of x") == (error.action, error.resource)
    assert "AccessDenied: no (told by the function)" == error.detail


@pytest.mark.parametrize(
    ("name", "message"),
    [("KeyError", "'x'"), ("Denied", "in no known form")],
)
def test_what_nobody_knows_is_told_as_it_is(name: str, message: str) -> None:
    error = named_error(name, message)

    assert (ShifterError, f"{name}: {message}") == (type(error), str(error))
