"""A scenario: one story, what happens in it, and how it has to end.

What is told about traffic and time is measured in the run, never written here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from shifter.core.plan import Plan, parse_plan
from shifter_sandbox.stage import Happening, Stage

if TYPE_CHECKING:
    from shifter_sandbox.play import Played

SHIPPED_PLAN = Path(__file__).parents[2] / "examples" / "plan.yaml"
MINUTE = timedelta(minutes=1)


class End(StrEnum):
    """How a run ends."""

    COMPLETED = "COMPLETED"
    ROLLED_BACK = "ROLLED_BACK"
    STUCK = "ROLLBACK_STUCK"


class Onset(StrEnum):
    """While which step is served, or on the way to which, a story begins."""

    START = "start"
    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"
    END = "end"
    NEVER = "-"


Shows = Callable[["Played"], str]
"""What a run does not show although its story says so; empty when it shows it."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story."""

    name: str
    told: str
    """The story in one sentence."""
    end: End
    happenings: tuple[Happening, ...] = ()
    before: Callable[[Stage], object] | None = None
    """What is done before the cutover is started."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the shipped plan."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """What differs from two edges with DNS between them."""
    because: str = ""
    """Words that the reason of the end has to contain."""
    execution_dies: bool = False
    """Whether the execution is stopped, and the watchdog brings the cutover home."""
    execution_gives_up: bool = False
    """Whether the execution ends as stuck, and the watchdog goes on."""
    proven: bool = True
    """Whether a rollback can be proven safe: metrics that stopped prove nothing."""
    history_limit: int = 20_000
    lingers: timedelta = timedelta()
    """How long the world goes on after the end."""
    shows: tuple[Shows, ...] = ()
    """What has to be seen besides the end."""
    onset: Onset = Onset.MIDDLE

    @property
    def key(self) -> str:
        """The name of this run of the story; no other run has it."""
        apart = self.onset in {Onset.FIRST, Onset.LAST}
        return f"{self.name}@{self.onset}" if apart else self.name


def shipped_plan(**changes: Any) -> Plan:
    """The shipped example plan, with a final bake that a demonstration can wait for.

    With other steps it has no evidence gate, unless other gates are named, too.
    """
    document = yaml.safe_load(SHIPPED_PLAN.read_text())
    if "steps" in changes:
        changes = {"gates": shipped_gates(), **changes}
    return parse_plan({**document, "final_bake": "10m", **changes})


def shipped_gates(*added: Mapping[str, Any], without: str = "evidence") -> list[Any]:
    """The gates of the shipped plan, and more, without some names.

    Evidence takes longer than the steps of most stories, and sees most faults sooner
    than what they are about.
    """
    gates = yaml.safe_load(SHIPPED_PLAN.read_text())["gates"]
    return [*(g for g in gates if g["name"] not in without.split()), *added]


def when(
    told: str,
    do: Callable[[Stage], object],
    at_share: int = 100,
    later: timedelta = MINUTE,
) -> Happening:
    """Something that happens some time after so much per mille has left blue."""
    return Happening(told=told, do=do, at_share=at_share, later=later)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Fewer steps than the shipped plan has, and where on them a story begins."""

    plan: Mapping[str, Any]
    shares: Mapping[Onset, int]
    """Share of the step of each onset, in per mille."""

    def at(self, story: Scenario, onset: Onset, **changes: Any) -> Scenario:
        """The same story, begun while this step bakes."""
        return self._begun(story, onset, self.shares[onset], changes)

    def before(self, story: Scenario, onset: Onset) -> Scenario:
        """The same story, begun so early that it meets the move to this step."""
        onsets = list(self.shares)
        earlier = onsets.index(onset) - 1
        share = 0 if earlier < 0 else self.shares[onsets[earlier]]
        return self._begun(story, onset, share, {})

    def at_each(self, story: Scenario) -> tuple[Scenario, ...]:
        """The story begun in the middle, under its own name, and at both ends."""
        return tuple(self.at(story, onset) for onset in _MIDDLE_FIRST)

    def before_each(self, story: Scenario) -> tuple[Scenario, ...]:
        """The same for the moves to these steps."""
        return tuple(self.before(story, onset) for onset in _MIDDLE_FIRST)

    def at_both_ends(self, story: Scenario) -> tuple[Scenario, ...]:
        """The story as it is, and begun at the first and the last step."""
        return (story, self.at(story, Onset.FIRST), self.at(story, Onset.LAST))

    def _begun(
        self, story: Scenario, onset: Onset, share: int, changes: Mapping[str, Any]
    ) -> Scenario:
        moved = tuple(replace(h, at_share=share) for h in story.happenings)
        plan = {**self.plan, **story.plan}
        made = replace(story, happenings=moved, plan=plan, onset=onset)
        return replace(made, **changes)


_MIDDLE_FIRST = (Onset.MIDDLE, Onset.FIRST, Onset.LAST)

SHORT = Ladder(
    {
        "steps": [
            {"share": "1 %", "bake": "5m"},
            {"share": "25 %", "dns_share": "50 %", "bake": "5m"},
            {"share": "100 %"},
        ]
    },
    {Onset.FIRST: 10, Onset.MIDDLE: 250, Onset.LAST: 1000},
)
"""For troubles that take minutes to be seen."""

QUICK = Ladder(
    {
        "steps": [
            {"share": "10 %", "bake": "3m"},
            {"share": "50 %", "dns_share": "50 %", "bake": "3m"},
            {"share": "100 %"},
        ],
        "final_bake": "5m",
    },
    {Onset.FIRST: 100, Onset.MIDDLE: 500, Onset.LAST: 1000},
)
"""For whatever shows at once."""
