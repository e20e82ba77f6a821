"""Serving: the sandbox for other processes, over HTTP on this machine.

    with served(speed=60) as up:
        ...  # boto3.client("elbv2", endpoint_url=up.endpoint) in another process
        up.wait()

The clock starts at the real present and keeps to its `pacing`; a thread of its own
moves it, so traffic flows, alarms are evaluated and the watchdog runs while nobody
asks.  A request is a task of `turns`: it waits for its turn, and it gives the turn away
when it takes virtual time, as a Lambda that it invokes does.

Rules: loopback only; every answer carries the virtual time as its Date; a request never
ends the server; a client whose answer is lost sees its connection closed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import perf_counter
from typing import Any

import boto3
from botocore.exceptions import HTTPClientError

from shifter.adapters.zones import zones_of
from shifter.core.errors import Refused
from shifter_sandbox.clock import MINUTE
from shifter_sandbox.function_url import PATH, FunctionUrl
from shifter_sandbox.functions import Killed
from shifter_sandbox.outside import Answer, Request, answer_of
from shifter_sandbox.pacing import Pace
from shifter_sandbox.stage import Stage, stage
from shifter_sandbox.turns import SandboxClosed
from shifter_sandbox.zoned_past import remember

ADDRESS = "127.0.0.1"
BUILDING = timedelta(minutes=8)
"""Virtual time that building the stage takes, and a little more."""
BODY_LIMIT = 8 * 1024 * 1024
"""More bytes than any request to a service that is emulated here."""


@dataclass(frozen=True)
class Served:
    """A sandbox that is up."""

    endpoint: str
    stage: Stage
    _driver: threading.Thread

    @property
    def environment(self) -> str:
        return self.stage.system.topology.environment

    @property
    def region(self) -> str:
        return self.stage.aws.region

    def wait(self) -> None:
        """Wait until time stops, which means that the sandbox has failed."""
        while self._driver.is_alive():
            self._driver.join(1.0)


@contextmanager
def served(
    *,
    speed: float = 1.0,
    port: int = 0,
    seed: int = 1,
    past_days: float = 0,
    lagging: Callable[[float], object] = lambda _: None,
) -> Iterator[Served]:
    """Open a sandbox and serve it; raises Refused when the port cannot be had."""
    began, started = datetime.now(UTC), perf_counter()
    with _bound(port) as door:
        endpoint = f"http://{ADDRESS}:{door.server_port}"
        url = f"{endpoint}{PATH}/"
        with stage(seed=seed, start=began - BUILDING, control_url=url, edges=2) as on:
            if past_days:
                topology = on.system.topology
                remember(
                    on.aws.metrics,
                    topology,
                    zones=zones_of(boto3.client("elbv2"), topology),
                    until=on.aws.now(),
                    days=past_days,
                    seed=seed,
                )
            real = began + timedelta(seconds=perf_counter() - started)
            present = real.replace(microsecond=0)
            on.aws.advance(max(0.0, (present - on.aws.now()).total_seconds()))
            on.aws.turns.pace = Pace(on.aws.now(), speed, lagging)
            door.open(_Desk(on).answer)
            driver = threading.Thread(target=_drive, args=[on], daemon=True)
            driver.start()
            try:
                yield Served(endpoint, on, driver)
            finally:
                on.aws.turns.close()


def _drive(on: Stage) -> None:
    """Let time pass for as long as it can; the end of the account tells why not."""
    with suppress(Exception):
        while True:
            on.aws.advance(MINUTE.total_seconds())


class _Desk:
    """Takes requests, one at a time and in virtual time."""

    def __init__(self, on: Stage) -> None:
        self._turns = on.aws.turns
        self._control = FunctionUrl(on.shifter.functions["Control"])

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request; None when the client hears nothing."""
        found: list[Answer] = []
        done = threading.Event()

        def take() -> None:
            try:
                found.append(self._dated(self._answer(request)))
            except (SandboxClosed, HTTPClientError, Killed):
                pass  # planted, or the end
            finally:
                done.set()

        try:
            self._turns.enter(f"{request.method} {request.target}", take)
        except SandboxClosed:
            return None
        while not done.wait(1.0) and not self._turns.closed:
            pass
        return found[0] if found else None

    def _answer(self, request: Request) -> Answer:
        if self._control.takes(request):
            return self._control.answer(request, self._turns.clock.now())
        return answer_of(request)

    def _dated(self, answer: Answer) -> Answer:
        date = format_datetime(self._turns.clock.now(), usegmt=True)
        return Answer(answer.status, {**answer.headers, "Date": date}, answer.body)


class _Door(ThreadingHTTPServer):
    """Listens from the start; who comes before it opens waits."""

    request_queue_size = 64
    answer: Callable[[Request], Answer | None]

    def open(self, answer: Callable[[Request], Answer | None]) -> None:
        self.answer = answer
        threading.Thread(target=self.serve_forever, args=[0.05], daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client go that has broken off; whatever else happens is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Visit(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Door

    def _take(self) -> None:
        size = self.headers.get("Content-Length") or "0"
        if not size.isdecimal() or "Transfer-Encoding" in self.headers:
            self.send_error(411)
            return
        if int(size) > BODY_LIMIT:
            self.send_error(413)
            return
        body = self.rfile.read(int(size))
        request = Request(self.command, self.path, self.headers, body)
        answer = self.server.answer(request)
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _take  # noqa: N815  its base's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its base's name
        """Stay silent: who asks what is told by the functions' logs."""


@contextmanager
def _bound(port: int) -> Iterator[_Door]:
    try:
        door = _Door((ADDRESS, port), _Visit)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(
            f"port {port} cannot be had ({reason}): "
            "choose another one with --port, or 0 for any that is free"
        ) from None
    try:
        yield door
    finally:
        door.server_close()
