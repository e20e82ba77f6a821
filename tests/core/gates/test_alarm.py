from __future__ import annotations

import pytest

from shifter.core.errors import Problem
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.gate import (
    Judgement,
    OnBad,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.lanes import ALL_BLUE, Lane, Split, Weights
from tests.core.examples import NOW, situation

ANYWHERE = AlarmGate(name="croaking", alarm="frogs", on_alarm=OnBad.ROLL_BACK)
ON_GREEN = AlarmGate(
    name="croaking", alarm="frogs", on_alarm=OnBad.ROLL_BACK, lane=Lane.GREEN
)
BEFORE = situation(expected=(ALL_BLUE,))
MOVING = situation(expected=(ALL_BLUE, Split.leaving_blue(50)))
MOVING_ON = situation(expected=(Split.leaving_blue(50), Split.leaving_blue(500)))
AFTER = situation(expected=(Split.leaving_blue(50),))
EDGES = frozenset({"edge-1", "edge-2"})
TAKEN_AWAY = situation(
    expected=(Split.leaving_blue(50),),
    adopted={"edge-1": Weights(blue=1), "edge-2": Weights(blue=2)},
    edges=EDGES,
)
AT_ONE_EDGE = situation(
    expected=(Split.leaving_blue(50),),
    adopted={"edge-1": Weights(blue=1)},
    edges=EDGES,
)
LOWERED = situation(
    expected=(Split.leaving_blue(50),),
    adopted={"edge-1": Weights(blue=99, green=1), "edge-2": Weights(blue=1)},
    edges=EDGES,
)

OK = AlarmSeen(AlarmState.OK, updated_at=NOW)
LOUD = AlarmSeen(AlarmState.ALARM, reason="9 croaks above 3", updated_at=NOW)
SILENT = AlarmSeen(AlarmState.INSUFFICIENT_DATA)
MISSING = AlarmSeen(AlarmState.MISSING)


@pytest.mark.parametrize(
    ("seen", "state", "detail", "verdict"),
    [
        pytest.param(OK, State.GOOD, "OK", Verdict.PASS, id="OK"),
        pytest.param(
            LOUD, State.BAD, "in ALARM: 9 croaks above 3", Verdict.BREACH, id="ALARM"
        ),
        pytest.param(
            AlarmSeen(AlarmState.ALARM),
            State.BAD,
            "in ALARM: no reason given",
            Verdict.BREACH,
            id="ALARM without reason",
        ),
        pytest.param(
            SILENT, State.NO_DATA, "INSUFFICIENT_DATA", Verdict.WAIT, id="no data"
        ),
        pytest.param(
            MISSING,
            State.NO_DATA,
            "no alarm is named frogs",
            Verdict.WAIT,
            id="missing",
        ),
        pytest.param(
            AlarmSeen(AlarmState.OK, actions_enabled=False),
            State.GOOD,
            "OK",
            Verdict.PASS,
            id="muted, but OK",
        ),
    ],
)
def test_an_alarm_passes_while_it_is_ok(
    seen: AlarmSeen, state: State, detail: str, verdict: Verdict
) -> None:
    assert Judgement(
        gate="croaking",
        kind="alarm",
        reading=Reading(
            state=state, detail=detail, source="alarm frogs", at=seen.updated_at
        ),
        verdict=verdict,
    ) == ANYWHERE.judge(seen, AFTER)


@pytest.mark.parametrize(
    ("gate", "where", "state", "detail"),
    [
        (ON_GREEN, BEFORE, State.GOOD, "no data, and no traffic on green yet"),
        (ON_GREEN, MOVING, State.GOOD, "no data, and no traffic on green yet"),
        (ON_GREEN, MOVING_ON, State.NO_DATA, "INSUFFICIENT_DATA"),
        (ON_GREEN, AFTER, State.NO_DATA, "INSUFFICIENT_DATA"),
        (ON_GREEN, TAKEN_AWAY, State.GOOD, "no data, and no traffic on green yet"),
        (ON_GREEN, AT_ONE_EDGE, State.NO_DATA, "INSUFFICIENT_DATA"),
        (ON_GREEN, LOWERED, State.NO_DATA, "INSUFFICIENT_DATA"),
        (ANYWHERE, BEFORE, State.NO_DATA, "INSUFFICIENT_DATA"),
    ],
    ids=[
        "before",
        "moving",
        "moving on",
        "after",
        "taken away",
        "taken away at one edge",
        "lowered",
        "no lane is named",
    ],
)
def test_no_data_is_fine_only_where_there_is_no_traffic(
    gate: AlarmGate, where: Situation, state: State, detail: str
) -> None:
    """The lane has to be named, and a split that may be shown gives it nothing."""
    judged = gate.judge(SILENT, where)

    assert (state, detail) == (judged.reading.state, judged.reading.detail)


@pytest.mark.parametrize(
    ("gate", "seen", "problem"),
    [
        pytest.param(
            ANYWHERE,
            MISSING,
            Problem(
                "gate croaking",
                "frogs",
                "no such alarm: create it or correct the name",
            ),
            id="missing",
        ),
        pytest.param(
            ANYWHERE,
            AlarmSeen(AlarmState.ALARM, actions_enabled=False),
            Problem(
                "gate croaking",
                "frogs is in ALARM",
                "clear its cause before starting",
            ),
            id="in ALARM, and muted",
        ),
        pytest.param(
            ANYWHERE,
            AlarmSeen(AlarmState.OK, actions_enabled=False),
            Problem(
                "gate croaking",
                "the actions of frogs are disabled",
                "somebody muted it: enable its actions",
            ),
            id="muted",
        ),
        pytest.param(
            ON_GREEN,
            AlarmSeen(AlarmState.INSUFFICIENT_DATA, actions_enabled=False),
            Problem(
                "gate croaking",
                "the actions of frogs are disabled",
                "somebody muted it: enable its actions",
            ),
            id="muted before there is traffic",
        ),
        pytest.param(
            ANYWHERE,
            SILENT,
            Problem(
                "gate croaking",
                "frogs has INSUFFICIENT_DATA",
                "wait for data, or name the lane without traffic that it watches",
            ),
            id="no data, and no lane named",
        ),
        pytest.param(
            ANYWHERE,
            Unreadable("the frogs are shy"),
            Problem(
                "gate croaking",
                "the frogs are shy",
                "must pass before a cutover can start",
            ),
            id="unreadable",
        ),
        pytest.param(ON_GREEN, SILENT, None, id="no data, and no traffic yet"),
        pytest.param(ANYWHERE, OK, None, id="OK"),
    ],
)
def test_an_alarm_that_cannot_speak_refuses_the_start(
    gate: AlarmGate, seen: AlarmSeen | Unreadable, problem: Problem | None
) -> None:
    """So does one that is speaking."""
    assert problem == gate.refusal(seen, BEFORE)
