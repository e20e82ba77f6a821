"""A probe asks through an edge, and believes only what a lane says of itself.

What every probe promises is asked of both, over HTTP and in memory, at the end.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar, Protocol

import pytest

from shifter.adapters.memory.probe import MemoryProbe
from shifter.adapters.memory.world import MemoryWorld
from shifter.adapters.probe import HttpProbe
from shifter.core.edges import EdgeState
from shifter.core.errors import AwsError, Rejected, Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.lanes import Lane, Split, Weights
from shifter.core.topology import Topology
from shifter.ports import Probe
from tests.adapters.bench import invented_topology


class Application(BaseHTTPRequestHandler):
    """Answers by path: `/<status>/<lane>`."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        _, status, lane = self.path.split("/")
        self.send_response(int(status))
        if status.startswith("3"):
            self.send_header("Location", "/200/elsewhere")
        if lane:
            self.send_header("X-Shifter-Lane", lane.replace("_", " "))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """The application, on a port of its own."""
    Application.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Application)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def rude_server(says: bytes | None) -> Iterator[str]:
    """Somebody who says this to the first who comes, or nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                if says is None:
                    connection.recv(1)  # until the other side has lost patience
                    return
                connection.sendall(says)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


def topology(url: str | None) -> Topology:
    document = invented_topology().model_dump()
    for edge in document["edges"]:
        edge["probe_url"] = url
    return Topology.model_validate(document)


def probe(url: str | None, seconds: float = 5) -> HttpProbe:
    return HttpProbe(topology(url), seconds)


def failure(url: str, seconds: float = 5) -> AwsError:
    with pytest.raises(AwsError) as error:
        probe(url, seconds).lane("edge-1")
    return error.value


@pytest.mark.parametrize("path", ["200/blue", "200/_blue_", "204/blue"])
def test_the_lane_is_what_the_answer_says(address: str, path: str) -> None:
    assert probe(f"{address}/{path}").lane("edge-1") == "blue"


def test_each_edge_is_asked_for_itself(address: str) -> None:
    document = topology(f"{address}/200/blue").model_dump()
    document["edges"][1]["probe_url"] = f"{address}/200/green"
    both = HttpProbe(Topology.model_validate(document))

    assert [both.lane(edge) for edge in ("edge-1", "edge-2")] == ["blue", "green"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_answer_that_refuses_is_an_answer_of_its_lane(
    address: str, status: int
) -> None:
    """The probe has no session and no rights."""
    assert probe(f"{address}/{status}/green").lane("edge-1") == "green"


def test_an_edge_without_a_probe_has_no_lane() -> None:
    assert probe(None).lane("edge-1") is None


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_fault_is_no_answer_of_a_lane(address: str, status: int) -> None:
    """A load balancer without healthy targets answers 503 by itself."""
    error = failure(f"{address}/{status}/blue")

    assert type(error) is Unavailable
    assert str(error) == (f"probe on edge-1: {address}/{status}/blue answered {status}")


@pytest.mark.parametrize("path", ["200/", "404/", "200/_"])
def test_an_answer_that_names_no_lane_is_not_understood(
    address: str, path: str
) -> None:
    error = failure(f"{address}/{path}")

    assert type(error) is Rejected
    assert str(error).endswith("without a X-Shifter-Lane header")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(address: str, status: int) -> None:
    """The lane behind it answers for another edge."""
    assert type(failure(f"{address}/{status}/")) is Rejected
    assert probe(f"{address}/{status}/blue").lane("edge-1") == "blue"
    assert [path for path in Application.asked if "elsewhere" in path] == []


def test_nobody_who_listens_is_no_answer() -> None:
    """The port is held while it is asked, or another test's server could get it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        error = failure(f"http://127.0.0.1:{bound.getsockname()[1]}/")

    assert type(error) is Unavailable
    assert "gave no answer (ConnectionRefusedError)" in str(error)


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        (None, "TimeoutError"),
        (b"", "RemoteDisconnected"),
        (b"croak\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000, "LineTooLong"),
    ],
    ids=["silence", "hangs up", "no HTTP", "too long"],
)
def test_what_is_no_http_is_no_answer(says: bytes | None, problem: str) -> None:
    with rude_server(says) as url:
        error = failure(url, seconds=0.3)

    assert type(error) is Unavailable
    assert f"gave no answer ({problem})" in str(error)


@pytest.mark.parametrize("url", ["http://[/", "http://127.0.0.1:croak/"])
def test_an_address_that_is_none_is_no_answer(url: str) -> None:
    assert type(failure(url)) is Unavailable


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://river/", "river"])
def test_nothing_but_http_is_ever_asked(url: str) -> None:
    with pytest.raises(ValueError, match="probe_url"):
        topology(url)


# --- what every probe promises --------------------------------------------------------


class ProbeBench(Protocol):
    """Two edges, of which only the first has a probe."""

    @property
    def probe(self) -> Probe: ...

    def serve(self, lane: Lane) -> None:
        """Let this lane answer at every edge."""

    def fall_silent(self) -> None:
        """Let no edge answer any more."""


def first_edge_only(url: str) -> Topology:
    document = invented_topology().model_dump()
    document["edges"][0]["probe_url"] = url
    return Topology.model_validate(document)


class MemoryProbeBench:
    def __init__(self) -> None:
        self._world = MemoryWorld(first_edge_only("https://river.example.com/"))
        self.probe = MemoryProbe(self._world)

    def serve(self, lane: Lane) -> None:
        weights = Weights.model_validate({lane: 1})
        self._world.edges = dict.fromkeys(self._world.edges, EdgeState(weights=weights))

    def fall_silent(self) -> None:
        self._world.edges = dict.fromkeys(self._world.edges, Unreadable("gone"))


class HttpProbeBench:
    def __init__(self, address: str) -> None:
        self._address = address
        self.serve(Lane.BLUE)

    def serve(self, lane: Lane) -> None:
        self.probe = HttpProbe(first_edge_only(f"{self._address}/200/{lane}"))

    def fall_silent(self) -> None:
        self.probe = HttpProbe(first_edge_only(f"{self._address}/503/"))


@pytest.fixture(params=["memory", "http"])
def bench(request: pytest.FixtureRequest) -> ProbeBench:
    if request.param == "memory":
        return MemoryProbeBench()
    return HttpProbeBench(request.getfixturevalue("address"))


@pytest.mark.parametrize("lane", Lane)
def test_the_lane_that_serves_is_the_lane_that_answers(
    bench: ProbeBench, lane: Lane
) -> None:
    bench.serve(lane)

    assert bench.probe.lane("edge-1") == lane


def test_where_there_is_no_probe_no_lane_answers(bench: ProbeBench) -> None:
    """Nobody is asked there, so it is no failure, either."""
    bench.fall_silent()

    assert bench.probe.lane("edge-2") is None


def test_silence_is_no_lane(bench: ProbeBench) -> None:
    bench.fall_silent()

    with pytest.raises(Unavailable):
        bench.probe.lane("edge-1")


# --- in memory ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("split", "lane"),
    [
        (Split.leaving_blue(0), "blue"),
        (Split.leaving_blue(499), "blue"),
        (Split.leaving_blue(501), "green"),
        (Split.leaving_blue(1000), "green"),
    ],
    ids=str,
)
def test_in_memory_the_heaviest_lane_answers(split: Split, lane: str) -> None:
    world = MemoryWorld(first_edge_only("https://river.example.com/"))
    world.edges["edge-1"] = EdgeState(weights=split.weights())

    assert MemoryProbe(world).lane("edge-1") == lane
