"""Probe, guard, hear and reconcile as Lambda calls them: over moto and MariaDB.

moto invokes no function without Docker, so what `guard` asks of `probe` is passed on to
the real handler here, in the environment that the probe would have.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from rotation_hooks import wiring
from rotation_hooks.core.errors import BadEvent, SettingsError
from rotation_hooks.core.labels import CURRENT
from rotation_hooks.core.progress import Stage as Reached
from rotation_hooks.core.roles import Role
from rotation_hooks.handlers import guard, hear, probe, reconcile
from tests.rotation_hooks.manager import drive
from tests.rotation_hooks.stage import MariaBase, Stage
from tests.rotation_hooks.test_handler import client, deployed, learn, line

__all__ = ["deployed", "line"]

ROTATIONS = "rotations"


@pytest.fixture
def whole(deployed: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Both environments, and whatever is behind the functions outside."""
    base = deployed.base
    assert isinstance(base, MariaBase)
    writers = ["'root'@'%'", "'root'@'localhost'"]
    monkeypatch.setenv("DECLARED_WRITERS", json.dumps(writers))
    client("dynamodb").create_table(
        TableName=ROTATIONS,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    topic = client("sns").create_topic(Name="notices")["TopicArn"]
    monkeypatch.setenv("ROTATION_TABLE", ROTATIONS)
    monkeypatch.setenv("PROBE_FUNCTION", "probe")
    monkeypatch.setenv("TOPIC_ARN", topic)
    monkeypatch.setenv("EVENT_BUS", "default")
    _pass_on_to_the_probe()
    return deployed


def _pass_on_to_the_probe() -> None:
    def invoke(params: Any, **_: Any) -> Any:
        class Answer:
            status_code = 200

        said = json.dumps(probe.handler(json.loads(params["body"]), None))
        return Answer(), {"Payload": io.BytesIO(said.encode()), "StatusCode": 200}

    events: Any = boto3._get_default_session().events
    events.register("before-call.lambda.Invoke", invoke)
    wiring.forget_clients()


def prepared(window_s: int = 3600) -> dict[str, Any]:
    asked = {"action": "prepare", "cutover_id": "otters-1", "window_s": window_s}
    return guard.handler(asked, None)


def event(stage: Stage, role: Role, version: str) -> dict[str, Any]:
    return {
        "id": "e-1",
        "detail-type": "Secret Label Updated",
        "source": "aws.secretsmanager",
        "time": datetime.now(UTC).isoformat(),
        "resources": [stage.arns[role]],
        "detail": {"labelUpdated": CURRENT, "versionId": version},
    }


def test_a_cutover_may_begin_before_and_after_a_rotation_but_not_within(
    whole: Stage,
) -> None:
    nothing = {"ok": True, "reasons": [], "rotate_first": [], "move_window": None}
    assert nothing == prepared()
    looked = guard.handler({"action": "look", "window_s": 3600}, None)
    assert nothing == {name: looked[name] for name in nothing}
    assert set(map(str, whole.ports.names.values())) == {
        one["secret"] for one in looked["secrets"]
    }
    token = whole.start(Role.APP)
    pending = prepared()
    assert ["ROTATION_PENDING"] == [one["code"] for one in pending["reasons"]]
    assert "blue/app" == pending["reasons"][0]["secret"]
    drive(whole.arns[Role.APP], token, whole.passwords)
    learn(whole)
    assert nothing == prepared()


def test_a_label_that_moved_is_followed_to_a_verified_login(whole: Stage) -> None:
    token = whole.start(Role.APP)
    drive(whole.arns[Role.APP], token, whole.passwords)
    learn(whole)
    for _ in "12":
        said = hear.handler(event(whole, Role.APP, token), None)
        assert {"done": f"it is {Reached.VERIFIED}"} == said
    assert {} == reconcile.handler({}, None)
    assert {"followed": {}} == guard.handler({"action": "release"}, None)


def test_a_failure_is_told_to_people_and_systems(
    whole: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, arn = whole.start(Role.APP), whole.arns[Role.APP]
    with told_to(client("sqs")) as received:
        said = hear.handler(
            {
                "id": "e-2",
                "detail-type": "AWS Service Event via CloudTrail",
                "source": "aws.secretsmanager",
                "time": datetime.now(UTC).isoformat(),
                "detail": {
                    "eventName": "RotationFailed",
                    "eventID": "t-1",
                    "additionalEventData": {"SecretId": arn},
                },
            },
            None,
        )
        assert said["done"].startswith("drop_pending: ")
        [message] = received()
    assert "Rotation of blue/app needs somebody" == message["Subject"]
    assert f"Version: {token}" in message["Message"]
    assert frozenset() == whole.labels(Role.APP, token)
    assert prepared()["ok"]


@contextmanager
def told_to(sqs: Any) -> Iterator[Any]:
    """What the topic sends from now on."""
    queue = sqs.create_queue(QueueName="people")["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    [topic] = client("sns").list_topics()["Topics"]
    client("sns").subscribe(
        TopicArn=topic["TopicArn"],
        Protocol="sqs",
        Endpoint=asked["Attributes"]["QueueArn"],
    )

    def received() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]

    yield received


def test_a_rotation_that_no_event_told_of_is_found(whole: Stage) -> None:
    token = whole.start(Role.APP)
    assert {"blue/app": "a rotation has begun"} == reconcile.handler({}, None)
    drive(whole.arns[Role.APP], token, whole.passwords)
    learn(whole)
    hear.handler(event(whole, Role.APP, token), None)

    assert {} == reconcile.handler({}, None)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"action": "prepare", "window_s": 1}, "cutover_id: Field required"),
        (
            {"action": "prepare", "cutover_id": "o", "window_s": -1},
            "window_s: Input should be greater",
        ),
        (
            {"action": "look", "window_s": 60, "cutover_id": "o"},
            "cutover_id: Extra inputs",
        ),
        ({"action": "begin"}, "action: Input should be 'prepare'"),
        ({"action": "release", "more": 1}, "more: Extra inputs"),
        ("prepare", "event: Input should be a valid dictionary"),
    ],
)
def test_a_question_of_another_form_is_refused(sent: Any, told: str) -> None:
    with pytest.raises(BadEvent, match=told):
        guard.handler(sent, None)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"side": "red"}, "side: Input should be 'blue' or 'green'"),
        ({"secret": "app", "label": CURRENT}, "secret: String should match"),
        ({"secret": "arn:aws:1", "label": "MINE"}, "label: Input should be 'AWSCURR"),
    ],
)
def test_the_probe_refuses_what_it_is_not_for(sent: dict[str, str], told: str) -> None:
    """Before anything is built: without settings there is nothing to ask with."""
    with pytest.raises(BadEvent, match=told):
        probe.handler(sent, None)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ROTATION_TABLE", None, "ROTATION_TABLE is not set"),
        ("SERVICES", '{"blue/app": ["payments"]}', "'payments': write cluster/service"),
        ("SERVICES", "[]", 'write {"blue/app": ["cluster/service"]}'),
        ("REPLICATION_TASKS", "{", "REPLICATION_TASKS is '{'"),
    ],
)
def test_a_wrong_setting_outside_is_named(
    whole: Stage,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str | None,
    told: str,
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as raised:
        prepared()
    assert told in str(raised.value)
