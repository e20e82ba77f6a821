"""How the events that functions are invoked with are parsed.

The form of an event stands beside the function that it is for, so that a cold start
makes only its own: every model costs time when it is imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shifter.core.directive import Directive
from shifter.core.errors import BadEvent
from shifter.core.remedies import problem_of

Parsed = TypeVar("Parsed", bound=BaseModel)


def parse(model: type[Parsed], event: object) -> Parsed:
    """The event as a value.  Raises BadEvent with the first thing that is wrong."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadEvent(str(problem_of(dict(first), of="event"))) from None
    except RecursionError:  # Python shows no value that is nested so deeply
        raise BadEvent("event: it is nested too deeply") from None


def is_directive(event: object) -> bool:
    """Tell a directive from an order that comes from outside: only it has an owner."""
    return isinstance(event, Mapping) and "owner" in event


def directive_in(event: object) -> Directive:
    """The directive that the event carries."""
    return parse(Directive, event)


def failure_in(event: object) -> str | None:
    """What a Catch of the state machine put beside the directive, in words."""
    error = event.get("error") if isinstance(event, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    name, cause = str(error.get("Error", "Error")), str(error.get("Cause", ""))
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, TypeError, KeyError):
        message = cause
    return f"{name}: {str(message)[:500]}"
