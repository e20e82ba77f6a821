"""Evidence: green is not worse than blue, and good enough for the next step.

What is known stands in the gate's memory, the *dossier*; the engine judges it
(docs/evidence.md), and here its answers become readings:

    ROLLBACK              bad, which is what `on_worse` says
    ADVANCE, DONE         good, if enough requests came, and where they were meant to
    HOLD, PAUSE           bad, which waits: this gate's deadline ends it
    counts stay away      no data

At 100 % there is no blue to compare with.  The gate says so and stands aside, but for
what it had found before.

Rule of this file: dossier and engine are imported when they are first asked.  Every
function reads plans; those that go back judge nothing, and must not wait for that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from shifter.core.counts import Unusable
from shifter.core.gates.gate import (
    Gate,
    Judgement,
    OnBad,
    Reading,
    Situation,
    State,
    Verdict,
)
from shifter.core.lanes import PER_MILLE, percent
from shifter.core.outcomes import (
    MINUTE,
    Failure,
    Objective,
    OutcomesSeen,
    OutcomesWanted,
    Source,
    Span,
    floored,
)
from shifter.core.quantities import Duration, Share

if TYPE_CHECKING:
    from shifter.core.dossier import Dossier
    from shifter.core.evidence import Evidence

_FAILURES = (Failure.TARGET_5XX, Failure.CONNECTION)
_FOREVER_S = timedelta(days=366).total_seconds()
"""The engine's own time-out, which the deadline of the gate replaces."""


class EvidenceGate(Gate[OutcomesSeen]):
    """Passes while traffic does not show that green is worse, and enough of it came."""

    kind: Literal["evidence"] = "evidence"
    source: Source = Source.LOAD_BALANCER
    """Who counts requests: the load balancers, or the application itself."""
    errors: tuple[Failure, ...] | None = Field(default=None, min_length=1)
    """What the load balancers count as failed; left out, `5xx` and `connection`."""
    slow_above_ms: int | None = Field(default=None, ge=1, le=600_000)
    """Latency objective: slower requests are slow.  For load balancers only."""
    budget: int = Field(default=25, ge=1, le=100_000)
    """Bad requests that a step may cost before anybody reacts."""
    alpha: Share = Field(default=10, ge=1, le=100)
    """Chance that a healthy release is rolled back, over the whole cutover."""
    minimum_requests: int = Field(default=20, ge=1)
    """Requests that must have left blue at each step, however good they were."""
    stale_after: Duration | None = None
    """No usable counts for so long is no data; left out, three intervals."""
    on_worse: OnBad = OnBad.ROLL_BACK
    """What it leads to that green is worse than blue."""

    to_start = "evidence needs blue's traffic of the hour before: see docs/evidence.md"

    @model_validator(mode="after")
    def _who_counts_what(self) -> Self:
        if self.source is Source.LOAD_BALANCER and self.slow_above_ms is None:
            raise ValueError("slow_above_ms: required where the load balancers count")
        if self.stale_after is not None and self.stale_after < timedelta(seconds=10):
            raise ValueError("stale_after: at least 10s")
        told = self.errors, self.slow_above_ms
        if self.source is Source.APPLICATION and told != (None, None):
            raise ValueError(
                "the application decides what failed and what was slow: "
                "remove errors and slow_above_ms"
            )
        return self

    @property
    def objective(self) -> Objective:
        """Who counts, and what."""
        if self.source is Source.APPLICATION:
            return Objective(self.source)
        failures = self.errors or _FAILURES
        return Objective(self.source, failures, self.slow_above_ms)

    def parameters(self) -> dict[str, Any]:
        """What the engine is told besides the ladder; frozen with the plan."""
        from shifter.core.evidence_parameters import TEN_SECONDS, Parameters

        length_s = self.source.length.total_seconds()
        stale = Parameters.stale_intervals
        if self.stale_after is not None:
            stale = max(self.stale_after.total_seconds() / length_s, 1.0)
        return {
            **(TEN_SECONDS if self.source is Source.APPLICATION else {}),
            "alpha": self.alpha / PER_MILLE,
            "budget": float(self.budget),
            "stale_intervals": stale,
            "dwell_s": _FOREVER_S,
        }

    def wants(self, situation: Situation) -> OutcomesWanted:
        """What has to be read for this look."""
        from shifter.core.dossier import AT_ONCE, BEFORE

        wanted = OutcomesWanted(self.objective)
        try:
            dossier = _recall(situation)
        except Unusable:
            return wanted
        if dossier is None:
            began = situation.started_at
            if began is None or situation.step > 0:
                return wanted
            until = floored(began - self.source.settle, MINUTE)
            return OutcomesWanted(self.objective, before=Span(until - BEFORE, until))
        start = dossier.noted(situation).wanted_from(self.source)
        closed = floored(situation.now - self.source.settle, self.source.length)
        if start is None or start >= closed or _is_over(start, situation):
            return wanted
        span = Span(start, min(closed, start + AT_ONCE))
        return OutcomesWanted(self.objective, since=span)

    def look(self, seen: OutcomesSeen, situation: Situation) -> tuple[Reading, Verdict]:
        try:
            dossier = self._learnt(seen, situation)
            evidence, ladder = dossier.engine(situation.shares, self.parameters())
        except Unusable as unusable:
            if situation.step == 0:
                return self._tell(State.NO_DATA, str(unusable)), Verdict.WAIT
            told = (
                f"the evidence so far is lost, and no other may replace it: {unusable}"
            )
            return self._tell(State.BAD, told), Verdict.WAIT
        return self._judge(dossier, evidence, ladder, situation)

    def remember(self, seen: OutcomesSeen, situation: Situation) -> str | None:
        try:
            return self._learnt(seen, situation).model_dump_json()
        except Unusable:
            return situation.memory

    def rejudge(
        self,
        dossier: Dossier,
        evidence: Evidence,
        ladder: tuple[int, ...],
        situation: Situation,
    ) -> Judgement:
        """Judge what an engine knows, for a replay; nothing is remembered."""
        reading, bad = self._judge(dossier, evidence, ladder, situation)
        return self._conclude(reading, bad, None)

    def _learnt(self, seen: OutcomesSeen, situation: Situation) -> Dossier:
        """Everything that is known after this look.  Raises Unusable."""
        from shifter.core.dossier import Dossier, learn

        dossier = _recall(situation)
        if dossier is None:
            if situation.step > 0:
                raise Unusable("the record has lost what was known")
            return Dossier.begun(seen.before)
        dossier = dossier.noted(situation).fed(seen.since, self.source)
        evidence, ladder = dossier.engine(situation.shares, self.parameters())
        for taken in dossier.taken:
            learn(evidence, taken, ladder, situation.shares[taken.step - 1])
        return dossier.closed(evidence.to_state())

    def _judge(
        self,
        dossier: Dossier,
        evidence: Evidence,
        ladder: tuple[int, ...],
        situation: Situation,
    ) -> tuple[Reading, Verdict]:
        from shifter.core.evidence import ANSWERS
        from shifter.core.explanation import explain

        now = situation.now.timestamp()
        if evidence.crossed_at is not None:
            newest = evidence.permission.step
            told = explain(evidence, now=now, step=newest, since_step_s=0.0)
            return self._tell(State.BAD, told, evidence), self.on_worse.verdict
        if situation.step == 0:
            return self._tell(State.GOOD, _before(dossier)), Verdict.WAIT
        if situation.settled_at is None:
            told = "nothing to judge while weights move"
            return self._tell(State.GOOD, told, evidence), Verdict.WAIT
        share = situation.shares[situation.step - 1]
        if share not in ladder:
            told = f"no control at {percent(share)}: nothing is left on blue to compare"
            return self._tell(State.GOOD, told, evidence), Verdict.WAIT
        step = ladder.index(share)
        since_step_s = (situation.now - situation.settled_at).total_seconds()
        rule = evidence.rule(now=now, step=step, since_step_s=since_step_s)
        told = explain(evidence, now=now, step=step, since_step_s=since_step_s)
        if rule == "silent":
            return self._tell(State.NO_DATA, told, evidence), Verdict.WAIT
        astray = _astray(evidence, share) if evidence.permission.step == step else ""
        if astray:
            return self._tell(State.BAD, astray, evidence), Verdict.WAIT
        if ANSWERS[rule] not in {"ADVANCE", "DONE"}:
            return self._tell(State.BAD, told, evidence), Verdict.WAIT
        served, least = evidence.green[0], self.minimum_requests
        if served < least:
            told = f"{served:,} of {least:,} requests left blue at {percent(share)}"
            return self._tell(State.BAD, told, evidence), Verdict.WAIT
        return self._tell(State.GOOD, told, evidence), Verdict.WAIT

    def _tell(
        self, state: State, detail: str, evidence: Evidence | None = None
    ) -> Reading:
        stamp = evidence.stamp if evidence else None
        return Reading(
            state=state,
            detail=detail,
            value=round(evidence.log_e, 6) if evidence else None,
            unit="nats against green" if evidence else "",
            source=_NAMES[self.source],
            at=None if stamp is None else datetime.fromtimestamp(stamp, tz=UTC),
        )


