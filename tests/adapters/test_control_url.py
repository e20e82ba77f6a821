from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.credentials import Credentials

from shifter.adapters.control_url import ControlUrl
from shifter.core.errors import (
    BadEvent,
    Conflict,
    Denied,
    NotFound,
    Refused,
    Rejected,
    ShifterError,
    Throttled,
    Unavailable,
)

ORDER = {"order": "pause", "reason": "let me look"}


class _Server:
    """Answers everything with one answer, and keeps what it was asked."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body
        self.asked: list[tuple[Mapping[str, str], Any]] = []
        self.url = ""


@contextmanager
def serving(status: int, body: object) -> Iterator[_Server]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = _Server(status, text)

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            kept.asked.append((dict(self.headers), json.loads(self.rfile.read(size))))
            self.send_response(kept.status)
            self.send_header("content-length", str(len(kept.body)))
            self.end_headers()
            self.wfile.write(kept.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/control-url/"
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def control(url: str, heard: list[Mapping[str, str]] | None = None) -> ControlUrl:
    return ControlUrl(
        url,
        credentials=Credentials("ada", "very-secret", "token"),
        region="eu-west-1",
        heard=(heard if heard is not None else []).append,
    )


def test_an_order_is_signed_for_lambda_and_its_answer_is_told() -> None:
    heard: list[Mapping[str, str]] = []
    with serving(200, {"phase": "BAKING"}) as server:
        answer = control(server.url, heard).send(ORDER)

    [(headers, body)] = server.asked
    signature = headers["Authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=ada/")
    assert "/eu-west-1/lambda/aws4_request" in signature
    assert "very-secret" not in str(headers)
    assert (ORDER, {"phase": "BAKING"}) == (body, answer)
    assert "Date" in heard[0]


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, {"error": "BadEvent", "message": "gate: missing"}, BadEvent, "gate: "),
        (404, {"error": "NotFound", "message": "no cutover"}, NotFound, "no cutover"),
        (409, {"error": "Refused", "message": "has ended"}, Refused, "has ended"),
        (409, {"error": "Conflict", "message": "by others"}, Conflict, "by others"),
        (409, {"error": "LockHeld", "message": "held by x"}, Refused, "held by x"),
        (403, {"Message": "Forbidden"}, Denied, "Forbidden"),
        (403, b"<html>", Denied, "Forbidden"),
        (
            403,
            {"error": "Forbidden", "message": "no IAM identity"},
            Denied,
            "no IAM identity",
        ),
        (429, {"Message": "Too Many Requests"}, Throttled, "HTTP 429: Too Many"),
        (502, b"Internal Server Error", Unavailable, "HTTP 502"),
        (418, {}, Rejected, "HTTP 418"),
        (200, b"not JSON", Rejected, "HTTP 200"),
        (200, [1], Rejected, "HTTP 200"),
    ],
    ids=str,
)
def test_each_refusal_is_an_error_of_its_own(
    status: int, body: object, kind: type[ShifterError], told: str
) -> None:
    with serving(status, body) as server, pytest.raises(ShifterError) as raised:
        control(server.url).send(ORDER)

    assert kind is type(raised.value)
    assert told in str(raised.value)


def test_an_order_is_sent_once_and_no_answer_may_have_taken_effect() -> None:
    with serving(200, {}) as server:
        url = server.url

    with pytest.raises(Unavailable, match="it may have taken effect"):
        control(url).send(ORDER)


def test_without_credentials_nothing_is_sent() -> None:
    with serving(200, {}) as server:
        nobody = ControlUrl(
            server.url, credentials=None, region="eu-west-1", heard=print
        )
        with pytest.raises(Denied, match="no usable credentials"):
            nobody.send(ORDER)

    assert [] == server.asked
