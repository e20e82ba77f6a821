"""What is told about a gate is what the gate does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from shifter.cli.consequences import (
    Outcome,
    can_roll_back,
    when_bad,
    when_no_data,
    when_overdue,
    when_unreadable,
)
from shifter.core.edges import EdgeState
from shifter.core.gates.alarm import AlarmGate, AlarmSeen, AlarmState
from shifter.core.gates.approval import ApprovalGate
from shifter.core.gates.calendar import CalendarGate, CalendarSeen
from shifter.core.gates.capacity import CapacityGate, CapacitySeen
from shifter.core.gates.dns import DnsSeen, DnsSettledGate
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import (
    Gate,
    OnBad,
    OnDeadline,
    OnSilence,
    Reading,
    Situation,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.gates.hold import HoldGate
from shifter.core.gates.line import LineGate, LineSeen
from shifter.core.gates.replication import Lag, ReplicationGate, ReplicationSeen
from shifter.core.gates.sufficiency import SufficiencyGate
from shifter.core.gates.targets import TargetsGate, TargetsSeen
from shifter.core.gates.watchdog import HeartbeatSeen, WatchdogGate
from shifter.core.gates.weights import WeightsGate
from shifter.core.lanes import Lane, Split, Weights
from shifter.core.orders import Answer, Pause
from shifter.core.plan import parse_plan
from tests.cli.plans import good_plan

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BAKING = Situation(now=NOW, split=Split.leaving_blue(100), settled_at=NOW)
DECLINED = Answer(by="ana", at=NOW, reason="no", gate="half", approved=False)
LAGS = tuple(Lag(at=NOW - timedelta(minutes=m), seconds=90) for m in (2, 1, 0))

ALARM = AlarmGate(name="a", alarm="a", on_alarm=OnBad.ROLL_BACK)
QUIET_ALARM = AlarmGate(name="a", alarm="a", on_alarm=OnBad.HOLD)
REPLICATION = ReplicationGate(
    name="r",
    task="forward",
    hold_above=timedelta(seconds=5),
    breach_above=timedelta(seconds=60),
)
LAG_ONLY_HOLDS = ReplicationGate(
    name="r",
    task="forward",
    hold_above=timedelta(seconds=5),
    on_failed=OnBad.HOLD,
)
TARGETS = TargetsGate(name="t", lane=Lane.GREEN)
APPROVAL = ApprovalGate.model_validate({"name": "half", "before": "50 %"})
CALENDAR = CalendarGate(name="c", calendar="office-hours")
STILL = HeartbeatSeen("heartbeat", AlarmSeen(AlarmState.ALARM))


def _weights(share: int) -> dict[str, EdgeState]:
    return {"edge-1": EdgeState(weights=Split.leaving_blue(share).weights())}


BAD: list[tuple[Gate[Any], Any, dict[str, Any], str]] = [
    (ALARM, AlarmSeen(AlarmState.ALARM), {}, "in ALARM"),
    (QUIET_ALARM, AlarmSeen(AlarmState.ALARM), {}, "in ALARM"),
    (REPLICATION, ReplicationSeen("running", lags=LAGS[:1]), {}, "lag above 5s"),
    (REPLICATION, ReplicationSeen("running", lags=LAGS), {}, "lag above 1m, 3 times"),
    (REPLICATION, ReplicationSeen("stopped"), {}, "task failed or stopped"),
    (LAG_ONLY_HOLDS, ReplicationSeen("running", lags=LAGS), {}, "lag above 5s"),
    (LAG_ONLY_HOLDS, ReplicationSeen("failed"), {}, "task failed or stopped"),
    (
        TARGETS,
        TargetsSeen({"edge-1": 0}, {"edge-1": 2}),
        {},
        "healthy green targets below 1",
    ),
    (APPROVAL, None, {"next_share": 500}, "no answer before 50 %"),
    (APPROVAL, None, {"answers": (DECLINED,)}, "declined"),
    (WeightsGate(), _weights(50), {}, "changed by hand"),
    (WeightsGate(), _weights(200), {}, "above the step's share"),
    (CapacityGate(), CapacitySeen({"edge-1": 0}), {}, "less blue than at the start"),
    (
        HoldGate(),
        None,
        {"pause": Pause(by="ana", at=NOW, reason="lunch")},
        "paused",
    ),
    (CALENDAR, CalendarSeen(open=False), {}, "closed, or closing too soon"),
    (LineGate(), LineSeen("line", "a flood"), {}, "stopped"),
    (WatchdogGate(), STILL, {}, "no heartbeat"),
]


@pytest.mark.parametrize("policy", OnBad)
def test_evidence_leads_where_it_is_said_to_lead(policy: OnBad) -> None:
    """What is said of it is what its own tests show (tests/core/gates)."""
    gate = EvidenceGate(name="e", slow_above_ms=500, on_worse=policy)
    waiting, worse = when_bad(gate)

    assert (waiting.when, waiting.then) == (
        "too little evidence",
        Outcome.HOLD,
    )
    assert worse.when == "green worse than blue"
    assert (worse.then is Outcome.ROLL_BACK) == (policy.verdict is Verdict.BREACH)
    assert can_roll_back(gate) is (policy is OnBad.ROLL_BACK)
    assert when_no_data(gate) is when_unreadable(gate) is Outcome.HOLD


@pytest.mark.parametrize(("gate", "seen", "known", "when"), BAD)
def test_a_bad_reading_leads_where_it_is_said_to_lead(
    gate: Gate[Any], seen: Any, known: dict[str, Any], when: str
) -> None:
    situation = Situation(
        now=NOW, split=BAKING.split, expected=(BAKING.split,), **known
    )

    judged = gate.judge(seen, situation)

    [told] = [bad for bad in when_bad(gate) if bad.when == when]
    assert judged.reading.state is State.BAD
    assert (told.then is Outcome.ROLL_BACK) == (judged.verdict is Verdict.BREACH)


def test_silence_leads_where_the_plan_says() -> None:
    gates: tuple[Gate[Any], ...] = (
        ALARM,
        REPLICATION,
        TARGETS,
        CapacityGate(),
        LineGate(),
        WatchdogGate(),
    )
    for gate in gates:
        wary = gate.model_copy(
            update={"on_no_data": OnSilence.BREACH, "on_unreadable": OnSilence.BREACH}
        )

        assert gate.judge(Unreadable("-"), BAKING).verdict is Verdict.WAIT
        assert when_no_data(gate) is when_unreadable(gate) is Outcome.HOLD
        assert wary.judge(Unreadable("-"), BAKING).verdict is Verdict.BREACH
        assert when_no_data(wary) is when_unreadable(wary) is Outcome.ROLL_BACK


def test_what_is_in_the_record_is_never_silent() -> None:
    for gate in (APPROVAL, HoldGate()):
        assert when_no_data(gate) is None
        assert when_unreadable(gate) is None


def test_edges_dns_and_calendars_always_have_something_to_say() -> None:
    edges = WeightsGate().judge({"edge-1": EdgeState(weights=Weights())}, BAKING)
    dns = DnsSettledGate().judge(DnsSeen(None), BAKING)

    assert State.NO_DATA not in {edges.reading.state, dns.reading.state}
    assert when_no_data(WeightsGate()) is when_no_data(DnsSettledGate()) is None
    assert when_no_data(CALENDAR) is None
    assert when_unreadable(CALENDAR) is Outcome.HOLD


@pytest.mark.parametrize(
    ("policy", "then"),
    [
        (OnDeadline.HOLD_AND_PAGE, Outcome.HOLD_AND_PAGE),
        (OnDeadline.ROLL_BACK, Outcome.ROLL_BACK),
    ],
)
def test_waiting_for_too_long_leads_where_the_plan_says(
    policy: OnDeadline, then: Outcome
) -> None:
    gate = ALARM.model_copy(update={"on_deadline": policy})

    told = when_overdue(gate, timedelta(hours=1))

    assert told.when == "1h"
    assert told.then is then


def test_only_a_roll_back_is_a_roll_back() -> None:
    counting = SufficiencyGate(name="s", minimum_requests=1)

    assert can_roll_back(ALARM)
    assert not can_roll_back(QUIET_ALARM)
    assert not can_roll_back(counting)
    assert not can_roll_back(DnsSettledGate())


def test_every_gate_of_a_plan_is_told() -> None:
    assert all(when_bad(gate) for gate in parse_plan(good_plan()).all_gates)


def test_a_gate_of_a_kind_that_nobody_described_is_not_passed_over() -> None:
    class Moon(Gate[None]):
        kind: Literal["moon"] = "moon"

        def look(self, seen: None, situation: Situation) -> tuple[Reading, Verdict]:
            raise NotImplementedError

    with pytest.raises(TypeError, match="moon gate"):
        when_bad(Moon(name="moon"))
