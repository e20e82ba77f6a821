"""The guard's functions as Lambda calls them, and the answer on its way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from deploy_guard import handlers
from deploy_guard.guard import LEASE
from deploy_guard.order import BadRequest
from deploy_guard.world import put
from interlock.lock import HolderName
from interlock.occupant import ENDED
from shifter.core.phases import ENDS
from tests.adapters.fixtures_b import RIVERBANK
from tests.core.examples import NOW
from tests.deploy_guard.conftest import River


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


@pytest.fixture
def bucket() -> Iterator[str]:
    _Bucket.taken.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


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


def test_an_answer_that_does_not_arrive_is_an_error_that_lambda_repeats(
    bucket: str,
) -> None:
    with pytest.raises(OSError, match="403"):
        put(f"{bucket}/expired", {"Status": "SUCCESS"})


def test_whoever_is_not_cloudformation_is_told_so(function: River) -> None:
    with pytest.raises(BadRequest, match="only CloudFormation may invoke this"):
        handlers.begins({}, None)


def test_the_event_of_a_last_status_frees_the_lock(function: River) -> None:
    function.lock.acquire(RIVERBANK, HolderName.deploy("d-2"), NOW, LEASE)

    told = handlers.ends({"time": "2126-03-02T09:00:00Z"}, None)

    assert f"deploy:d-2 has ended: {RIVERBANK} is free" == told
    assert function.holder is None


@pytest.mark.parametrize("event", [{}, {"time": "soon"}])
def test_an_event_without_a_time_is_none(
    function: River, event: dict[str, str]
) -> None:
    with pytest.raises(BadRequest, match="only EventBridge may invoke this"):
        handlers.ends(event, None)


def test_the_guard_and_the_engine_agree_on_what_has_ended() -> None:
    assert {str(phase) for phase in ENDS} == ENDED
