"""A small interpreter for the part of Amazon States Language that our machine uses.

Rules
* It runs the file that is deployed, so a mistake in the definition is found here.
* It refuses every field that it does not know: nothing is silently left out.
* A retrier counts its own attempts for each visit of a state; the first that names the
  error speaks, and when its attempts are used up the catchers are asked.
* An execution is a generator that yields when it wants to go on; whoever drives it
  moves the clock.  So several executions share one time.

Semantics: Amazon States Language specification (states-language.net), "Errors" and
"Input and Output Processing"; `lambda:invoke` answers with the result in `Payload`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shifter.core.errors import ShifterError
from shifter.ports import Clock

Invoke = Callable[[str, Any], Any]
"""Calls a function by its name in the definition, with an event."""

INVOKE = "arn:aws:states:::lambda:invoke"
_ANY = {"Type", "Comment"}
_FIELDS = {
    "Choice": _ANY | {"Choices", "Default"},
    "Task": _ANY
    | {"Resource", "Parameters", "ResultSelector", "ResultPath", "OutputPath"}
    | {"TimeoutSeconds", "Retry", "Catch", "Next"},
    "Wait": _ANY | {"Seconds", "TimestampPath", "Next"},
    "Succeed": _ANY,
    "Fail": _ANY | {"Error", "Cause", "ErrorPath", "CausePath"},
}
_RULE = {"Variable", "IsPresent", "StringEquals", "Next"}
_RETRIER = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts"}
_CATCHER = {"ErrorEquals", "ResultPath", "Next"}


class Unsupported(Exception):
    """The definition uses something that this interpreter does not know."""


class BrokenDefinition(Exception):
    """What AWS calls States.Runtime: no Retry and no Catch could see it."""


class Crash(BaseException):
    """The function died: out of memory, killed, its sandbox lost.

    Not an Exception, so that no code of ours can handle it: a dead process does not.
    """


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """An error as Step Functions names it."""

    error: str
    cause: str

    @classmethod
    def of(cls, raised: BaseException) -> TaskFailure:
        """What Lambda reports: the class's name, or that the runtime exited."""
        name = (
            "Runtime.ExitError" if isinstance(raised, Crash) else type(raised).__name__
        )
        cause = {"errorMessage": str(raised), "errorType": name}
        return cls(name, json.dumps(cause))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended."""

    state: str
    succeeded: bool
    error: str = ""
    cause: str = ""


Execution = Generator[datetime, None, Outcome]


class Machine:
    """A definition, ready to be executed."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        invoke: Invoke,
        clock: Clock,
        entered: Callable[[str, str], None] = lambda name, state: None,
    ) -> None:
        _check(definition)
        self._states: Mapping[str, Mapping[str, Any]] = definition["States"]
        self._start: str = definition["StartAt"]
        self._invoke = invoke
        self._clock = clock
        self._entered = entered

    def execute(self, name: str, data: Any) -> Execution:
        """Run one execution; each yield is the moment at which it wants to go on."""
        current = self._start
        while True:
            state = self._states[current]
            self._entered(name, current)
            match state["Type"]:
                case "Choice":
                    current = _choose(state, data)
                case "Wait":
                    yield self._wake_at(state, data)
                    current = state["Next"]
                case "Task":
                    current, data = yield from self._task(name, state, data)
                case "Succeed":
                    return Outcome(current, succeeded=True)
                case _:
                    return _fail(current, state, data)

    def _wake_at(self, state: Mapping[str, Any], data: Any) -> datetime:
        if "Seconds" in state:
            return self._clock.now() + timedelta(seconds=state["Seconds"])
        return datetime.fromisoformat(_look_up(state["TimestampPath"], data, {}))

    def _task(
        self, name: str, state: Mapping[str, Any], data: Any
    ) -> Generator[datetime, None, tuple[str, Any]]:
        context = {"Execution": {"Name": name}}
        parameters = _fill(state["Parameters"], data, context)
        used: dict[int, int] = {}
        while True:
            answer = self._call(state, parameters)
            if not isinstance(answer, TaskFailure):
                return state["Next"], _output(state, data, answer, context)
            pause = _retry(state, answer.error, used)
            if pause is None:
                return _catch(state, data, answer)
            yield self._clock.now() + pause

    def _call(self, state: Mapping[str, Any], parameters: Any) -> Any:
        limit = self._clock.now() + timedelta(seconds=state["TimeoutSeconds"])
        try:
            payload = self._invoke(parameters["FunctionName"], parameters["Payload"])
        except (Crash, ShifterError) as raised:
            return TaskFailure.of(raised)
        if self._clock.now() > limit:
            return TaskFailure("States.Timeout", "")
        return {"Payload": payload}


def _choose(state: Mapping[str, Any], data: Any) -> str:
    for rule in state["Choices"]:
        if "IsPresent" in rule:
            matched = _present(rule["Variable"], data) == rule["IsPresent"]
        else:
            matched = _look_up(rule["Variable"], data, {}) == rule["StringEquals"]
        if matched:
            return str(rule["Next"])
    return str(state["Default"])


