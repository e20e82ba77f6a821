"""The state machine and the functions agree, word for word.

What it does when it runs is tested in tests/sandbox and tests/crash.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import shifter.handlers
from shifter.core import errors
from shifter.core.directive import Directive, Next
from shifter.handlers.prepare import StartEvent
from shifter.handlers.roll_back import RollBackOrder
from tests.infra.template import leaves

DEFINITION: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "infra" / "cutover.asl.json").read_text("utf-8")
)
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
ERRORS = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.ShifterError)
}
NEEDS_AN_ERROR = {"NotStarted"}
"""States that read `$.error`."""


def _following(state: dict[str, Any]) -> set[str]:
    """The states that a state can lead to."""
    rules = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    named = {rule["Next"] for rule in rules if "Next" in rule}
    return named | ({state["Default"]} if "Default" in state else set())


# --- words ----------------------------------------------------------------------------


def test_every_word_of_a_directive_has_a_branch_and_every_branch_a_word() -> None:
    """In one Choice: the machine does what the directive says, and decides nothing."""
    branches = STATES["Choose"]["Choices"]

    assert [word.value for word in Next] == [rule["StringEquals"] for rule in branches]
    assert {"$.action"} == {rule["Variable"] for rule in branches}
    assert all(set(rule) == {"Variable", "StringEquals", "Next"} for rule in branches)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        (Next.ASSESS, "Assess"),
        (Next.SHIFT, "Shift"),
        (Next.HOLD, "WaitToAssess"),
        (Next.ROLL_BACK, "RollBack"),
        (Next.ROLL_BACK_LATER, "WaitToRollBack"),
        (Next.FINISH, "Finish"),
        (Next.FINISH_LATER, "WaitToFinish"),
        (Next.HAND_OVER, "HandOver"),
        (Next.END_COMPLETED, "Completed"),
        (Next.END_ROLLED_BACK, "RolledBack"),
        (Next.END_STUCK, "RollbackStuck"),
        (Next.END_SUPERSEDED, "Superseded"),
    ],
)
def test_a_word_leads_to_its_state(word: Next, state: str) -> None:
    [rule] = [r for r in STATES["Choose"]["Choices"] if r["StringEquals"] == word]

    assert state == rule["Next"]


def test_every_choice_has_a_default() -> None:
    """A word that nobody knows is assessed, never a States.NoChoiceMatched."""
    choices = {n: s["Default"] for n, s in STATES.items() if s["Type"] == "Choice"}

    assert {"Begin": "Prepare", "Choose": "Assess"} == choices


def test_each_later_waits_for_the_moment_that_the_directive_names() -> None:
    waits = {n: s for n, s in STATES.items() if "TimestampPath" in s}

    assert {
        "WaitToAssess": "Assess",
        "WaitToRollBack": "RollBack",
        "WaitToFinish": "Finish",
    } == {name: state["Next"] for name, state in waits.items()}
    assert {"$.until"} == {state["TimestampPath"] for state in waits.values()}
    assert "until" in Directive.model_fields


# --- functions ------------------------------------------------------------------------


def test_each_handler_has_one_placeholder_and_each_placeholder_a_handler() -> None:
    named = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", word).lower()
        for word in re.findall(r"\$\{(\w+?)Function\}", json.dumps(DEFINITION))
    }
    [folder] = shifter.handlers.__path__
    modules = {
        path.stem
        for path in Path(folder).glob("*.py")
        if "def handler(" in path.read_text("utf-8")
    }

    # Reached by events and by people.
    modules -= {"breaker", "control", "preflight", "start", "watchdog"}
    assert modules == named
    assert {"${" + _camel(name) + "Function}" for name in modules} == {
        value for _, value in leaves(DEFINITION) if "${" in str(value)
    }


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@pytest.mark.parametrize("name", TASKS)
def test_a_task_invokes_a_function_and_answers_with_what_it_said(name: str) -> None:
    task = TASKS[name]

    assert "arn:aws:states:::lambda:invoke" == task["Resource"]
    assert re.fullmatch(r"\$\{\w+Function\}", task["Parameters"]["FunctionName"])
    said = task.get("ResultSelector") or {"directive.$": "$.Payload"}
    assert {"directive.$": "$.Payload"} == said
    assert ("$.directive" if "ResultSelector" in task else "$.Payload") == task[
        "OutputPath"
    ]


def test_a_function_gets_the_event_that_it_understands() -> None:
    """A directive as it came, but for the two that begin and abandon a start."""
    payloads = {name: task["Parameters"] for name, task in TASKS.items()}
    special = {"Prepare", "AbandonStart"}

    assert {"$"} == {
        payload["Payload.$"] for n, payload in payloads.items() if n not in special
    }
    assert {f"{field}.$" for field in StartEvent.model_fields} == set(
        payloads["Prepare"]["Payload"]
    )
    order = {n.removesuffix(".$") for n in payloads["AbandonStart"]["Payload"]}
    assert {*RollBackOrder.model_fields, "error"} == order


# --- failures -------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_timeout_retries_and_catches_everything(name: str) -> None:
    task = TASKS[name]

    assert 15 <= task["TimeoutSeconds"] <= 60
    assert task["Retry"]
    assert ["States.ALL"] == task["Catch"][-1]["ErrorEquals"]


@pytest.mark.parametrize("name", TASKS)
def test_every_error_that_is_named_exists(name: str) -> None:
    """A name that nobody raises would be a rule that never speaks."""
    task = TASKS[name]
    named = {
        error
        for rule in (*task["Retry"], *task["Catch"])
        for error in rule["ErrorEquals"]
    }
    outside = {
        "States.ALL",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    }

    assert set() == named - ERRORS - outside


@pytest.mark.parametrize("name", TASKS)
def test_all_errors_stand_alone_and_last(name: str) -> None:
    """Amazon States Language refuses States.ALL beside others, or before them."""
    for rules in (TASKS[name]["Retry"], TASKS[name]["Catch"]):
        for number, rule in enumerate(rules, start=1):
            if "States.ALL" in rule["ErrorEquals"]:
                assert (["States.ALL"], len(rules)) == (rule["ErrorEquals"], number)


def test_only_what_can_be_raised_twice_without_harm_is_retried_by_shift() -> None:
    """A claim that is over, a sick lane and a lost race are looked at first."""
    retried = {e for rule in TASKS["Shift"]["Retry"] for e in rule["ErrorEquals"]}

    assert {"NotVerified", "Throttled", "Unavailable"} == retried & ERRORS
    assert "States.ALL" not in retried


def test_what_refuses_a_start_is_not_retried_and_ends_it() -> None:
    refusing, catch = TASKS["Prepare"]["Retry"][0], TASKS["Prepare"]["Catch"][0]

    assert (0, "NotStarted") == (refusing["MaxAttempts"], catch["Next"])
    assert refusing["ErrorEquals"] == catch["ErrorEquals"]
    users = {
        name for name in ERRORS if issubclass(getattr(errors, name), errors.UserError)
    }
    # What is left would be a bug: go back.
    assert users - {"UserError", "NotFound"} | {"LockHeld"} == set(
        refusing["ErrorEquals"]
    )


def test_what_goes_back_is_tried_again_whatever_happens() -> None:
    [rule] = TASKS["RollBack"]["Retry"]

    assert (["States.ALL"], 7) == (rule["ErrorEquals"], rule["MaxAttempts"])


def test_a_failure_that_is_caught_is_kept_beside_the_directive() -> None:
    """Or dropped; never put in its place."""
    kept = {catch["ResultPath"] for task in TASKS.values() for catch in task["Catch"]}

    assert {"$.error", None} == kept


@pytest.mark.parametrize("name", sorted(NEEDS_AN_ERROR))
def test_a_state_that_tells_an_error_is_reached_only_with_one(name: str) -> None:
    """Else its path would lead nowhere, which no Catch can see."""
    reaching = [
        (source, catch.get("ResultPath"))
        for source, state in STATES.items()
        for catch in state.get("Catch", ())
        if catch["Next"] == name
    ]
    others = {
        source
        for source, state in STATES.items()
        if state.get("Next") == name or state.get("Default") == name
    }

    # AbandonStart was entered with `$.error`, and drops its own failure.
    assert [("Prepare", "$.error"), ("AbandonStart", None)] == reaching
    assert set() == others


# --- form -----------------------------------------------------------------------------


def test_every_state_can_be_reached_and_every_way_exists() -> None:
    reached, new = set(), {DEFINITION["StartAt"]}
    while new:
        reached |= new
        new = {n for at in new for n in _following(STATES[at])} - reached

    assert set(STATES) == reached


def test_every_state_goes_on_or_ends() -> None:
    ends = {name for name, state in STATES.items() if not _following(state)}

    assert {
        "Completed": "Succeed",
        "Superseded": "Succeed",
        "NotStarted": "Fail",
        "RolledBack": "Fail",
        "RollbackStuck": "Fail",
        "RollbackFailed": "Fail",
        "StartAbandoned": "Fail",
    } == {name: STATES[name]["Type"] for name in ends}


def test_no_value_is_computed_by_the_machine() -> None:
    """Intrinsic functions can fail where no Catch sees it, and are hard to test."""
    assert [] == [
        (path, value)
        for path, value in leaves(DEFINITION)
        if "States." in str(value) and not path.endswith("ErrorEquals")
    ]
    assert "QueryLanguage" not in DEFINITION


def test_the_name_of_the_execution_is_asked_for_only_where_it_begins() -> None:
    """The context object may be read by a Task's parameters, not by a Choice."""
    asked = {path for path, value in leaves(DEFINITION) if "$$" in str(value)}

    assert {
        "/States/Prepare/Parameters/Payload/cutover_id.$",
        "/States/AbandonStart/Parameters/Payload/cutover_id.$",
    } == asked


def test_nothing_but_functions_is_called() -> None:
    """No nested execution, which would be a second owner of the cutover."""
    assert {"Task", "Choice", "Wait", "Succeed", "Fail"} == {
        state["Type"] for state in STATES.values()
    }
