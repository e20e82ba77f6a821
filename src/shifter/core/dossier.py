"""The dossier: everything that is known about green, as the record keeps it.

It holds what blue was like before, the times at each step, how far the source was read,
and the state of the engine.  It also holds the intervals that were taken at this look,
so that the journal, which keeps every look, has each interval exactly once: that is
what a replay is fed with.  (A look that could not read its source keeps what the look
before it had, intervals and all; their ends tell.)

A lost or repeated look changes nothing: an interval counts when it follows the newest
one that the record knows, and only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self

from pydantic import ConfigDict

from shifter.core.baseline import baseline
from shifter.core.counts import Counts, Unusable, added
from shifter.core.evidence import Evidence
from shifter.core.gates.gate import Situation
from shifter.core.lanes import PER_MILLE, Lane
from shifter.core.model import Model
from shifter.core.outcomes import Outcome, Source, floored

PROPAGATION = timedelta(seconds=20)
"""So long after weights were read back may requests still go by the old ones."""
BEFORE = timedelta(hours=1)
"""So much of blue's past is looked at before the cutover."""
LEAST_BEFORE = 30
"""Minutes of it that must be known."""
AT_ONCE = timedelta(hours=1)
"""At most so much is read at one look."""

_NOTHING: Counts = (0, 0, 0)


class _Kept(Model):
    # A newer version may have kept more.
    model_config = ConfigDict(extra="ignore")


class Visit(_Kept):
    """A time at which the weights of one step were settled."""

    step: int
    settled_at: datetime
    until: datetime
    """When they were last known to be so."""


class Taken(_Kept):
    """One interval as the engine was given it."""

    end: datetime
    step: int
    whole: bool = False
    """Whether it lies wholly at the step's weights."""
    edges: tuple[tuple[Counts, Counts], ...] = ()
    """Blue's counts and the others' at each edge; none when they are unknown."""


class Dossier(_Kept):
    """What the gate is told again at the next look."""

    before: tuple[float, float, float, float]
    """Blue's requests per minute, fractions of failed and slow ones, and clumping."""
    visits: tuple[Visit, ...] = ()
    """Those of which intervals may still come, and the newest."""
    fed_until: datetime | None = None
    """End of the newest interval that was taken."""
    taken: tuple[Taken, ...] = ()
    """Intervals that were taken at the newest look."""
    state: dict[str, Any] | None = None
    """The engine's; None before the first interval."""

    @classmethod
    def begun(cls, minutes: Iterable[Outcome]) -> Self:
        """From the time before the cutover.  Raises Unusable when that is too little.

        What the other lanes had then says nothing.
        """
        known = [
            blue
            for minute in minutes
            if (blue := _counts(minute, others=False)) is not None
        ]
        if len(known) < LEAST_BEFORE:
            raise Unusable(
                f"blue's requests are known of {len(known)} minutes of the hour before "
                f"the start, and {LEAST_BEFORE} are needed"
            )
        rpm, (failed, slow), phi = baseline(known)
        return cls(before=(rpm, failed, slow, phi))

    def noted(self, situation: Situation) -> Self:
        """Note that the weights of the present step are settled, if they are."""
        settled_at, visits = situation.settled_at, self.visits
        if settled_at is None or situation.step == 0:
            return self
        if not visits or visits[-1].settled_at != settled_at:
            here = Visit(step=situation.step, settled_at=settled_at, until=settled_at)
            visits = (*visits, here)
        if not situation.adopted:
            here = visits[-1].model_copy(update={"until": situation.now})
            visits = (*visits[:-1], here)
        return self.model_copy(update={"visits": visits})

    def wanted_from(self, source: Source) -> datetime | None:
        """Start of the first interval that was not taken; None before any step."""
        if self.fed_until is not None:
            return self.fed_until
        if not self.visits:
            return None
        return floored(self.visits[0].settled_at, source.length)

    def engine(
        self, shares: Iterable[int], parameters: dict[str, Any]
    ) -> tuple[Evidence, tuple[int, ...]]:
        """The engine as it stands, and its ladder: shares below 100 %, in per mille.

        Raises Unusable for a state that this version has not written.
        """
        ladder = tuple(sorted({share for share in shares if share < PER_MILLE}))
        rpm, failed, slow, phi = self.before
        evidence = Evidence(
            rpm,
            (failed, slow),
            phi,
            ladder=tuple(share / PER_MILLE for share in ladder),
            **parameters,
        )
        if self.state is not None:
            evidence.load_state(self.state)
        return evidence, ladder

    def fed(self, outcomes: Iterable[Outcome], source: Source) -> Self:
        """Take the intervals that follow the newest one; the engine learns later."""
        taken: list[Taken] = []
        until = self.wanted_from(source)
        for outcome in outcomes:
            if until is None or outcome.start < until:
                continue
            until = outcome.end
            taken.append(_taken(outcome, self._visited(outcome)))
        return self.model_copy(update={"taken": tuple(taken), "fed_until": until})

    def closed(self, state: dict[str, Any]) -> Self:
        """The same with the engine's state, and without visits that are over."""
        over = self.fed_until
        going_on = [
            visit
            for visit, later in pairwise(self.visits)
            if over is None or later.settled_at >= over
        ]
        visits = (*going_on, *self.visits[-1:])
        return self.model_copy(update={"state": state, "visits": visits})

    def _visited(self, outcome: Outcome) -> Visit:
        """The newest visit that an interval has a part of."""
        begun = (visit for visit in self.visits if visit.settled_at < outcome.end)
        return [self.visits[0], *begun][-1]


def learn(
    evidence: Evidence, taken: Taken, ladder: tuple[int, ...], share: int
) -> None:
    """Give one interval to the engine; one at 100 % has no control and is left out."""
    if share not in ladder:
        return
    step, now = ladder.index(share), taken.end.timestamp()
    edges = [*taken.edges, None, None][:2]
    blue, green = edges[0] or (_NOTHING, _NOTHING)
    try:
        evidence.update(
            now=now,
            step=step,
            blue=blue,
            green=green,
            edge_2=edges[1],
            whole=taken.whole,
            missing=not taken.edges,
        )
    except Unusable:  # nothing was changed: counts that cannot be are no counts
        evidence.update(now=now, step=step, blue=blue, green=green, missing=True)


def _taken(outcome: Outcome, visit: Visit) -> Taken:
    edges = tuple(
        (counts.get(Lane.BLUE, _NOTHING), _others(counts) or _NOTHING)
        for _, counts in sorted(outcome.counts.items())
    )
    whole = (
        outcome.start >= visit.settled_at + PROPAGATION and outcome.end <= visit.until
    )
    known = all(_counts(outcome, others=o) is not None for o in (False, True))
    return Taken(
        end=outcome.end, step=visit.step, whole=whole, edges=edges if known else ()
    )


def _counts(outcome: Outcome, *, others: bool) -> Counts | None:
    """Blue's counts over all edges, or the other lanes'; None when unknown."""
    found: Counts | None = None
    for counts in outcome.counts.values():
        more = _others(counts) if others else counts.get(Lane.BLUE)
        if more is not None:
            found = added(found or _NOTHING, more)
    return found


def _others(counts: Mapping[Lane, Counts]) -> Counts | None:
    found: Counts | None = None
    for lane, more in counts.items():
        if lane is not Lane.BLUE:
            found = added(found or _NOTHING, more)
    return found
