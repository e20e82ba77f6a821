"""The interpreter does what Amazon States Language says, and refuses the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shifter.core.errors import Conflict, Denied, ShifterError
from tests.crash.machine import (
    BrokenDefinition,
    Crash,
    Machine,
    Outcome,
    Unsupported,
)
from tests.crash.run import definition
from tests.crash.timeline import Timeline

TASK: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "work", "Payload.$": "$"},
    "TimeoutSeconds": 60,
    "Next": "Done",
}
CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}]
CAUGHT = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}


class Failing:
    """A function that raises what it is given, then answers with its event."""

    def __init__(self, *raised: BaseException, takes: int = 0) -> None:
        self.clock = Timeline()
        self.calls: list[tuple[float, Any]] = []
        self._raised = list(raised)
        self._takes = timedelta(seconds=takes)
        self._began = self.clock.now()

    def __call__(self, function: str, event: Any) -> Any:
        self.calls.append(((self.clock.now() - self._began).total_seconds(), event))
        self.clock.advance(self._takes)
        if self._raised:
            raise self._raised.pop(0)
        return {"did": function, "with": event}

    @property
    def called_at(self) -> list[float]:
        return [at for at, _ in self.calls]


def drive(
    states: Mapping[str, Any], function: Failing, data: Any, name: str = "friday"
) -> Outcome:
    """Run states from `Start` to the end, letting time pass as they ask for it."""
    ends = {"Done": {"Type": "Succeed"}, "Caught": CAUGHT}
    machine = Machine(
        {"StartAt": "Start", "States": {**ends, **states}}, function, function.clock
    )
    execution = machine.execute(name, data)
    while True:
        try:
            function.clock.advance_to(next(execution))
        except StopIteration as stopped:
            outcome: Outcome = stopped.value
            return outcome


def retry(*errors: str, **more: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), **more}


def test_the_deployed_definition_uses_nothing_that_is_unknown() -> None:
    Machine(definition(), Failing(), Timeline())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(QueryLanguage="JSONata"), "QueryLanguage"),
        (lambda d: d["States"]["Start"].update(InputPath="$.a"), "Start: InputPath"),
        (lambda d: d["States"]["Start"].update(HeartbeatSeconds=5), "Heartbeat"),
        (lambda d: d["States"]["Start"].update(Type="Parallel"), "Parallel"),
        (lambda d: d["States"]["Start"].update(Next="Nowhere"), "Nowhere"),
        (lambda d: d["States"]["Start"].update(Resource="arn:other"), "arn:other"),
        (lambda d: d["States"]["Start"].pop("TimeoutSeconds"), "TimeoutSeconds"),
        (lambda d: d["States"]["Start"]["Parameters"].update(Qualifier="1"), "Qualif"),
        (
            lambda d: d["States"]["Start"].update(
                Retry=[retry("States.ALL", MaxDelaySeconds=9)]
            ),
            "MaxDelaySeconds",
        ),
        (
            lambda d: d["States"]["Start"].update(
                Retry=[retry("States.ALL"), retry("Conflict")]
            ),
            "States.ALL stands alone, and last",
        ),
        (
            lambda d: d["States"]["Start"].update(
                Catch=[{"ErrorEquals": ["X"], "Next": "Done", "Assign": {}}]
            ),
            "Assign",
        ),
        (
            lambda d: d["States"]["Start"].update(
                Type="Choice",
                Choices=[{"Variable": "$.a", "NumericEquals": 1, "Next": "Done"}],
            ),
            "Start",
        ),
    ],
)
def test_what_is_unknown_is_refused(
    change: Callable[[dict[str, Any]], Any], told: str
) -> None:
    """A field that was silently left out would be a state machine nobody has tested."""
    start = {**TASK, "Parameters": dict(TASK["Parameters"])}
    broken: dict[str, Any] = {
        "StartAt": "Start",
        "States": {"Start": start, "Done": {"Type": "Succeed"}},
    }
    change(broken)

    with pytest.raises(Unsupported, match=told):
        Machine(broken, Failing(), Timeline())


def test_a_task_hands_its_answer_on() -> None:
    function = Failing()
    state = {**TASK, "OutputPath": "$.Payload.with", "Next": "Choose"}
    choose = {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.missing", "IsPresent": True, "Next": "Caught"},
            {"Variable": "$.word", "StringEquals": "go", "Next": "Done"},
        ],
        "Default": "Caught",
    }

    outcome = drive({"Start": state, "Choose": choose}, function, {"word": "go"})

    assert Outcome("Done", succeeded=True) == outcome


def test_parameters_take_values_from_data_and_context() -> None:
    function = Failing()
    payload = {"id.$": "$$.Execution.Name", "by": "us", "deep": {"word.$": "$.a.b"}}
    state = {**TASK, "Parameters": {"FunctionName": "work", "Payload": payload}}

    drive({"Start": state}, function, {"a": {"b": "go"}})

    assert [(0, {"id": "friday", "by": "us", "deep": {"word": "go"}})] == function.calls


def test_a_result_is_selected_placed_and_put_out_in_this_order() -> None:
    function = Failing()
    state = {
        **TASK,
        "ResultSelector": {"kept.$": "$.Payload.did"},
        "ResultPath": "$.result",
        "Next": "Again",
    }

    drive({"Start": state, "Again": TASK}, function, {"a": 1})

    assert {"a": 1, "result": {"kept": "work"}} == function.calls[1][1]


def test_a_retry_waits_longer_each_time_and_gives_up() -> None:
    function = Failing(*(Conflict("busy") for _ in range(9)))
    retries = [retry("Conflict", IntervalSeconds=1, BackoffRate=2, MaxAttempts=3)]

    outcome = drive(
        {"Start": {**TASK, "Retry": retries, "Catch": CATCH_ALL}}, function, {}
    )

    assert [0, 1, 3, 7] == function.called_at
    assert ("Caught", "Conflict") == (outcome.state, outcome.error)
    assert "busy" in outcome.cause


def test_each_retrier_counts_for_itself_and_the_first_that_names_the_error_speaks() -> (
    None
):
    denied = Denied("ModifyRule", "edge-1", "no")
    function = Failing(Conflict("1"), denied, Conflict("2"), denied, Conflict("3"))
    retries = [
        retry("Conflict", IntervalSeconds=1, BackoffRate=1, MaxAttempts=2),
        retry("States.ALL", IntervalSeconds=10, BackoffRate=1, MaxAttempts=9),
    ]

    outcome = drive(
        {"Start": {**TASK, "Retry": retries, "Catch": CATCH_ALL}}, function, {}
    )

    assert [0, 1, 11, 12, 22] == function.called_at
    assert "Conflict" == outcome.error, "used up: the catcher's, not the next retrier's"


def test_no_attempts_means_no_retry() -> None:
    function = Failing(Conflict("busy"))
    retries = [retry("Conflict", MaxAttempts=0), retry("States.ALL", MaxAttempts=5)]

    outcome = drive(
        {"Start": {**TASK, "Retry": retries, "Catch": CATCH_ALL}}, function, {}
    )

    assert (1, "Caught") == (len(function.calls), outcome.state)


def test_retries_are_counted_anew_at_each_visit() -> None:
    function = Failing(*(Conflict("busy") for _ in range(4)))
    retries = [retry("Conflict", IntervalSeconds=1, BackoffRate=1, MaxAttempts=1)]
    again = [{"ErrorEquals": ["Conflict"], "ResultPath": None, "Next": "Start"}]

    outcome = drive({"Start": {**TASK, "Retry": retries, "Catch": again}}, function, {})

    assert [0, 1, 1, 2, 2] == function.called_at
    assert outcome.succeeded


def test_only_the_name_of_all_errors_sees_a_function_die() -> None:
    function = Failing(Crash("gone"))
    catch = [
        {"ErrorEquals": ["Conflict", "ShifterError"], "Next": "Done"},
        *CATCH_ALL,
    ]

    outcome = drive({"Start": {**TASK, "Catch": catch}}, function, {})

    assert ("Caught", "Runtime.ExitError") == (outcome.state, outcome.error)


def test_a_catcher_places_the_error_beside_the_data_or_drops_it() -> None:
    for place, expected in (
        ("$.error", {"a": 1, "error": True}),
        (None, {"a": 1}),
        ("$", {"Error": "Conflict"}),
    ):
        function = Failing(Conflict("busy"))
        catch = [{"ErrorEquals": ["Conflict"], "ResultPath": place, "Next": "Again"}]

        drive({"Start": {**TASK, "Catch": catch}, "Again": TASK}, function, {"a": 1})

        [_, (_, seen)] = function.calls
        seen.pop("Cause", None)
        if "error" in seen:
            seen["error"] = seen["error"]["Error"] == "Conflict"
        assert expected == seen


def test_a_task_that_takes_too_long_has_timed_out_whatever_it_answers() -> None:
    function = Failing(takes=61)

    outcome = drive({"Start": {**TASK, "Catch": CATCH_ALL}}, function, {})

    assert ("Caught", "States.Timeout") == (outcome.state, outcome.error)


def test_waiting_moves_the_clock_and_never_back() -> None:
    function = Failing()
    later = "2026-03-02T09:00:30Z"
    states = {
        "Start": {"Type": "Wait", "Seconds": 20, "Next": "Until"},
        "Until": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Past"},
        "Past": {"Type": "Wait", "TimestampPath": "$.past", "Next": "Work"},
        "Work": TASK,
    }

    drive(states, function, {"until": later, "past": "2020-01-01T00:00:00Z"})

    assert [30] == function.called_at


def test_an_error_that_nothing_catches_breaks_the_execution() -> None:
    with pytest.raises(BrokenDefinition, match="nothing catches Conflict"):
        drive({"Start": TASK}, Failing(Conflict("busy")), {})


def test_a_path_without_data_breaks_the_execution() -> None:
    state = {**TASK, "OutputPath": "$.Nothing"}

    with pytest.raises(BrokenDefinition, match=r"\$\.Nothing"):
        drive({"Start": state}, Failing(), {})


def test_a_mistake_in_the_code_is_no_error_of_the_state_machine() -> None:
    """Only errors that are raised on purpose and crashes are what a schedule makes."""
    assert not issubclass(ZeroDivisionError, ShifterError)
    with pytest.raises(ZeroDivisionError):
        drive({"Start": {**TASK, "Catch": CATCH_ALL}}, Failing(ZeroDivisionError()), {})
