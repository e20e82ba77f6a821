"""The scenarios by name, and all of their runs.

Each plays through the real state machine, handlers and adapters.  A story has one run
under its own name, and others that begin at another step of the ladder.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shifter_sandbox.scenario import End, Scenario, shipped_plan
from shifter_sandbox.stories import aws, deaths, evidence, green, people, rotations

__all__ = ["DEMO", "RUNS", "SCENARIOS", "End", "Scenario", "shipped_plan"]

DEMO = ("outage", "edit-higher", "worse", "complete")
"""What the demonstration plays, and the list shows first."""

_ALL = (
    *green.RUNS,
    *evidence.RUNS,
    *people.RUNS,
    *aws.RUNS,
    *deaths.RUNS,
    *rotations.RUNS,
)

RUNS: Mapping[str, Scenario] = MappingProxyType({run.key: run for run in _ALL})
"""Every run by its key."""

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {name: RUNS[name] for name in DEMO}
    | {run.name: run for run in _ALL if run.key == run.name}
)
"""One run of each story, by the story's name."""
