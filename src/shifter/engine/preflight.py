"""preflight: tell whether a cutover could start now; nothing is written.

It finds what `prepare` would find, and tells all of it instead of the first that
matters.  Asked for a test page, it pages people once with a code, so that whoever
starts the cutover can show that a page arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shifter.core.errors import AwsError, Problem
from shifter.core.gates.alarm import AlarmGate
from shifter.core.gates.gate import Judgement, OnBad
from shifter.core.journal import GENESIS
from shifter.core.model import Model
from shifter.core.notice import Notice, Severity
from shifter.core.plan import Plan
from shifter.engine.prepare import Start
from shifter.engine.readiness import Readiness, look
from shifter.ports import Ports


class AlarmRole(Model):
    """What an alarm of the plan leads to."""

    gate: str
    alarm: str
    on_alarm: OnBad


class Held(Model):
    """Who holds the environment, and since when."""

    holder: str
    since: datetime


class Preflight(Model):
    """What a start would meet."""

    environment: str
    at: datetime
    ready: bool
    """Whether a cutover with this plan could start."""
    problems: tuple[Problem, ...]
    judgements: tuple[Judgement, ...]
    """Of every gate, as before the first step; none for a plan that does not fit."""
    alarms: tuple[AlarmRole, ...]
    holder: Held | None = None
    capacity: dict[str, int]
    """What blue has: `running` tasks where a service is described, and healthy targets
    for each edge."""
    dns_share: int | None = None
    """Per mille of the DNS answers that lead to edge-2; None without DNS."""
    paged: bool = False
    """Whether a test page was sent."""


def preflight(start: Start, ports: Ports, test_page: str | None = None) -> Preflight:
    """Look at everything once; with a code for it, send a test page, too."""
    plan, now = start.plan, ports.clock.now()
    found = look(
        plan,
        ports,
        cutover_id=start.cutover_id,
        started_by=start.started_by,
        now=now,
    )
    problems = [*_in_the_way(plan, found), *found.problems]
    paged = False
    if test_page is not None:
        try:
            ports.notifier.send(_page(start, test_page, now))
            paged = True
        except AwsError as error:
            problems.append(
                Problem("test page", str(error), "people must be able to be paged")
            )
    baseline = found.draft.baseline if found.draft else None
    return Preflight(
        environment=plan.environment,
        at=now,
        ready=not problems,
        problems=tuple(problems),
        judgements=found.judgements,
        alarms=tuple(
            AlarmRole(gate=gate.name, alarm=gate.alarm, on_alarm=gate.on_alarm)
            for gate in plan.gates
            if isinstance(gate, AlarmGate)
        ),
        holder=Held(holder=found.holder.holder, since=found.holder.since)
        if found.holder
        else None,
        capacity=baseline.capacity if baseline else {},
        dns_share=baseline.dns_share if baseline else None,
        paged=paged,
    )


def _in_the_way(plan: Plan, found: Readiness) -> Iterator[Problem]:
    """What `prepare` raises as errors of their own."""
    if found.holder is not None:
        yield Problem(
            "environment",
            f"{plan.environment} is held by {found.holder.holder} "
            f"since {found.holder.since.isoformat()}",
            "wait for it to end, or end it",
        )
    for gate, failure in found.failures.items():
        yield Problem(f"gate {gate}", str(failure), "must be readable")


def _page(start: Start, code: str, now: datetime) -> Notice:
    """A page that says that it is a test, and shows the code."""
    return Notice(
        severity=Severity.PAGE,
        environment=start.plan.environment,
        cutover_id=start.cutover_id,
        at=now,
        phase="PREFLIGHT",
        step=0,
        steps=len(start.plan.steps),
        action="test_page",
        rule="preflight",
        reason=(
            f"This is a test of the pager: nothing is wrong, nothing was started. "
            f"Type {code} where the preflight of {start.plan.name} asks for it. "
            f"Asked for by {start.started_by}."
        ),
        journal_head=GENESIS,
    )
