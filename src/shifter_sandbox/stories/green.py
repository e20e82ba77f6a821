"""Stories of green and blue themselves: what fails, slows down, lags or shrinks."""

from __future__ import annotations

from shifter.core.lanes import Lane
from shifter_sandbox import mishaps, people
from shifter_sandbox.scenario import (
    MINUTE,
    QUICK,
    SHORT,
    End,
    Onset,
    Scenario,
    shipped_gates,
    when,
)
from shifter_sandbox.shows import entries_of, held_for
from shifter_sandbox.troubles import error_rate, latency, outage, slow_leak

_BY_ALARMS = {"gates": shipped_gates()}
"""Without evidence, which would be first."""
FAILS = when("green fails", mishaps.trouble(outage))

COMPLETE = Scenario(
    "complete",
    "nothing goes wrong",
    End.COMPLETED,
    because="every step",
    onset=Onset.NEVER,
)
OUTAGE = Scenario(
    "outage",
    "green fails completely",
    End.ROLLED_BACK,
    (FAILS,),
    because="5xx",
)
ERRORS = Scenario(
    "errors",
    "5 % of green's requests fail",
    End.ROLLED_BACK,
    (when("green fails for 5 %", mishaps.trouble(error_rate, errors=0.05), 250),),
    plan=_BY_ALARMS,
    because="5xx",
)
SLOW_LEAK = Scenario(
    "slow-leak",
    "green fails for a little more every minute",
    End.ROLLED_BACK,
    (when("green leaks", mishaps.trouble(slow_leak, per_minute=0.01), 50),),
    plan=_BY_ALARMS,
    because="5xx",
)
LATENCY = Scenario(
    "latency",
    "green becomes slow; the plan holds, and an operator gives up",
    End.ROLLED_BACK,
    (
        when("green is slow", mishaps.trouble(latency, seconds=0.9), 250),
        when("the operator aborts", people.abort, 250, 15 * MINUTE),
    ),
    plan=_BY_ALARMS,
    because="aborted",
    shows=(held_for("latency"),),
)
LAG = Scenario(
    "lag",
    "replication falls behind by two minutes",
    End.ROLLED_BACK,
    (when("lag of 120 s", mishaps.lag(120)),),
    because="lag",
)
REPLICATION_STOPS = Scenario(
    "replication-stops",
    "the DMS task stops",
    End.ROLLED_BACK,
    (when("the task stops", mishaps.stop_replication),),
    because="replication",
)
GREEN_UNHEALTHY = Scenario(
    "green-unhealthy",
    "green's health checks fail",
    End.ROLLED_BACK,
    (when("green is unhealthy", mishaps.unhealthy(Lane.GREEN), 500),),
    because="green",
)
ALARM_BETWEEN_POLLS = Scenario(
    "alarm-between-polls",
    "green fails completely, and the next poll is minutes away",
    End.ROLLED_BACK,
    (FAILS,),
    plan={"poll": "5m"},
    because="alarm payments-prod-green-5xx is in ALARM",
    shows=(entries_of("breaker", "roll_back"),),
)
BLUE_SHRINKS = Scenario(
    "blue-shrinks",
    "somebody scales blue down during a bake: it holds until blue is back",
    End.COMPLETED,
    (
        when("blue is scaled down to 1", mishaps.scale_blue(1)),
        when("blue is scaled up again", mishaps.scale_blue(3), later=9 * MINUTE),
    ),
    shows=(held_for("capacity"),),
)
_BLUE_DIES = (
    when("edge-2 loses blue", mishaps.unhealthy(Lane.BLUE, edge="edge-2")),
    when("green fails", mishaps.trouble(outage), later=2 * MINUTE),
)
BLUE_GONE = Scenario(
    "blue-gone",
    "green fails, and edge-2 has no healthy target of blue: it is left to green, "
    "and people are paged, until blue is back",
    End.ROLLED_BACK,
    (
        *_BLUE_DIES,
        when(
            "blue is healthy again",
            mishaps.unhealthy(Lane.BLUE, edge="edge-2", on=False),
            later=10 * MINUTE,
        ),
    ),
    because="5xx",
    shows=(entries_of("roll_back", "stuck"),),
)
BLUE_GONE_FOR_GOOD = Scenario(
    "blue-gone-for-good",
    "the same, and blue does not come back",
    End.STUCK,
    _BLUE_DIES,
    because="not written: blue has no healthy target there",
)
ONE_EDGE = Scenario(
    "one-edge",
    "one edge without DNS, with its weights in the listener",
    End.COMPLETED,
    plan={
        "steps": [
            {"share": "10 %", "bake": "3m"},
            {"share": "50 %", "bake": "3m"},
            {"share": "100 %"},
        ]
    },
    parts={"edges": 1, "dns": False, "default_action": True},
    onset=Onset.NEVER,
)

RUNS = (
    *SHORT.at_both_ends(OUTAGE),
    COMPLETE,
    *SHORT.at_both_ends(ERRORS),
    *SHORT.at_both_ends(SLOW_LEAK),
    *SHORT.at_both_ends(LATENCY),
    *SHORT.at_both_ends(LAG),
    *SHORT.at_both_ends(REPLICATION_STOPS),
    *SHORT.at_both_ends(GREEN_UNHEALTHY),
    *SHORT.at_both_ends(ALARM_BETWEEN_POLLS),
    *QUICK.at_each(BLUE_SHRINKS),
    *SHORT.at_each(BLUE_GONE),
    *SHORT.at_each(BLUE_GONE_FOR_GOOD),
    ONE_EDGE,
)
