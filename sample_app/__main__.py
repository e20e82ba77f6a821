"""Start the service: a port for each edge, until SIGTERM.

On SIGTERM it stops to accept, answers what it has begun, tells its last counts and ends
with 0.  ECS allows 30 s for it (Amazon ECS developer guide, "Container timeouts").
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import uvicorn
from starlette.applications import Starlette

from sample_app import credentials, logs
from sample_app.counts import PERIOD_S, Counts, Interval, embedded
from sample_app.database import Database
from sample_app.errors import Misconfigured
from sample_app.ledger import Ledger
from sample_app.observed import Observed
from sample_app.settings import Settings
from sample_app.web import application

# A load balancer keeps a connection for 60 s; the target must not close it first.
_KEEP_ALIVE_S = 75
_DRAIN_S = 20
_WRONG_SETTINGS = 2
_log = logging.getLogger("sample_app")


def main() -> int:
    """Serve until told to stop; the exit status."""
    try:
        settings = Settings.from_environment(os.environ)
        database = Database(settings, credentials.from_settings(settings))
        doors = {edge: _door(settings, port) for edge, port in settings.edges.items()}
    except Misconfigured as error:
        sys.stderr.write(f"The payment service does not start: {error}\n")
        return _WRONG_SETTINGS
    logs.set_up(environment=settings.environment, lane=settings.lane)
    counts = Counts(settings.edges, time.time())

    def tell(intervals: Iterable[Interval]) -> None:
        for interval in intervals:
            line = embedded(
                interval, environment=settings.environment, lane=settings.lane
            )
            _log.info("", extra={"line": line})

    async def tell_each_period() -> None:
        while True:
            await asyncio.sleep(PERIOD_S - time.time() % PERIOD_S)
            tell(counts.closed(time.time()))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        telling = asyncio.create_task(tell_each_period())
        ports = {edge: door.getsockname()[1] for edge, door in doors.items()}
        _log.info("listening", extra={"fields": {"ports": ports}})
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            tell(counts.rest(time.time()))
            database.close()
            _log.info("drained")

    who = {"environment": settings.environment, "lane": settings.lane}
    app = Observed(
        application(Ledger(database, settings.lane), who, lifespan),
        counts=counts,
        lane=settings.lane,
        edges={door.getsockname()[1]: edge for edge, door in doors.items()},
        slow_s=settings.slow_ms / 1000,
    )
    _serve(app, list(doors.values()))
    return 0


def _serve(app: Observed, doors: list[socket.socket]) -> None:
    # uvicorn drains on SIGTERM and then raises it again, for those who end by it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    uvicorn.Server(config).run(sockets=doors)


def _door(settings: Settings, port: int) -> socket.socket:
    try:
        return socket.create_server((settings.listen_on, port))
    except OSError as error:
        told = f"port {port} of {settings.listen_on} cannot be used: {error.strerror}"
        raise Misconfigured(told) from None


if __name__ == "__main__":
    sys.exit(main())
