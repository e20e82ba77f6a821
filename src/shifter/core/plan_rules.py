"""Rules that hold between the fields of a plan; each broken one is a problem.

What one field alone must look like is said by its type, in `plan` and `quantities`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shifter.core.errors import Problem
from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.lanes import PER_MILLE, Lane, percent
from shifter.core.quantities import format_duration

if TYPE_CHECKING:
    from shifter.core.plan import Plan


def problems_of(plan: Plan) -> tuple[Problem, ...]:
    """Everything that is wrong with a plan whose fields are right by themselves."""
    return (
        *_of_name(plan),
        *_of_steps(plan),
        *_of_gates(plan),
        *_of_times(plan),
        *_of_database(plan),
    )


def _of_name(plan: Plan) -> list[Problem]:
    """It is shown in terminals, where such characters move the cursor."""
    if not any(c < " " or "\x7f" <= c <= "\x9f" for c in plan.name):
        return []
    remedy = "write it on one line, without control characters"
    return [Problem("name", repr(plan.name)[:80], remedy)]


def _of_steps(plan: Plan) -> list[Problem]:
    problems = []
    # A DNS share may go back: it moves the entry point, and nobody to or from green.
    for number, (step, after) in enumerate(
        zip(plan.steps, plan.steps[1:], strict=False), start=1
    ):
        if after.share < step.share:
            problems.append(
                Problem(
                    f"steps.{number}.share",
                    percent(after.share),
                    f"a step never goes backwards: at least {percent(step.share)}",
                )
            )
        elif after.share == step.share and (
            plan.dns_share(number + 1) == plan.dns_share(number)
        ):
            problems.append(
                Problem(
                    f"steps.{number}.share",
                    percent(after.share),
                    "the same as the step before: change the share or the dns_share",
                )
            )
        if step.bake is None:
            problems.append(
                Problem(
                    f"steps.{number - 1}.bake", "missing", "every step needs a bake"
                )
            )
    if plan.steps[0].share == 0:
        problems.append(Problem("steps.0.share", "0 %", "a step moves some traffic"))
    last = len(plan.steps) - 1
    if plan.steps[last].share != PER_MILLE:
        problems.append(
            Problem(
                f"steps.{last}.share",
                percent(plan.steps[last].share),
                "the last step completes the cutover: 100 %",
            )
        )
    extra = plan.steps[last].bake
    if extra is not None:
        problems.append(
            Problem(
                f"steps.{last}.bake",
                format_duration(extra),
                "the last step bakes for final_bake: remove this one",
            )
        )
    return problems


def _of_gates(plan: Plan) -> list[Problem]:
    problems = []
    taken = {gate.name for gate in plan.standing.gates}
    for number, gate in enumerate(plan.gates):
        if gate.name in taken:
            problems.append(
                Problem(
                    f"gates.{number}.name", gate.name, "taken: give it another name"
                )
            )
        taken.add(gate.name)
        if isinstance(gate, AlarmGate) and gate.lane is Lane.CANARY:
            problems.append(
                Problem(
                    f"gates.{number}.lane",
                    gate.lane,
                    "no step leads there, so its alarm would never have data",
                )
            )
        if isinstance(gate, SufficiencyGate) and gate.lane is not Lane.GREEN:
            problems.append(
                Problem(
                    f"gates.{number}.lane",
                    gate.lane,
                    "steps lead to green, so only its requests can suffice",
                )
            )
        if isinstance(gate, EvidenceGate) and plan.steps[0].share == PER_MILLE:
            problems.append(
                Problem(
                    f"gates.{number}.kind",
                    gate.kind,
                    "compares green with blue: begin with a step below 100 %",
                )
            )
        if isinstance(gate, ApprovalGate) and gate.before not in {
            step.share for step in plan.steps
        }:
            shares = ", ".join(percent(step.share) for step in plan.steps)
            problems.append(
                Problem(
                    f"gates.{number}.before",
                    percent(gate.before),
                    f"no step has this share: one of {shares}",
                )
            )
    if all(isinstance(gate, ApprovalGate | CalendarGate) for gate in plan.gates):
        kinds = " and ".join(sorted({f"{gate.kind}s" for gate in plan.gates}))
        problems.append(
            Problem("gates", f"only {kinds}", "write at least one gate that measures")
        )
    return problems


def _of_times(plan: Plan) -> list[Problem]:
    problems = []
    if not timedelta(seconds=10) <= plan.poll <= timedelta(minutes=5):
        problems.append(
            Problem("poll", format_duration(plan.poll), "between 10s and 5m")
        )
    bakes = {f"steps.{number}.bake": s.bake for number, s in enumerate(plan.steps)}
    problems.extend(
        Problem(field, format_duration(bake), "at least 10s")
        for field, bake in {**bakes, "final_bake": plan.final_bake}.items()
        if bake is not None and bake < timedelta(seconds=10)
    )
    named = {f"standing.{gate.kind}": gate for gate in plan.standing.gates}
    named |= {f"gates.{number}": gate for number, gate in enumerate(plan.gates)}
    problems.extend(
        Problem(
            f"{field}.deadline",
            format_duration(gate.deadline),
            "shorter than the longest bake: "
            f"at least {format_duration(plan.longest_bake)}",
        )
        for field, gate in named.items()
        if gate.deadline is not None and gate.deadline < plan.longest_bake
    )
    # An approval that is too old at the next look would be asked for for ever.
    problems.extend(
        Problem(
            f"gates.{number}.valid_for",
            format_duration(gate.valid_for),
            f"shorter than two polls: at least {format_duration(2 * plan.poll)}",
        )
        for number, gate in enumerate(plan.gates)
        if isinstance(gate, ApprovalGate) and gate.valid_for < 2 * plan.poll
    )
    return problems


def _of_database(plan: Plan) -> list[Problem]:
    if plan.database == "none":
        return []
    return [
        Problem(
            "database",
            plan.database,
            'the data cutover is not built yet: write "none" and keep both '
            "environments on one database",
        )
    ]
