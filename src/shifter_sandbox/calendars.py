"""Change calendars: open by default, and closed for as long as a scenario says.

moto has none.  A calendar here is a name and the spans in which it is closed; events
that open a closed calendar, and calendars of others, are left out.

Source: AWS Systems Manager API reference, "GetCalendarState" (open only if all
calendars asked for are open; `NextTransitionTime`; `InvalidDocument` for a name that
nobody knows).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.gateway import Gateway
from shifter_sandbox.wire import Refused

Span = tuple[datetime, datetime]


class ChangeCalendars:
    """All change calendars of an account."""

    def __init__(self, clock: VirtualClock, gateway: Gateway) -> None:
        self._clock = clock
        self._closed: dict[str, tuple[Span, ...]] = {}
        gateway.answer("ssm.GetCalendarState", self._state)

    def put(self, name: str, *closed: Span) -> None:
        """Let there be a calendar that is closed from and until these moments."""
        self._closed[name] = closed

    def _state(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        asked = parameters["CalendarNames"]
        spans = [span for name in asked for span in self._named(name)]
        told = parameters.get("AtTime")
        at = datetime.fromisoformat(told) if told else self._clock.now()
        closed = _is_closed(spans, at)
        turns = sorted({moment for span in spans for moment in span if moment > at})
        turn = next((m for m in turns if _is_closed(spans, m) != closed), None)
        return {
            "State": "CLOSED" if closed else "OPEN",
            "AtTime": _written(at),
            **({"NextTransitionTime": _written(turn)} if turn else {}),
        }

    def _named(self, name: str) -> tuple[Span, ...]:
        found = self._closed.get(name.rpartition(":document/")[2])
        if found is None:
            raise Refused("InvalidDocument", f"The document {name} does not exist.")
        return found


def _is_closed(spans: Iterable[Span], at: datetime) -> bool:
    return any(start <= at < end for start, end in spans)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
