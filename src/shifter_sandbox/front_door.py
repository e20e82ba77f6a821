"""The front door: a real HTTP server that answers for the edges.

A probe is a real request, so the sandbox gives it something real to reach: the path
names the edge, and the answer names the lane that most of its weight leads to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def front_door(lane_of: Callable[[str], str]) -> Iterator[str]:
    """Serve `<address>/<edge>` on loopback; yields the address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            edge = self.path.strip("/")
            try:
                lane = lane_of(edge)
            except LookupError:
                self.send_error(404, f"no edge {edge}")
                return
            self.send_response(200)
            self.send_header("X-Shifter-Lane", lane)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its base's name
            """Stay silent: the run tells its own story."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
