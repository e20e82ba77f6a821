"""Outcomes in CloudWatch: what AWS adds to the contract, and the reader over it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shifter.adapters.memory.signals import MemoryOutcomes
from shifter.adapters.memory.world import MemoryWorld
from shifter.adapters.outcomes import BalancerOutcomes, EvidenceReader
from shifter.core.counts import Counts
from shifter.core.errors import Throttled
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Situation, Unreadable
from shifter.core.lanes import Lane
from shifter.core.outcomes import (
    MINUTE,
    Failure,
    Objective,
    Outcome,
    OutcomesSeen,
    Source,
    Span,
)
from tests.adapters.bench import NOW, AwsBench, invented_topology

HALF_A_SECOND = Objective(
    Source.LOAD_BALANCER, (Failure.TARGET_5XX, Failure.CONNECTION), 500
)
REQUESTS, SLOW = "RequestCount", "TargetResponseTime"
FAILED, REFUSED = "HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount"
SHARES = (100, 1000)
HOUR = timedelta(hours=1)


def answered(aws: AwsBench, shown: dict[str, float], lane: Lane) -> Counts | None:
    """What is understood of metrics that one lane of edge-1 shows in one minute."""
    group = aws.topology.edges[0].target_groups[lane].rpartition(":")[2]

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        del params
        return {
            "MetricDataResults": [
                {
                    "Id": id_,
                    "StatusCode": "Complete",
                    "Timestamps": [NOW] if name in shown and where == group else [],
                    "Values": [shown[name]] if name in shown and where == group else [],
                }
                for id_, (name, where) in asked.items()
            ]
        }

    asked: dict[str, tuple[str, str]] = {}

    def listen(params: Any, **_: Any) -> None:
        for query in params["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            [where] = [
                d["Value"] for d in metric["Dimensions"] if d["Name"] == "TargetGroup"
            ]
            asked[query["Id"]] = (metric["MetricName"], where)

    aws.account.hook("provide-client-params", "cloudwatch", "GetMetricData", listen)
    aws.account.answer("cloudwatch", "GetMetricData", answer)
    outcomes = BalancerOutcomes(aws.account.client("cloudwatch"), aws.topology)
    [told] = outcomes.intervals(HALF_A_SECOND, Span(NOW, NOW + MINUTE), MINUTE)
    return told.counts.get("edge-1", {}).get(lane)


@pytest.mark.parametrize(
    ("shown", "lane", "counts"),
    [
        ({REQUESTS: 90, FAILED: 4, SLOW: 7}, Lane.GREEN, (90, 4, 7)),
        ({REQUESTS: 90}, Lane.GREEN, (90, 0, 0)),
        ({FAILED: 4, SLOW: 7}, Lane.GREEN, None),
        ({}, Lane.GREEN, None),
        ({REQUESTS: 90, FAILED: 4, REFUSED: 3}, Lane.GREEN, (90, 7, 0)),
        ({REQUESTS: 90, FAILED: 4, REFUSED: 270}, Lane.GREEN, (90, 90, 0)),
        ({REQUESTS: 90, SLOW: 6.4}, Lane.GREEN, (90, 0, 6)),
        ({REQUESTS: 90, SLOW: 6.4}, Lane.BLUE, (90, 0, 7)),
        ({REQUESTS: 90, SLOW: 90.2}, Lane.BLUE, (90, 0, 90)),
    ],
    ids=[
        "as it is",
        "nothing failed, so nothing was published",
        "without requests nothing is known",
        "silence",
        "a connection that failed is a request that failed",
        "one that failed three times is one request",
        "a fraction is rounded down on green",
        "and up on blue",
        "but never above all of them",
    ],
)
def test_what_a_load_balancer_shows_is_understood(
    aws: AwsBench, shown: dict[str, float], lane: Lane, counts: Counts | None
) -> None:
    assert counts == answered(aws, shown, lane)


def test_everything_is_one_call_for_raw_statistics(aws: AwsBench) -> None:
    """Never metric math; slow is a count of responses over the threshold."""
    sent = aws.account.record("cloudwatch", "GetMetricData")
    aws.account.answer("cloudwatch", "GetMetricData", lambda _: {})
    outcomes = BalancerOutcomes(aws.account.client("cloudwatch"), aws.topology)

    with pytest.raises(KeyError):  # nothing was answered
        outcomes.intervals(HALF_A_SECOND, Span(NOW, NOW + HOUR), MINUTE)

    [call] = sent
    asked = {
        (q["MetricStat"]["Metric"]["MetricName"], q["MetricStat"]["Stat"])
        for q in call["MetricDataQueries"]
    }
    assert {
        (REQUESTS, "Sum"),
        (FAILED, "Sum"),
        (REFUSED, "Sum"),
        (SLOW, "TC(0.5:)"),
    } == asked
    assert 2 * 3 * 4 == len(call["MetricDataQueries"])
    assert {60} == {q["MetricStat"]["Period"] for q in call["MetricDataQueries"]}
    assert (NOW, NOW + HOUR) == (call["StartTime"], call["EndTime"])


def test_the_application_is_asked_for_periods_of_ten_seconds(aws: AwsBench) -> None:
    sent = aws.account.record("cloudwatch", "GetMetricData")
    ten = timedelta(seconds=10)

    aws.outcomes.intervals(Objective(Source.APPLICATION), Span(NOW, NOW + 3 * ten), ten)

    [call] = sent
    assert {10} == {q["MetricStat"]["Period"] for q in call["MetricDataQueries"]}


@pytest.mark.parametrize("left_out", ["requests", "errors", "slow"])
def test_what_the_application_leaves_out_is_unknown(
    aws: AwsBench, left_out: str
) -> None:
    """It tells zeros, so no datapoint is no zero."""
    for metric in {"requests", "errors", "slow"} - {left_out}:
        place = {"environment": "payments-test", "edge": "edge-1", "lane": "green"}
        aws.put("Shifter/Application", metric, NOW, 3, **place)

    [told] = aws.outcomes.intervals(
        Objective(Source.APPLICATION), Span(NOW, NOW + MINUTE), MINUTE
    )
    assert {} == told.counts


def test_what_cannot_be_is_bounded_by_the_requests(aws: AwsBench) -> None:
    aws.set_outcomes(NOW, {"edge-1": {Lane.GREEN: (5, 9, -2)}})

    [told] = aws.outcomes.intervals(
        Objective(Source.APPLICATION), Span(NOW, NOW + MINUTE), MINUTE
    )
    assert {"edge-1": {Lane.GREEN: (5, 5, 0)}} == told.counts


# --- the reader -----------------------------------------------------------------------


class CountingOutcomes(MemoryOutcomes):
    """Outcomes that note what they are asked for."""

    def __init__(self, world: MemoryWorld) -> None:
        super().__init__(world)
        self.asked: list[tuple[Span, timedelta]] = []

    def intervals(
        self, objective: Objective, span: Span, length: timedelta
    ) -> list[Outcome]:
        self.asked.append((span, length))
        return list(super().intervals(objective, span, length))


def proof(name: str = "proof") -> EvidenceGate:
    return EvidenceGate(name=name, slow_above_ms=500)


def at(now: datetime, **known: Any) -> Situation:
    return Situation(now=now, started_at=NOW, shares=SHARES, **known)


@pytest.fixture
def outcomes() -> CountingOutcomes:
    world = MemoryWorld(invented_topology())
    for minute in range(-70, 30):
        lanes: dict[Lane, Counts] = {Lane.BLUE: (900, 1, 2), Lane.GREEN: (100, 0, 0)}
        world.outcomes[NOW + minute * MINUTE] = {"edge-1": lanes}
    return CountingOutcomes(world)


def test_blues_past_is_read_before_and_then_each_interval_once(
    outcomes: CountingOutcomes,
) -> None:
    """However often is looked: what cannot have changed is not asked for at all."""
    reader = EvidenceReader(dict.fromkeys(Source, outcomes))
    gate, memory = proof(), None
    for seconds in range(0, 600, 20):
        now = NOW + timedelta(seconds=seconds)
        where = at(now, memory=memory)
        if seconds:
            where = at(now, memory=memory, step=1, settled_at=NOW)
        seen = reader.read([gate], {gate.name: where})[gate.name]
        memory = gate.judge(seen, where).memory

    before, *since = outcomes.asked
    assert (Span(NOW - HOUR - 2 * MINUTE, NOW - 2 * MINUTE), MINUTE) == before
    assert [
        (Span(NOW + n * MINUTE, NOW + (n + 1) * MINUTE), MINUTE) for n in range(7)
    ] == since


def test_gates_with_the_same_question_share_one_call(
    outcomes: CountingOutcomes,
) -> None:
    reader = EvidenceReader(dict.fromkeys(Source, outcomes))
    gates = [proof("one"), proof("two")]

    seen = reader.read(gates, {gate.name: at(NOW) for gate in gates})

    assert seen["one"] == seen["two"]
    assert 1 == len(outcomes.asked)


def test_a_source_that_cannot_be_asked_is_a_reading(
    outcomes: CountingOutcomes,
) -> None:
    world = MemoryWorld(invented_topology())
    world.broken["outcomes"] = Throttled("GetMetricData", "them", "Rate exceeded")
    reader = EvidenceReader(
        {Source.LOAD_BALANCER: MemoryOutcomes(world), Source.APPLICATION: outcomes}
    )
    fine = EvidenceGate(name="fine", source=Source.APPLICATION)

    seen = reader.read([proof(), fine], {"proof": at(NOW), "fine": at(NOW)})

    assert Unreadable("GetMetricData on them: Rate exceeded") == seen["proof"]
    assert isinstance(seen["fine"], OutcomesSeen)
