"""The guard's functions as Lambda calls them, and the answer on its way."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from deploy_guard import handlers
from deploy_guard.guard import LEASE, Unreachable
from deploy_guard.order import BadRequest
from deploy_guard.world import put
from interlock.lock import HolderName
from interlock.occupant import ENDED
from shifter.core.phases import ENDS
from tests.adapters.fixtures_b import RIVERBANK
from tests.core.examples import NOW
from tests.deploy_guard.conftest import River
from tests.mariadb import write_certificates


class _Bucket(BaseHTTPRequestHandler):
    """Takes what is put, as S3 does, or refuses it."""

    taken: ClassVar[list[tuple[str, str | None, Any]]] = []

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        self.taken.append((self.path, kind, json.loads(body)))
        self.send_response(403 if self.path == "/expired" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _listening(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The bucket, in the open or over TLS; its port."""
    _Bucket.taken.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bucket() -> Iterator[str]:
    with _listening() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def function(river: River, monkeypatch: pytest.MonkeyPatch) -> Iterator[River]:
    """The river, and the environment of a function in it."""
    monkeypatch.setenv("ENVIRONMENT", RIVERBANK)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    handlers.forget_clients()
    yield river
    handlers.forget_clients()


def test_an_answer_is_put_without_a_content_type(bucket: str) -> None:
    """The signature of the address covers it."""
    put(f"{bucket}/signed", {"Status": "SUCCESS"})

    assert [("/signed", "", {"Status": "SUCCESS"})] == _Bucket.taken


def test_an_answer_is_sent_again_and_then_it_is_an_error_that_lambda_repeats(
    bucket: str,
) -> None:
    """The address is as secret as a password, so the error does not show it."""
    pauses: list[float] = []

    with pytest.raises(Unreachable) as failed:
        put(f"{bucket}/expired", {"Status": "SUCCESS"}, pauses.append)

    assert "CloudFormation's bucket answers 403" == str(failed.value)
    assert failed.value.__suppress_context__
    assert ([2, 4], 3) == (pauses, len(_Bucket.taken))


def test_nobody_there_is_an_error_too() -> None:
    with pytest.raises(Unreachable, match="does not answer: ConnectionRefusedError"):
        put("http://127.0.0.1:9/signed", {}, lambda _: None)


def test_cloudformation_is_answered_over_tls(
    function: River, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the event of Lambda to the bytes in the bucket, through the function."""
    write_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with _listening(context) as port:
        event = function.request("Update") | {
            "ResponseURL": f"https://127.0.0.1:{port}/signed?Signature=secret"
        }
        told = handlers.begins(event, None)

    assert "deploy:d-2 holds riverbank" == told
    [(path, kind, answer)] = _Bucket.taken
    assert ("/signed?Signature=secret", "", "SUCCESS") == (path, kind, answer["Status"])
    assert function.holder is not None


def test_whoever_is_not_cloudformation_is_told_so(function: River) -> None:
    events: tuple[object, ...] = ({}, None, [], "river", {"StackId": {}})
    for event in events:
        with pytest.raises(BadRequest, match="only CloudFormation may invoke this"):
            handlers.begins(event, None)


def test_the_event_of_a_last_status_frees_the_lock(function: River) -> None:
    function.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW, LEASE)

    told = handlers.ends({"time": "2126-03-02T09:00:00Z"}, None)

    assert f"deploy:d-2 has ended: {RIVERBANK} is free" == told
    assert function.holder is None


@pytest.mark.parametrize(
    "event", [{}, {"time": "soon"}, {"time": ["2126-03-02"]}, None, [], "2126-03-02"]
)
def test_an_event_without_a_time_is_none(function: River, event: object) -> None:
    function.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW, LEASE)

    with pytest.raises(BadRequest, match="only EventBridge may invoke this"):
        handlers.ends(event, None)

    assert function.holder is not None


def test_the_guard_and_the_engine_agree_on_what_has_ended() -> None:
    assert {str(phase) for phase in ENDS} == ENDED
