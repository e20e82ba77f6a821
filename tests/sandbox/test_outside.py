"""Requests from outside take the way of our own clients, and cannot end the server."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta
from email.message import Message
from typing import Any

import boto3
import pytest
from moto.ecs.models import EC2ContainerServiceBackend

from shifter_sandbox.account import REGION, START, Account
from shifter_sandbox.function_url import FunctionUrl
from shifter_sandbox.outside import Answer, Request, answer_of
from shifter_sandbox.patching import patched
from shifter_sandbox.served import BODY_LIMIT, served

_TYPE = "application/x-amz-json-1.1"
_LIST = "AmazonEC2ContainerServiceV20141113.ListClusters"


def _request(
    service: str, body: bytes = b"", target: str = "/", key: str = "ada", **more: str
) -> Request:
    headers = Message()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key}/20260302/{REGION}/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    )
    for name, value in more.items():
        headers[name.replace("_", "-")] = value
    return Request("POST", target, headers, body)


def _json(service: str, target: str, **parameters: Any) -> Answer:
    body = json.dumps(parameters).encode()
    return answer_of(
        _request(
            service,
            body,
            x_amz_target=target,
            content_type=_TYPE,
        )
    )


def _list_clusters() -> Answer:
    return _json("ecs", _LIST)


def test_a_request_is_counted_and_takes_virtual_time(aws: Account) -> None:
    found = _list_clusters()

    assert (200, b'{"clusterArns": []}') == (found.status, found.body)
    assert {"ecs.ListClusters": 1} == aws.gateway.calls
    assert timedelta(milliseconds=30) == aws.now() - START


def test_a_form_is_told_apart_by_its_action(aws: Account) -> None:
    body = b"Action=DescribeLoadBalancers&Version=2015-12-01"
    kind = "application/x-www-form-urlencoded; charset=utf-8"

    found = answer_of(_request("elasticloadbalancing", body, content_type=kind))

    assert 200 == found.status
    assert b"DescribeLoadBalancersResult" in found.body
    assert {"elbv2.DescribeLoadBalancers": 1} == aws.gateway.calls


def test_a_planted_fault_takes_the_call(aws: Account) -> None:
    aws.faults.throttle("ecs.ListClusters", times=1)

    refused, answered = _list_clusters(), _list_clusters()

    assert (400, 200) == (refused.status, answered.status)
    assert "ThrottlingException" == refused.headers["x-amzn-errortype"]


def test_an_answer_of_the_gateway_reaches_outside(aws: Account) -> None:
    target = "AmazonDMSv20160101.DescribeReplicationTasks"

    found = _json("dms", target)

    assert (400, "ResourceNotFoundFault") == (
        found.status,
        json.loads(found.body)["__type"],
    )


@pytest.mark.usefixtures("aws")
def test_another_region_is_another_place() -> None:
    boto3.client("ecs").create_cluster(clusterName="here")
    here = _list_clusters()
    request = _request("ecs", b"{}", x_amz_target=_LIST, content_type=_TYPE)
    request.headers.replace_header(
        "authorization", request.headers["authorization"].replace(REGION, "us-east-1")
    )

    there = answer_of(request)

    assert b"cluster/here" in here.body
    assert (200, b'{"clusterArns": []}') == (there.status, there.body)


@pytest.mark.usefixtures("aws")
def test_a_request_without_a_signature_is_refused() -> None:
    found = answer_of(Request("GET", "/", Message(), b""))

    assert 403 == found.status
    assert b"<Code>MissingAuthenticationToken</Code>" in found.body


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("service", "target"),
    [
        ("ecs", "X.BakeBread"),
        ("states", "AWSStepFunctions.StartSyncExecution"),
        ("teapot", "X.Brew"),
        ("lambda", ""),
    ],
)
def test_what_nobody_answers_is_told(service: str, target: str) -> None:
    found = _json(service, target)

    assert 501 == found.status
    assert "UnknownOperationException" == found.headers["x-amzn-errortype"]


@pytest.mark.usefixtures("aws")
def test_a_failure_of_the_emulation_is_an_internal_failure() -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("clusterName")

    with patched(EC2ContainerServiceBackend, "list_clusters", fail):
        found = _list_clusters()

    assert 500 == found.status
    assert "failed at ListClusters: KeyError" in json.loads(found.body)["message"]


@pytest.mark.usefixtures("aws")
def test_a_key_that_iam_has_made_is_its_user() -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="linus")
    made = iam.create_access_key(UserName="linus")["AccessKey"]["AccessKeyId"]

    found = boto3.client(
        "sts", aws_access_key_id=made, aws_secret_access_key="x"
    ).get_caller_identity()

    assert "arn:aws:iam::123456789012:user/linus" == found["Arn"]


@pytest.mark.usefixtures("aws")
def test_a_role_that_sts_has_given_is_its_session() -> None:
    role = "arn:aws:iam::123456789012:role/operators"
    made = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="ada")

    keys = made["Credentials"]
    found = boto3.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    ).get_caller_identity()

    assert "arn:aws:sts::123456789012:assumed-role/operators/ada" == found["Arn"]


@pytest.mark.parametrize(
    ("body", "seen", "encoded"), [(b"{}", "{}", False), (b"\xff", "/w==", True)]
)
def test_the_function_behind_a_url_sees_an_event_of_format_2(
    aws: Account, body: bytes, seen: str, encoded: bool
) -> None:
    events: list[dict[str, Any]] = []

    def tell(event: dict[str, Any], _: object) -> dict[str, Any]:
        events.append(event)
        return {"statusCode": 418, "headers": {"x-tea": "oolong"}, "body": "no coffee"}

    url = FunctionUrl(aws.add_function("tell", tell))
    request = _request("lambda", body, target="/control-url/?a=b", key="Ada")

    assert url.takes(request)
    answer = url.answer(request, aws.now())

    assert Answer(418, {"x-tea": "oolong"}, b"no coffee") == answer
    [event] = events
    assert ("2.0", "a=b", seen, encoded) == (
        event["version"],
        event["rawQueryString"],
        event["body"],
        event["isBase64Encoded"],
    )
    caller = event["requestContext"]["authorizer"]["iam"]["userArn"]
    assert "arn:aws:iam::123456789012:user/ada" == caller


def test_a_function_that_fails_behind_a_url_is_a_bad_gateway(aws: Account) -> None:
    url = FunctionUrl(aws.add_function("fail", lambda *_: 1 / 0))

    assert 502 == url.answer(_request("lambda"), aws.now()).status


def _sent(endpoint: str, method: str = "POST", **headers: str) -> int:
    headers = {"x_amz_target": _LIST, "content_type": _TYPE, **headers}
    asked = _request("ecs", b"", "/", "ada", **headers)
    request = urllib.request.Request(
        endpoint,
        b"{}" if method == "POST" else None,
        dict(asked.headers.items()),
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


@pytest.mark.xdist_group("demo")
def test_the_server_survives_lost_answers_and_bad_requests() -> None:
    with served(speed=600) as up:
        up.stage.aws.faults.lose_answer("ecs.ListClusters", times=1)

        with pytest.raises((urllib.error.URLError, ConnectionError)):
            _sent(up.endpoint)

        assert 413 == _sent(up.endpoint, content_length=str(BODY_LIMIT + 1))
        assert 411 == _sent(up.endpoint, content_length="many")
        assert 200 == _sent(up.endpoint, "HEAD")
        assert 200 == _sent(up.endpoint)


@pytest.mark.xdist_group("demo")
def test_who_waits_for_a_sandbox_hears_why_its_time_stops() -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    def serve() -> None:
        with served(speed=600) as up:
            up.stage.aws.turns.enter(
                "saboteur", lambda: up.stage.aws.clock.each_minute(fail)
            )
            up.wait()

    with pytest.raises(RuntimeError, match="clock failed") as stopped:
        serve()

    assert isinstance(stopped.value.__cause__, ZeroDivisionError)
