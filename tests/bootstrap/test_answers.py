"""CloudFormation is always answered, and never with another physical id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bootstrap.answering import put
from bootstrap.errors import BadRequest, Misconfigured, Unreachable
from bootstrap.handler import handle
from bootstrap.request import Request
from bootstrap.settings import Settings
from tests.bootstrap.world import SQL, Context, Database
from tests.mariadb import HOST, MariaDB

NOWHERE = MariaDB(SQL, 1, "not-a-secret-of-anybody")


@pytest.fixture
def asked() -> Database:
    """A database that nobody reaches, for what is answered without one."""
    return Database(NOWHERE)


def _settings() -> Settings:
    raise Misconfigured("SQL_FOLDER is not set")


def _broken() -> Settings:
    raise KeyError("a-secret-in-an-error")


def test_deleting_does_nothing_and_succeeds(asked: Database) -> None:
    """Also without settings, secrets and a database: a stack has to be able to go."""
    event = asked.event("Delete") | {"PhysicalResourceId": "bootstrap-BlueBootstrap"}
    event["ResourceProperties"] = {}

    handle(event, Context(), replace(asked.world(), settings=_settings))

    assert [
        {
            "Status": "SUCCESS",
            "Reason": "",
            "PhysicalResourceId": "bootstrap-BlueBootstrap",
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": "BlueBootstrap",
        }
    ] == asked.box.answers


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Side": "red"}, "Side is 'red': Input should be 'blue' or 'green'"),
        ({"Port": "many"}, "Port is 'many'"),
        ({"Host": ""}, "Host is ''"),
        ({"BinlogRetentionHours": "0"}, "BinlogRetentionHours is '0'"),
        ({"AppSecretArn": "app"}, "AppSecretArn is 'app'"),
    ],
)
def test_a_property_that_is_wrong_is_named(
    changed: dict[str, str], told: str, asked: Database
) -> None:
    reason = asked.refusal(**changed)

    assert reason.startswith("BadRequest: ")
    assert told in reason


def test_a_property_that_is_missing_is_named(asked: Database) -> None:
    event = asked.event()
    del event["ResourceProperties"]["FenceSecretArn"]

    answer = asked.ask(event)

    assert "FAILED" == answer["Status"]
    assert "FenceSecretArn is missing: infra/bootstrap.yaml" in answer["Reason"]


def test_a_creation_that_fails_has_the_physical_id_that_it_would_have(
    asked: Database,
) -> None:
    """CloudFormation then asks to delete it, by that id."""
    assert (
        "bootstrap-BlueBootstrap"
        == asked.ask(asked.event(Side="red"))["PhysicalResourceId"]
    )


@given(
    physical_id=st.text(min_size=1, max_size=60),
    properties=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4),
    problem=st.text(max_size=5_000),
)
def test_a_physical_id_never_changes(
    physical_id: str, properties: dict[str, str], problem: str
) -> None:
    """Whatever the properties are now: another id would mean a replacement."""
    event = Database(NOWHERE).event("Update") | {
        "PhysicalResourceId": physical_id,
        "ResourceProperties": properties,
    }

    request = Request.parse(event)
    answer = request.answer(problem)

    assert Request.parse(event | {"ResourceProperties": {}}).answer(problem) == answer
    assert physical_id == request.physical_id


@given(st.text(max_size=4_000))
@example('"' * 9_000)
@example("\0" * 9_000)
@example("\U0001f600" * 9_000)
def test_an_answer_is_never_longer_than_cloudformation_takes(problem: str) -> None:
    request = Request.parse(Database(NOWHERE).event())

    assert len(request.answer(problem)) <= 4_096


def test_a_fault_of_our_own_is_answered_without_its_text(asked: Database) -> None:
    handle(asked.event(), Context(), replace(asked.world(), settings=_broken))

    [answer] = asked.box.answers
    assert "FAILED" == answer["Status"]
    assert "a fault of the bootstrap itself, KeyError in _broken:" in answer["Reason"]
    assert "a-secret-in-an-error" not in answer["Reason"] + asked.log.getvalue()


def test_an_answer_that_gets_lost_is_sent_again(asked: Database) -> None:
    asked.box.lost = 3

    asked.ask(asked.event("Delete"))

    assert 1 == len(asked.box.answers)
    assert [2.0, 4.0, 6.0] == asked.clock.slept


def test_an_answer_that_cannot_be_sent_fails_the_function(asked: Database) -> None:
    """Lambda runs it again, and every step bears that."""
    asked.box.lost = 9

    with pytest.raises(Unreachable):
        asked.ask(asked.event("Delete"))


@pytest.mark.parametrize("name", ["RequestType", "ResponseURL", "StackId"])
def test_what_is_no_request_is_refused_by_name(name: str, asked: Database) -> None:
    event = asked.event()
    del event[name]

    with pytest.raises(BadRequest, match=f"no request of CloudFormation: {name}"):
        asked.ask(event)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://example.com/x"])
def test_an_address_that_is_not_encrypted_is_not_written_to(
    address: str, asked: Database
) -> None:
    with pytest.raises(BadRequest, match="ResponseURL: it has to begin with https"):
        asked.ask(asked.event() | {"ResponseURL": address})


@contextmanager
def _bucket(status: int) -> Iterator[tuple[str, list[Any]]]:
    """An HTTP server that takes answers, and what it was sent."""
    sent: list[Any] = []

    class Bucket(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sent.append((self.path, self.headers.get("Content-Type"), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer((HOST, 0), Bucket) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/answer?signature=s3cret", sent
        finally:
            server.shutdown()
            thread.join()


def test_an_answer_is_put_without_a_content_type() -> None:
    """The signature in the address is for a request without one."""
    with _bucket(200) as (address, sent):
        put(address, b"{}")

    assert [("/answer?signature=s3cret", "", b"{}")] == sent


def test_a_refusal_of_the_bucket_does_not_show_the_address() -> None:
    with (
        _bucket(403) as (address, _),
        pytest.raises(Unreachable, match="answers 403") as caught,
    ):
        put(address, b"{}")

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_bucket_that_is_away_is_told(asked: Database) -> None:
    with pytest.raises(Unreachable, match=r"does not answer .* the endpoint of S3"):
        put(f"http://{HOST}:1/answer", b"{}")
