"""Grids: every combination of what a decision or a verdict depends on.

A property that holds here holds in every corner that the rules know; Hypothesis looks
for corners that they do not know.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

from shifter.core.case import Case
from shifter.core.edges import Found
from shifter.core.gates.alarm import AlarmSeen, AlarmState
from shifter.core.gates.gate import (
    Judgement,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.replication import Lag, ReplicationSeen
from shifter.core.lanes import ALL_BLUE, Split
from shifter.core.phases import Phase
from shifter.core.record import Record
from tests.core.examples import (
    ABORT,
    HOUR,
    MINUTE,
    NOW,
    OTTERS,
    RESUME,
    SECOND,
    baked,
    judgement,
    judgements,
    record,
)

BOTH = (True, False)
STANDINGS: tuple[Record, ...] = (
    record(Phase.PREPARED, 0),
    record(Phase.SHIFTING, 1),
    record(Phase.SHIFTING, 3),
    *(
        standing
        for step in (1, 2, 3)
        for standing in (
            record(Phase.BAKING, step, bake_from=None),
            record(Phase.BAKING, step, bake_from=NOW - OTTERS.bake(step) + MINUTE),
            baked(step),
        )
    ),
    record(Phase.ROLLING_BACK, 2),
    record(Phase.ROLLBACK_STUCK, 2),
    record(Phase.ROLLED_BACK, 2),
    record(Phase.COMPLETED, 3),
)

_BREACH = judgement("croaking", Verdict.BREACH)
_LAG = judgement("echo", Verdict.WAIT, kind="replication", state=State.NO_DATA)
_ELDER = judgement("elder", Verdict.WAIT, kind="approval")
_WEIGHTS = judgement("weights", Verdict.WAIT, kind="weights")
VERDICTS: tuple[tuple[Judgement, ...], ...] = (
    (),
    (_BREACH,),
    (_BREACH, _ELDER, _LAG),
    (_LAG,),
    (_ELDER,),
    (_WEIGHTS,),
)
ORDERS: tuple[dict[str, Any], ...] = ({}, {"abort": ABORT}, {"resume": RESUME})
FAILURES: tuple[tuple[str | None, int], ...] = (
    (None, 2),
    ("edge-2 refuses", 0),
    ("edge-2 refuses", 2),
)
FOUND = (Found.SAME, Found.DIFFERENT, Found.BELOW, Found.UNREADABLE)
WAITED: tuple[dict[str, Any], ...] = (
    {},
    {"waiting": {"echo": NOW - 1 * HOUR}},
    {"waiting": {"elder": NOW - 8 * HOUR}},
)


@cache
def every_case() -> tuple[Case, ...]:
    """Every combination of the above, at one moment."""
    return tuple(
        Case.about(
            standing.model_copy(update={**order, **waited, "failures": failures}),
            judgements=judged,
            now=NOW,
            found={"edge-1": Found.SAME, "edge-2": found},
            degraded=degraded,
        )
        for standing in STANDINGS
        for judged in (judgements(standing, *but) for but in VERDICTS)
        for order, (degraded, failures), found, waited in product(
            ORDERS, FAILURES, FOUND, WAITED
        )
    )


@cache
def alarm_corners() -> tuple[tuple[AlarmSeen | Unreadable, Situation], ...]:
    """Every answer about an alarm, with and without traffic on green."""
    seen: list[AlarmSeen | Unreadable] = [Unreadable("fog")]
    seen += [AlarmSeen(state, enabled) for state in AlarmState for enabled in BOTH]
    return tuple(
        (answer, Situation(now=NOW, expected=(split,), memory="forty otters"))
        for answer, split in product(seen, (ALL_BLUE, Split.leaving_blue(50)))
    )


@cache
def replication_corners() -> tuple[tuple[ReplicationSeen, Situation], ...]:
    """Tasks in every state, with lags on both sides of every limit."""
    ages = (MINUTE, 5 * MINUTE, 5 * MINUTE + SECOND)
    lags = [Lag(NOW - age, seconds) for age, seconds in product(ages, (0, 30, 31, 121))]
    rows: list[tuple[Lag, ...]] = [(), *((lag,) for lag in lags)]
    rows += [(old, new) for old, new in product(lags, lags) if old.at < new.at]
    return tuple(
        (
            ReplicationSeen(status=status, tables_errored=errors, lags=row),
            Situation(now=NOW),
        )
        for status, errors, row in product(
            (None, "running", "starting", "stopped"), (0, 1), rows
        )
    )
