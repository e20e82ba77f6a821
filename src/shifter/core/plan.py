"""The plan: what the operator wrote.

Everything that can be judged without AWS is judged here, with the field, the value and
the remedy named.  What needs live alarms, targets or tasks is refused by prepare.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from shifter.core.errors import PlanError, Problem
from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate
from shifter.core.gates.capacity import CapacityGate
from shifter.core.gates.dns import DnsSettledGate
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Gate
from shifter.core.gates.hold import HoldGate
from shifter.core.gates.line import LineGate
from shifter.core.gates.replication import ReplicationGate
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate
from shifter.core.gates.watchdog import WatchdogGate
from shifter.core.gates.weights import WeightsGate
from shifter.core.lanes import ALL_BLUE, Split
from shifter.core.model import Model
from shifter.core.plan_rules import problems_of
from shifter.core.quantities import DnsShare, Duration, Share
from shifter.core.remedies import problem_of
from shifter.core.topology import Name

PlannedGate = Annotated[
    AlarmGate
    | ReplicationGate
    | TargetsGate
    | SufficiencyGate
    | EvidenceGate
    | ApprovalGate
    | CalendarGate,
    Field(discriminator="kind"),
]


_KINDS = "one of alarm, replication, targets, sufficiency, evidence, approval, calendar"

DEADLINE = timedelta(hours=1)
"""How long a gate may wait when the plan does not say."""


class Step(Model):
    """One share for every edge, then a bake."""

    share: Share
    """Part of the requests at every edge that leave blue; a bound, never exceeded."""
    dns_share: DnsShare | None = None
    """Part of the name's answers that lead to edge-2; None leaves DNS alone."""
    bake: Duration | None = None
    """How long everything must stay good; the last step bakes for `final_bake`."""


class Standing(Model):
    """Gates that no plan can leave out; a plan may change their policy."""

    weights: WeightsGate = WeightsGate()
    """Every edge shows the weights that were recorded."""
    dns_settled: DnsSettledGate = DnsSettledGate()
    """Route 53 serves the DNS share, and caches had one TTL to follow."""
    capacity: CapacityGate = CapacityGate()
    """Blue can still take everything back."""
    hold: HoldGate = HoldGate()
    """Nobody has paused the cutover."""
    line: LineGate = LineGate()
    """Nobody has stopped the line."""
    watchdog: WatchdogGate = WatchdogGate()
    """The watchdog runs."""

    @property
    def gates(self) -> tuple[Gate[Any], ...]:
        """All of them, in the order of the tables."""
        return (
            self.weights,
            self.dns_settled,
            self.capacity,
            self.hold,
            self.line,
            self.watchdog,
        )


class Plan(Model):
    """A cutover as its operator wants it."""

    schema_version: Literal[1] = 1
    """Version of the plan's form."""
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    """What people call this cutover; it stands in journal and notices."""
    environment: Name
    """The system to move: the environment that the topology names."""
    database: Literal["none", "fenced"] = "none"
    """`none`: both environments use one database, and no data moves."""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=100)]
    """The way from blue to green, in order; the last step is 100 %."""
    gates: Annotated[tuple[PlannedGate, ...], Field(min_length=1, max_length=60)]
    """What must be true to go on; at least one of them measures."""
    standing: Standing = Standing()
    """Policies of the gates that every plan has."""
    final_bake: Duration = Field(default=timedelta(hours=24))
    """Bake of the last step, which is the window in which rolling back is automatic."""
    poll: Duration = Field(default=timedelta(seconds=20))
    """Time between two looks at all gates, from 10s to 5m."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = problems_of(self)
        if problems:
            raise PlanError(problems)
        return self

    @property
    def all_gates(self) -> tuple[Gate[Any], ...]:
        """The standing gates, then the plan's own, in the order of the tables."""
        return (*self.standing.gates, *self.gates)

    def split(self, step: int) -> Split:
        """The split of a step; step 0 is all blue."""
        return ALL_BLUE if step == 0 else Split.leaving_blue(self.steps[step - 1].share)

    def dns_share(self, step: int) -> int | None:
        """The DNS share in force at a step; None until the plan first names one."""
        named = [s.dns_share for s in self.steps[:step] if s.dns_share is not None]
        return named[-1] if named else None

    @property
    def longest_bake(self) -> timedelta:
        """The longest bake before the final one."""
        bakes = [step.bake for step in self.steps if step.bake is not None]
        return max(bakes, default=timedelta())

    def deadline(self, gate: Gate[Any]) -> timedelta:
        """How long a gate of this plan may wait."""
        return gate.deadline or max(DEADLINE, self.longest_bake)

    def bake(self, step: int) -> timedelta:
        """How long a step bakes."""
        return self.steps[step - 1].bake or self.final_bake

    @property
    def lasts(self) -> timedelta:
        """From the first step to the end of the last bake, if nothing has to wait."""
        bakes = (self.bake(step) for step in range(1, len(self.steps) + 1))
        return sum(bakes, timedelta())


def parse_plan(document: Any) -> Plan:
    """A plan from parsed YAML or JSON.  Raises PlanError naming every problem."""
    if not isinstance(document, dict):
        raise PlanError(
            (Problem("plan", type(document).__name__, "write a mapping of fields"),)
        )
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        # Items that failed are not counted: a list of them is not a list of none.
        told = [
            entry
            for entry in error.errors(include_url=False)
            if not (entry["type"] == "too_short" and entry["input"])
        ]
        raise PlanError(tuple(_problem(entry) for entry in told)) from None


def _problem(entry: Any) -> Problem:
    path = [str(part) for part in entry["loc"]]
    if path[:1] == ["gates"]:
        del path[2:3]  # pydantic's name for the kind of gate is no field of the plan
    found = problem_of({**entry, "loc": path}, of="plan")
    match entry["type"]:
        case "union_tag_not_found":
            remedy = f"required: {_KINDS}"
        case "union_tag_invalid":
            remedy = _KINDS
        case "literal_error" if found.field == "database":
            remedy = 'write "none": the data cutover is not built yet'
        case "too_short" if found.field == "gates":
            remedy = "a plan without gates would pass everything: write at least one"
        case _:
            return found
    return replace(found, remedy=remedy)
