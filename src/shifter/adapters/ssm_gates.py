"""Systems Manager: whether a change calendar is open, and whether the line is stopped.

Rules of this file
* Each calendar is asked about alone: asked about several, AWS tells only whether all of
  them are open.
* The parameter is not decrypted: a reason to stop is meant to be read, and shown.
* An answer that cannot be understood is a source that cannot be read, never a pass.

AWS documentation: AWS Systems Manager API, "GetCalendarState" (`NextTransitionTime` is
an ISO 8601 string, and may be missing) and "GetParameter".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shifter.adapters.failures import translated
from shifter.core.errors import AwsError
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.line import LineSeen
from shifter.core.topology import Topology

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


class CalendarReader:
    """Fits `ports.Reader` for calendar gates."""

    def __init__(self, client: SSMClient) -> None:
        self._client = client

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, CalendarSeen | Unreadable]:
        del situations
        names = {g.name: g.calendar for g in gates if isinstance(g, CalendarGate)}
        seen = {name: self._look(name) for name in sorted(set(names.values()))}
        return {gate: seen[name] for gate, name in names.items()}

    def _look(self, name: str) -> CalendarSeen | Unreadable:
        try:
            with translated("GetCalendarState", name):
                answer = self._client.get_calendar_state(CalendarNames=[name])
        except AwsError as error:
            return Unreadable(str(error))
        return _to_seen(answer, name)


class LineReader:
    """Fits `ports.Reader` for the gate that stops the line."""

    def __init__(self, client: SSMClient, topology: Topology) -> None:
        self._client = client
        self._parameter = topology.stop_parameter

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, LineSeen | Unreadable]:
        del situations
        seen = self._look()
        return {gate.name: seen for gate in gates}

    def _look(self) -> LineSeen | Unreadable:
        name, client = self._parameter, self._client
        if name is None:
            return LineSeen(None)
        try:
            with translated("GetParameter", name):
                try:
                    answer = client.get_parameter(Name=name)
                except client.exceptions.ParameterNotFound:
                    return LineSeen(name)
        except AwsError as error:
            return Unreadable(str(error))
        return LineSeen(name, answer["Parameter"]["Value"])


def _to_seen(answer: Any, name: str) -> CalendarSeen | Unreadable:
    state, told = answer.get("State"), answer.get("NextTransitionTime")
    if state not in {"OPEN", "CLOSED"}:
        return Unreadable(f"calendar {name} has an unknown state: {state}")
    try:
        changes_at = datetime.fromisoformat(told) if told else None
    except ValueError:
        return Unreadable(f"calendar {name} changes at an unknown time: {told}")
    if changes_at is not None and changes_at.tzinfo is None:
        changes_at = changes_at.replace(tzinfo=UTC)
    return CalendarSeen(state == "OPEN", changes_at)
