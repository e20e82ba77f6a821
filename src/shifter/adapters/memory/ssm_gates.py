"""Calendars and the line without AWS: the twins of `adapters.ssm_gates`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shifter.adapters.memory.world import MemoryWorld
from shifter.core.errors import AwsError
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.gate import Gate, Situation, Unreadable
from shifter.core.gates.line import LineSeen


class MemoryCalendars:
    """Fits `ports.Reader` for calendar gates."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, CalendarSeen | Unreadable]:
        del situations
        return {g.name: self._look(g) for g in gates if isinstance(g, CalendarGate)}

    def _look(self, gate: CalendarGate) -> CalendarSeen | Unreadable:
        world = self._world
        try:
            world.ask("calendars")
        except AwsError as error:
            return Unreadable(str(error))
        nobody_knows = Unreadable(f"no calendar is named {gate.calendar}")
        return world.calendars.get(gate.calendar, nobody_knows)


class MemoryLine:
    """Fits `ports.Reader` for the gate that stops the line."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    def read(
        self, gates: Sequence[Gate[Any]], situations: Mapping[str, Situation]
    ) -> Mapping[str, LineSeen | Unreadable]:
        del situations
        seen = self._look()
        return {gate.name: seen for gate in gates}

    def _look(self) -> LineSeen | Unreadable:
        world = self._world
        name = world.topology.stop_parameter
        if name is None:
            return LineSeen(None)
        try:
            world.ask("line")
        except AwsError as error:
            return Unreadable(str(error))
        return LineSeen(name, world.line)