_NAMES = {
    Source.LOAD_BALANCER: "ALB counts of each minute",
    Source.APPLICATION: "the application's counts of each ten seconds",
}


def _recall(situation: Situation) -> Dossier | None:
    """What was known at the last look.  Raises Unusable for what nobody wrote."""
    from shifter.core.dossier import Dossier

    if situation.memory is None:
        return None
    try:
        return Dossier.model_validate_json(situation.memory)
    except ValidationError as error:
        raise Unusable(
            f"{error.error_count()} fields of what the record kept are not what was "
            "written"
        ) from None


def _astray(evidence: Evidence, share: int) -> str:
    """Where requests went, if not to where they were meant to go."""
    from shifter.core.sample_ratio import is_off

    on_green, on_blue = evidence.permission.arrived
    if not is_off(on_green, on_blue, share / PER_MILLE):
        return ""
    return (
        f"{100 * on_green / (on_green + on_blue):.3g} % of {on_green + on_blue:,} "
        f"requests left blue, and {percent(share)} were meant to: counts are lost, "
        "clients stick to a lane, or the routing is wrong"
    )


def _is_over(start: datetime, situation: Situation) -> bool:
    """Tell whether all that comes from this moment on is at 100 %."""
    settled_at, step = situation.settled_at, situation.step
    if settled_at is None or situation.shares[step - 1] < PER_MILLE:
        return False
    return start >= settled_at


def _before(dossier: Dossier) -> str:
    rpm, failed, slow, _ = dossier.before
    return (
        f"blue had {rpm:,.0f} requests a minute before, {100 * failed:.2g} % of them "
        f"failed and {100 * slow:.2g} % slow; the first step will tell more"
    )
