"""Time to safe: how long roll_back takes until every edge was read back as all blue.

The function's own handler runs over moto, in real time, with 50 ms added to every call
of AWS.  Every edge sends half of its requests to green, and an alarm has fired.  What
counts begins with the first line of the handler and ends with the answer that shows all
edges blue.  Told apart are the calls of `assess`, which sees the alarm and decides, and
of the second look, which settles it.

The critical path is the longest chain of calls of which each began after the one before
had ended.  The clock is compared with that of a bare script which does nothing but read
the topology, write all edges at once and read them back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import boto3
import botocore.session
from moto import mock_aws

from benchmarks.figure import Figure
from shifter import wiring
from shifter.core.directive import Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.lanes import Lane
from shifter.core.phases import Action, Phase
from shifter.core.plan import parse_plan
from shifter.core.record import Baseline, Record
from shifter.core.topology import Topology
from shifter.engine.saving import save
from shifter.handlers import assess, roll_back
from shifter.settings import FOR_LIBRARIES
from shifter.telemetry import logger
from shifter_sandbox.build_edges import build_edge, named_edge

ADDED_SECONDS = 0.05
EDGES = (1, 2)
RUNS, SHORT_RUNS = 15, 5
WRITES = frozenset({"ModifyRule", "ModifyListener"})
LOOKS = frozenset({"DescribeRules", "DescribeListeners"})

ENVIRONMENT = "payments-bench"
ALARM = "payments-bench-green-5xx"
PARAMETER = "/shifter/payments-bench/topology"
NOWHERE = "arn:aws:{}:eu-west-1:123456789012:{}"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "TABLE_NAME": "bench",
    "TOPOLOGY_PARAMETER": PARAMETER,
    "TOPIC_ARN": NOWHERE.format("sns", "none"),
    "EVENT_BUS": "none",
    "STATE_MACHINE_ARN": NOWHERE.format("states", "stateMachine:none"),
    "HEARTBEAT_ALARM": "none",
} | FOR_LIBRARIES
PLAN = {
    "name": "Payments to green",
    "environment": ENVIRONMENT,
    "database": "none",
    "steps": [{"share": "50 %", "bake": "5m"}, {"share": "100 %"}],
    "final_bake": "1h",
    "gates": [
        {"kind": "alarm", "name": "errors", "alarm": ALARM, "on_alarm": "roll_back"}
    ],
}


Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of AWS, as the caller saw it."""

    operation: str
    began: float
    ended: float


@dataclass
class Delayed:
    """What is laid over every client: each call takes longer, and is noted."""

    calls: list[Call] = field(default_factory=list)
    on: bool = False

    def begin(self, **about: Any) -> None:
        """Before a call is sent."""
        about["context"]["began"] = time.perf_counter()
        if self.on:
            time.sleep(ADDED_SECONDS)

    def end(self, **about: Any) -> None:
        """When the answer is there."""
        if self.on:
            ended = time.perf_counter()
            began = about["context"]["began"]
            self.calls.append(Call(about["model"].name, began, ended))


def measure(*, short: bool) -> Sequence[Figure]:
    """The critical path for each number of edges, and the clock."""
    runs = SHORT_RUNS if short else RUNS
    logger().setLevel("CRITICAL")
    figures = []
    for edges in EDGES:
        ways, bare = [], []
        with bench(edges) as (delayed, topology):
            for _ in range(runs):
                begin_again(topology)
                ways.append(of_the_way_back(delayed))
                begin_again(topology)
                bare.append(of_a_bare_script(delayed))
        found, ours = ways[-1], [way.seconds for way in ways]
        many = f"{edges} edge{'s' if edges > 1 else ''}"
        figures += [
            Figure(
                f"time to safe, {many}: calls in a row", chain(found.way), "", 4, True
            ),
            Figure("… with 50 ms for each", median(ours) * 1e3, "ms"),
            Figure("… to a bare script", median(ours) / median(bare), "times", 1.5),
            Figure(
                "… in a row before it, to decide", chain(found.before), "", counted=True
            ),
            Figure(
                "… in a row after it, to settle", chain(found.after), "", counted=True
            ),
        ]
    return figures


@contextmanager
def bench(edges: int) -> Iterator[tuple[Delayed, Topology]]:
    """An emulated account in which a cutover goes back, and its delay, switched off."""
    before = dict(os.environ)
    os.environ.update(VARIABLES)
    os.environ.pop("AWS_PROFILE", None)
    delayed = Delayed()
    try:
        with mock_aws():
            session = botocore.session.get_session()
            session.register("before-call", delayed.begin)
            session.register("after-call", delayed.end)
            boto3.setup_default_session(botocore_session=session)
            wiring.forget_clients()
            yield delayed, _build(edges)
    finally:
        wiring.forget_clients()
        boto3.DEFAULT_SESSION = None
        os.environ.clear()
        os.environ.update(before)


