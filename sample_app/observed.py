"""Around every request: who answered, how it ended, how long it took.

Requests of load balancers (/health, /ready) are neither counted nor logged while they
succeed.  A log line has the route, never the path: a path may hold anything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sample_app.counts import Counts

_PROBES = ("/health", "/ready")
_log = logging.getLogger(__name__)


class Observed:
    """An application that is counted, logged and named."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        counts: Counts,
        lane: str,
        edges: Mapping[int, str],
        slow_s: float,
    ) -> None:
        """`edges` names the edge of each port."""
        self._app = app
        self._counts = counts
        self._lane = lane
        self._edges = edges
        self._slow_s = slow_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        edge = self._edges[scope["server"][1]]
        scope["edge"] = edge
        status = 0
        began = time.perf_counter()

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Shifter-Lane"] = self._lane
                headers["X-Shifter-Edge"] = edge
                headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self._app(scope, receive, named)
        except Exception:  # noqa: BLE001 - Starlette has answered 500, and raises why
            _log.exception("the service failed")
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        self._ended(scope, edge, status, time.perf_counter() - began)

    def _ended(self, scope: Scope, edge: str, status: int, took_s: float) -> None:
        failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        probe = scope["path"] in _PROBES
        if not probe:
            slow = took_s > self._slow_s
            self._counts.add(edge, time.time(), failed=failed, slow=slow)
        if failed or not probe:
            route = getattr(scope.get("route"), "path", None)
            fields = {
                "edge": edge,
                "method": scope["method"] if route else None,
                "route": route,
                "status": status,
                "took_ms": round(took_s * 1000, 1),
                **scope.get("trouble", {}),
            }
            _log.info("answered", extra={"fields": fields})
