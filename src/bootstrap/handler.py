"""The function `bootstrap`: does what CloudFormation asks, and always answers it.

Without an answer CloudFormation waits, and a deployment with it.  So whatever goes
wrong is an answer too, and only an answer that could not be sent is an error of the
function, which Lambda then runs again.

Deleting does nothing: the databases and what is in them outlive their stack.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from bootstrap.answering import Put, put, put_patiently
from bootstrap.errors import BootstrapError
from bootstrap.request import Request
from bootstrap.secrets import Secrets
from bootstrap.secrets_manager import SecretsManager
from bootstrap.server import Server
from bootstrap.settings import Settings
from bootstrap.steps import Bootstrap, Clock

KEPT_FOR_THE_REST_S = 120.0
"""Of the function's time: for the work itself and for the answer."""


class Context(Protocol):
    """What Lambda says about the time that is left."""

    def get_remaining_time_in_millis(self) -> int: ...


class Monotonic:
    """The machine's clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class World:
    """What the function needs from outside."""

    settings: Callable[[], Settings]
    secrets: Callable[[], Secrets]
    put: Put
    clock: Clock
    logger: Logger


def handler(event: dict[str, Any], context: Context) -> None:
    """Do what is asked.  Raises BadRequest, Unreachable when it cannot be answered."""
    handle(event, context, _world())


def handle(event: object, context: Context, world: World) -> None:
    """The same, in a given world."""
    left = context.get_remaining_time_in_millis() / 1000 - KEPT_FOR_THE_REST_S
    until = world.clock.now() + left
    request = Request.parse(event)
    problem = _problem(request, world, until)
    if problem:
        world.logger.error(problem, extra={"resource": request.name})
    else:
        world.logger.info(f"{request.kind} is done", extra={"resource": request.name})
    address = request.answer_to.get_secret_value()
    put_patiently(world.put, address, request.answer(problem), world.clock)


def _problem(request: Request, world: World, until: float) -> str:
    """Do it, and tell what went wrong; nothing when nothing did."""
    try:
        if request.kind != "Delete":
            _make_ready(request, world, until)
    except BootstrapError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to be answered
        # Its text may quote a value, so only its kind and places are told.
        places = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{p.name}:{p.lineno}" for p in reversed(places))
        return f"a fault of the bootstrap itself, {type(error).__name__} in {where}"
    return ""


def _make_ready(request: Request, world: World, until: float) -> None:
    wanted = request.wanted()
    settings = world.settings()

    def tell(done: str) -> None:
        world.logger.info(done, extra={"side": wanted.side})

    Bootstrap(
        wanted=wanted,
        server=Server(wanted.host, wanted.port, settings.trusted),
        secrets=world.secrets(),
        folder=settings.sql_folder,
        clock=world.clock,
        tell=tell,
    ).run(until=until)


@cache
def _world() -> World:
    return World(
        settings=lambda: Settings.from_environment(os.environ),
        secrets=_secrets,
        put=put,
        clock=Monotonic(),
        logger=Logger(service="bootstrap"),
    )


def _secrets() -> Secrets:
    patience = Config(
        connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 4}
    )
    return SecretsManager(boto3.client("secretsmanager", config=patience))