def _build(edges: int) -> Topology:
    found = boto3.client("ec2").describe_subnets()["Subnets"]
    subnets = [subnet["SubnetId"] for subnet in found]
    topology = Topology(
        environment=ENVIRONMENT,
        edges=tuple(
            named_edge(
                build_edge(
                    f"edge-{number}",
                    ENVIRONMENT,
                    (Lane.BLUE, Lane.GREEN),
                    subnets,
                    default_action=False,
                )
            )
            for number in range(1, edges + 1)
        ),
    )
    alarms = boto3.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="bench",
        MetricName="errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="bench")
    boto3.client("ssm").put_parameter(
        Name=PARAMETER, Type="String", Value=topology.model_dump_json(), Tier="Advanced"
    )
    return topology


def begin_again(topology: Topology) -> None:
    """Half of the requests are on green, and the alarm has just fired."""
    ports, client = wiring.ports_from_environment(), boto3.client("dynamodb")
    if client.list_tables()["TableNames"]:
        client.delete_table(TableName="bench")
    keys: Mapping[str, Any] = {"pk": "HASH", "sk": "RANGE"}
    client.create_table(
        TableName="bench",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in keys
        ],
        KeySchema=[{"AttributeName": n, "KeyType": kind} for n, kind in keys.items()],
    )
    plan, now = parse_plan(PLAN), datetime.now(UTC)
    states = {
        edge: state
        for edge, state in ports.edges.read().items()
        if isinstance(state, EdgeState)
    }
    half = {edge: state.released(plan.split(1)) for edge, state in states.items()}
    ports.edges.write(half, lambda: None)
    record = Record(
        cutover_id="bench",
        environment=topology.environment,
        plan=plan,
        started_by="bench",
        started_at=now,
        phase=Phase.BAKING,
        step=1,
        look_again_at=now,
        settled_at=now,
        bake_from=now,
        baseline=Baseline(edges=states, dns_share=None, capacity={}),
    )
    save(
        ports,
        record,
        now=now - timedelta(seconds=1),
        actor="shift",
        action=Action.SETTLE,
        rule="settled",
        reason="every edge shows its weights",
        before=Phase.SHIFTING,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """What was called on the way back."""

    before: Sequence[Call]
    """By `assess`, which sees the alarm and decides."""
    way: Sequence[Call]
    """By `roll_back`, until every edge was read as blue."""
    after: Sequence[Call]
    """By the look that settles it."""
    seconds: float
    """From the first line of `roll_back` to the last answer of `way`."""


def of_the_way_back(delayed: Delayed) -> Way:
    """Let the functions run as the state machine would."""
    order = Directive(
        cutover_id="bench",
        owner=1,
        version=1,
        action=Next.ASSESS,
        until=datetime.now(UTC),
    ).model_dump(mode="json")
    order, before, _ = _run(assess.handler, order, delayed)
    order, calls, began = _run(roll_back.handler, order, delayed)
    way = _until_read_back(calls)
    _, after, _ = _run(roll_back.handler, order, delayed)
    return Way(before, way, after, max(call.ended for call in way) - began)


def _run(
    handler: Handler, order: dict[str, Any], delayed: Delayed
) -> tuple[dict[str, Any], Sequence[Call], float]:
    """What the function answers, what it called, and when it began."""
    delayed.calls = []
    delayed.on = True
    began = time.perf_counter()
    answer = handler(order, None)
    delayed.on = False
    return answer, tuple(delayed.calls), began


def _until_read_back(calls: Sequence[Call]) -> Sequence[Call]:
    """The calls up to the first look that began when all writes were done."""
    written = max(call.ended for call in calls if call.operation in WRITES)
    read = min(
        call.ended
        for call in calls
        if call.operation in LOOKS and call.began >= written
    )
    return [call for call in calls if call.began < read]


def chain(calls: Sequence[Call]) -> int:
    """How many calls, at most, had to wait for each other."""
    length, free_at = 0, 0.0
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= free_at:
            length, free_at = length + 1, call.ended
    return length


def of_a_bare_script(delayed: Delayed) -> float:
    """Seconds of the least that anybody could do, with clients that are ready."""
    ssm, elbv2 = boto3.client("ssm"), boto3.client("elbv2")
    delayed.on = True
    began = time.perf_counter()
    value = ssm.get_parameter(Name=PARAMETER)["Parameter"]["Value"]
    edges = Topology.model_validate_json(value).edges

    def write(edge: Any) -> None:
        groups = [
            {"TargetGroupArn": arn, "Weight": int(lane == Lane.BLUE)}
            for lane, arn in edge.target_groups.items()
        ]
        forward: Any = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        elbv2.modify_rule(RuleArn=edge.rule_arn, Actions=[forward])

    with ThreadPoolExecutor(len(edges)) as threads:
        list(threads.map(write, edges))
    elbv2.describe_rules(RuleArns=[str(edge.rule_arn) for edge in edges])
    seconds = time.perf_counter() - began
    delayed.on = False
    return seconds
