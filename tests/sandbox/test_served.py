"""The sandbox from another process: AWS's APIs, operators, and time that goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shifter.adapters.dynamodb import DynamoStore
from shifter.core.phases import ENDS, Phase
from shifter.core.record import Record
from shifter_sandbox.scenarios import shipped_plan
from tests.served import Served, serve

pytestmark = pytest.mark.xdist_group("served")

PATIENCE = 30.0
"""Real seconds."""


def _until(true: Callable[[], Any]) -> Any:
    """What `true` answers as soon as it answers something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def _store(served: Served) -> DynamoStore:
    return DynamoStore(served.client("dynamodb"), served.deployed["table"])


def _weights(served: Served) -> list[list[int]]:
    """Weights at each edge, in the order of its target groups: blue, green."""
    client = served.client("elbv2")
    return [
        [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]]
        for balancer in client.describe_load_balancers()["LoadBalancers"]
        for listener in client.describe_listeners(
            LoadBalancerArn=balancer["LoadBalancerArn"]
        )["Listeners"]
        for rule in client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        for action in rule["Actions"]
        if "ForwardConfig" in action
    ]


def _start(served: Served, name: str) -> str:
    plan = shipped_plan().model_dump(mode="json")
    return str(
        served.client("stepfunctions").start_execution(
            stateMachineArn=served.deployed["state_machine_arn"],
            name=name,
            input=json.dumps({"plan": plan, "started_by": "arn:somebody"}),
        )["executionArn"]
    )


def _end(served: Served, name: str) -> Record:
    """Wait for the end of a cutover; return its record."""

    def ended() -> Record | None:
        record = _store(served).load(name)
        return record if record is not None and record.phase in ENDS else None

    found: Record = _until(ended)
    return found


def _now(served: Served) -> datetime:
    """The time of the last answer."""
    answer = served.client("sts").get_caller_identity()
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


@pytest.fixture
def moving(served: Served, request: pytest.FixtureRequest) -> Iterator[str]:
    """A cutover that has weight on green; it is brought home afterwards."""
    name = request.node.name[:60]
    _start(served, name)
    _until(lambda: all(green for _, green in _weights(served)))
    yield name
    record = _store(served).load(name)
    if record is not None and record.phase not in ENDS:
        served.order("ada", order="abort", reason="tidy up", cutover_id=name)
        _end(served, name)


def test_whoever_calls_is_named_by_the_access_key(served: Served) -> None:
    found = [
        served.client("sts", key=key).get_caller_identity() for key in ("ada", "GRACE")
    ]

    arn = "arn:aws:iam::123456789012:user/{}"
    assert [arn.format("ada"), arn.format("grace")] == [f["Arn"] for f in found]
    assert {"123456789012"} == {f["Account"] for f in found}


def test_the_parameter_tells_where_everything_is(served: Served) -> None:
    url = served.client("lambda").get_function_url_config(FunctionName="Control")

    assert url["FunctionUrl"] == served.deployed["control_url"]
    assert url["FunctionUrl"] == f"{served.endpoint}/control-url/"
    for name in served.deployed["functions"].values():
        found = served.client("lambda").get_function(FunctionName=name)
        assert found["Configuration"]["FunctionName"] in {"Preflight", "RollBack"}


def test_time_goes_on_at_the_speed_that_was_asked_for(served: Served) -> None:
    before, real = _now(served), time.monotonic()
    time.sleep(1)
    passed = _now(served) - before

    wanted = timedelta(seconds=60 * (time.monotonic() - real))
    assert timedelta(seconds=45) <= passed <= wanted + timedelta(seconds=30)


def test_time_starts_at_the_present() -> None:
    with serve() as up:
        assert abs(_now(up) - datetime.now(UTC)) < timedelta(seconds=5)


def test_alarms_are_evaluated_and_the_watchdog_looks(served: Served) -> None:
    def seen() -> bool:
        found = served.client("cloudwatch").get_metric_statistics(
            Namespace="Shifter",
            MetricName="WatchdogHeartbeat",
            Dimensions=[
                {"Name": "environment", "Value": served.environment},
                {"Name": "service", "Value": "shifter"},
            ],
            StartTime=_now(served) - timedelta(minutes=5),
            EndTime=_now(served),
            Period=300,
            Statistics=["Sum"],
        )
        return any(point["Sum"] >= 4 for point in found["Datapoints"])

    _until(seen)
    alarms = served.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {"OK"} == {alarm["StateValue"] for alarm in alarms}


def test_a_cutover_whose_execution_is_stopped_is_brought_home(
    served: Served, moving: str
) -> None:
    client = served.client("stepfunctions")
    arn = served.deployed["state_machine_arn"].replace("stateMachine", "execution")
    arn = f"{arn}:{moving}"
    assert "RUNNING" == client.describe_execution(executionArn=arn)["status"]

    stopped = client.stop_execution(executionArn=arn)["stopDate"]

    record = _end(served, moving)
    assert Phase.ROLLED_BACK is record.phase
    assert "nobody" in record.reason
    assert [[1, 0], [1, 0]] == _weights(served)
    assert stopped <= _now(served)
    assert "ABORTED" == client.describe_execution(executionArn=arn)["status"]
    assert client.get_execution_history(executionArn=arn)["events"]


def test_two_access_keys_are_two_actors_in_the_journal(
    served: Served, moving: str
) -> None:
    paused, _ = served.order("ada", order="pause", reason="tea", cutover_id=moving)
    resumed, told = served.order("grace", order="resume", reason="drunk")

    actors = {
        e.actor.rsplit("/", 1)[-1]: e.reason for e in _store(served).journal(moving)
    }
    assert (200, 200, moving) == (paused, resumed, told["cutover_id"])
    assert "tea" in actors["ada"]
    assert "drunk" in actors["grace"]


def test_a_function_is_invoked_from_outside_and_works_in_virtual_time(
    served: Served, moving: str
) -> None:
    before = _now(served)

    done = served.client("lambda").invoke(
        FunctionName=served.deployed["functions"]["roll_back"],
        Payload=json.dumps({"by": "ada", "reason": "enough"}).encode(),
    )

    assert "FunctionError" not in done, done["Payload"].read()
    record = _end(served, moving)
    assert Phase.ROLLED_BACK is record.phase
    assert _now(served) > before
    assert [[1, 0], [1, 0]] == _weights(served)


def test_an_event_invocation_is_answered_at_once(served: Served) -> None:
    done = served.client("lambda").invoke(
        FunctionName="Watchdog:live", InvocationType="Event", Payload=b"{}"
    )

    assert (202, b"") == (done["StatusCode"], done["Payload"].read())


@pytest.mark.parametrize(("key", "service"), [(None, "lambda"), ("ada", "execute-api")])
def test_control_refuses_whom_iam_does_not_know(
    served: Served, key: str | None, service: str
) -> None:
    found = served.order(key, service=service, order="status")

    assert (403, {"Message": "Forbidden"}) == found


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("dms", "describe_connections", "UnknownOperationException"),
        ("cloudwatch", "describe_anomaly_detectors", "UnknownOperationException"),
        ("chime", "list_accounts", "UnknownOperationException"),
        ("route53", "get_checker_ip_ranges", "UnknownOperationException"),
    ],
)
def test_what_the_sandbox_does_not_know_is_an_error_of_aws(
    served: Served, service: str, operation: str, code: str
) -> None:
    client = served.client(service)

    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()

    assert code == refused.value.response["Error"]["Code"]
    assert served.client("sts").get_caller_identity()