def _output(
    state: Mapping[str, Any], data: Any, result: Any, context: Mapping[str, Any]
) -> Any:
    if "ResultSelector" in state:
        result = _fill(state["ResultSelector"], result, context)
    placed = _place(state.get("ResultPath", "$"), data, result)
    return _look_up(state.get("OutputPath", "$"), placed, {})


def _retry(
    state: Mapping[str, Any], error: str, used: dict[int, int]
) -> timedelta | None:
    """How long to wait before the next attempt; None when there is none."""
    for number, retrier in enumerate(state.get("Retry", ())):
        if not _names(retrier, error):
            continue
        attempts = used.get(number, 0)
        if attempts >= retrier.get("MaxAttempts", 3):
            return None
        used[number] = attempts + 1
        rate = retrier.get("BackoffRate", 2)
        return timedelta(seconds=retrier.get("IntervalSeconds", 1) * rate**attempts)
    return None


def _catch(
    state: Mapping[str, Any], data: Any, failure: TaskFailure
) -> tuple[str, Any]:
    for catcher in state.get("Catch", ()):
        if _names(catcher, failure.error):
            result = {"Error": failure.error, "Cause": failure.cause}
            placed = _place(catcher.get("ResultPath", "$"), data, result)
            return str(catcher["Next"]), placed
    raise BrokenDefinition(f"nothing catches {failure.error}")


def _names(handler: Mapping[str, Any], error: str) -> bool:
    return error in handler["ErrorEquals"] or "States.ALL" in handler["ErrorEquals"]


def _fail(name: str, state: Mapping[str, Any], data: Any) -> Outcome:
    def told(field: str) -> str:
        if f"{field}Path" in state:
            return str(_look_up(state[f"{field}Path"], data, {}))
        return str(state.get(field, ""))

    return Outcome(name, succeeded=False, error=told("Error"), cause=told("Cause"))


def _fill(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """A payload template: `"name.$": path` becomes `"name": value`."""
    if not isinstance(template, Mapping):
        return template
    return {
        key.removesuffix(".$"): _look_up(value, data, context)
        if key.endswith(".$")
        else _fill(value, data, context)
        for key, value in template.items()
    }


def _look_up(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    found = context if path.startswith("$$") else data
    for part in _parts(path):
        if not isinstance(found, Mapping) or part not in found:
            raise BrokenDefinition(f"{path} is not in the data")
        found = found[part]
    return found


def _present(path: str, data: Any) -> bool:
    try:
        _look_up(path, data, {})
    except BrokenDefinition:
        return False
    return True


def _place(path: str | None, data: Any, result: Any) -> Any:
    """The data with the result at `path`; None keeps the data as they are."""
    if path is None:
        return data
    parts = _parts(path)
    if not parts:
        return result
    [name] = parts
    return {**data, name: result}


def _parts(path: str) -> list[str]:
    parts = path.split(".")
    if parts[0] not in {"$", "$$"} or not all(
        part.isidentifier() for part in parts[1:]
    ):
        raise Unsupported(f"path {path}")
    return parts[1:]


def _check(definition: Mapping[str, Any]) -> None:
    """Refuse what is unknown, and what leads nowhere."""
    _only(definition, {"Comment", "StartAt", "States"}, "the definition")
    states = definition["States"]
    targets = [definition["StartAt"]]
    for name, state in states.items():
        kind = state.get("Type")
        if kind not in _FIELDS:
            raise Unsupported(f"{name}: Type {kind}")
        _only(state, _FIELDS[kind], name)
        rules, catchers = state.get("Choices", ()), state.get("Catch", ())
        for rule in rules:
            _only(rule, _RULE, f"{name}.Choices")
        for retrier in state.get("Retry", ()):
            _only(retrier, _RETRIER, f"{name}.Retry")
        for catcher in catchers:
            _only(catcher, _CATCHER, f"{name}.Catch")
        for handlers in (state.get("Retry", ()), catchers):
            _check_all_is_last(handlers, name)
        targets += [rule["Next"] for rule in (*rules, *catchers)]
        targets += [state[field] for field in ("Next", "Default") if field in state]
        if kind == "Task":
            _check_task(state, name)
    missing = sorted(set(targets) - set(states))
    if missing:
        raise Unsupported(f"no state is named {', '.join(missing)}")


def _check_task(state: Mapping[str, Any], name: str) -> None:
    if state["Resource"] != INVOKE:
        raise Unsupported(f"{name}: Resource {state['Resource']}")
    _only(
        state["Parameters"],
        {"FunctionName", "Payload", "Payload.$"},
        f"{name}.Parameters",
    )
    if "TimeoutSeconds" not in state:
        raise Unsupported(f"{name}: a Task without TimeoutSeconds could wait for ever")


def _check_all_is_last(handlers: Any, name: str) -> None:
    for number, handler in enumerate(handlers, start=1):
        errors = handler["ErrorEquals"]
        if "States.ALL" in errors and (len(errors) > 1 or number < len(handlers)):
            raise Unsupported(f"{name}: States.ALL stands alone, and last")


def _only(found: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise Unsupported(f"{where}: {', '.join(unknown)}")
