"""Stories of evidence: what green's requests show against blue's, or do not show."""

from __future__ import annotations

from typing import Any

from shifter.core.lanes import Lane
from shifter_sandbox import mishaps
from shifter_sandbox.application_metrics import NAMESPACE
from shifter_sandbox.scenario import (
    MINUTE,
    End,
    Onset,
    Scenario,
    shipped_gates,
    when,
)
from shifter_sandbox.shows import held_for
from shifter_sandbox.troubles import error_rate, latency

_WITHOUT_ALARMS_OF_RATES = "errors health latency"
"""Alarms that a fault of both lanes would fire, too."""


def _asking_the_application() -> dict[str, Any]:
    gate = {"kind": "evidence", "name": "evidence", "source": "application"}
    return {"gates": shipped_gates(gate)}


WORSE = Scenario(
    "worse",
    "3 % of green's requests fail: at this share too few for an alarm, yet more than "
    "blue's",
    End.ROLLED_BACK,
    (when("green fails for 3 %", mishaps.trouble(error_rate, errors=0.03), 50),),
    because="green is worse than blue",
    onset=Onset.NEVER,
)
SLOWER = Scenario(
    "slower",
    "green takes a second more for every request",
    End.ROLLED_BACK,
    (when("green is slow", mishaps.trouble(latency, seconds=1.0), 100),),
    because="green is worse than blue",
    onset=Onset.NEVER,
)
BOTH_FAIL = Scenario(
    "both-fail",
    "blue fails as often as green for a while, as with a slow database: no reason to "
    "leave green, and none to go on",
    End.COMPLETED,
    (
        when(
            "both lanes fail for 5 %",
            mishaps.troubles(
                error_rate, Lane.BLUE, Lane.GREEN, errors=0.05, lasting=6 * MINUTE
            ),
        ),
    ),
    plan={"gates": shipped_gates(without=_WITHOUT_ALARMS_OF_RATES)},
    shows=(held_for("evidence"),),
    onset=Onset.NEVER,
)
COUNTS_STOP = Scenario(
    "counts-stop",
    "the application's counts stop arriving for a while: it holds until they are back",
    End.COMPLETED,
    (
        when(
            "the application's counts stop for 10 minutes",
            mishaps.stop_metrics(lasting=10 * MINUTE, of=NAMESPACE),
            later=3 * MINUTE,
        ),
    ),
    plan=_asking_the_application(),
    shows=(held_for("evidence"),),
    onset=Onset.NEVER,
)
WORSE_BY_ITS_OWN_COUNTS = Scenario(
    "worse-by-its-own-counts",
    "3 % of green's requests fail, and the application tells so every ten seconds",
    End.ROLLED_BACK,
    (when("green fails for 3 %", mishaps.trouble(error_rate, errors=0.03), 50),),
    plan=_asking_the_application(),
    because="green is worse than blue",
    onset=Onset.NEVER,
)

RUNS = (WORSE, SLOWER, BOTH_FAIL, COUNTS_STOP, WORSE_BY_ITS_OWN_COUNTS)
