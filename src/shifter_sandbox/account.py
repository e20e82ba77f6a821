"""The account: one emulated AWS account in this process, with its own time.

    with account(seed=1) as aws:
        aws.add_function("shift", handler)
        result = aws.run(definition, {"cutover_id": "c"}, name="c-1")

Inside the context every boto3 client of the process talks to the emulation, whoever
built it, and the time of the process is virtual.  Rules: credentials are dummies and no
profile of the developer's is read; what is patched is restored at the end; the same
seed and the same calls give the same run.  `fakes` lists what is laid over moto.
"""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import Context
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import botocore.retries.bucket
import botocore.session
import botocore.waiter
import time_machine
from botocore.loaders import create_loader
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from shifter_sandbox.calendars import ChangeCalendars
from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.cloudwatch import CloudWatchFront
from shifter_sandbox.dms import Replication
from shifter_sandbox.elbv2 import LoadBalancing
from shifter_sandbox.emf import metrics_from_output
from shifter_sandbox.eventbridge import EventDelivery
from shifter_sandbox.faults import Faults
from shifter_sandbox.functions import Functions, Handler
from shifter_sandbox.gateway import Gateway
from shifter_sandbox.identity import keys_name_users
from shifter_sandbox.monitoring import Monitoring
from shifter_sandbox.patching import check_patch_points, environment, patched
from shifter_sandbox.pools import pools_take_turns
from shifter_sandbox.route53 import NameService
from shifter_sandbox.stepfunctions import ExecutionResult, StateMachines
from shifter_sandbox.transactions import copied_sparingly
from shifter_sandbox.turns import REAL_SECONDS, Task, Turns

REGION = "eu-west-1"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MACHINE = "cutover"

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",  # thousands of them, for nothing
}
_FORGOTTEN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
)


class Account:
    """One emulated account.  Get one from `account()`."""

    region = REGION
    id = DEFAULT_ACCOUNT_ID

    def __init__(self, turns: Turns, *, seed: int) -> None:
        self.seed = seed
        self.turns = turns
        self.clock = turns.clock
        self.functions = Functions(turns)
        self.faults = Faults(turns)
        self.gateway = Gateway(turns, self.faults, self.functions)
        self.load_balancing = LoadBalancing(self.clock, REGION)
        self.name_service = NameService(self.clock)
        self.monitoring = Monitoring(self.clock, REGION, seed=seed)
        self.metrics = self.monitoring.metrics
        self.replication = Replication(
            self.clock, self.gateway, self.metrics, f"arn:aws:dms:{REGION}:{self.id}"
        )
        self.calendars = ChangeCalendars(self.clock, self.gateway)
        self.events = EventDelivery(turns, REGION)
        self.state_machines = StateMachines(turns, REGION)
        self.monitoring.subscribers.append(self.events.alarm_changed)

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass: what a handler uses in place of `time.sleep`."""
        self.functions.check_alive()
        self.turns.sleep(seconds)
        self.functions.check_alive()

    advance = sleep

    def after(self, seconds: float, action: Callable[[], object]) -> Task:
        """Do something `seconds` from now, at the same time as all else."""
        name = getattr(action, "__name__", "action")
        return self._spawn(f"{name} at {self.now()}", action, seconds)

    def every(self, seconds: float, action: Callable[[], object]) -> Task:
        """Do something again and again, as EventBridge Scheduler does."""

        def repeat() -> None:
            while True:
                action()
                self.turns.sleep(seconds)

        return self._spawn("schedule", repeat, seconds)

    def _spawn(self, name: str, action: Callable[[], object], delay: float) -> Task:
        """Spawn outside of every Lambda, even when a call of a Lambda led here."""
        return Context().run(self.turns.spawn, name, action, delay=delay)

    def add_function(
        self, name: str, handler: Handler, *, timeout: float = 900.0
    ) -> str:
        """Let `handler` be the Lambda of this name; return its ARN."""
        return self.functions.add(name, handler, timeout=timeout)

    def add_machine(self, definition: Mapping[str, Any], name: str = MACHINE) -> str:
        """Create the state machine, or update it; return its ARN."""
        return self.state_machines.add(name, definition)

    def start(
        self,
        definition: Mapping[str, Any],
        payload: Any,
        *,
        name: str,
        machine: str = MACHINE,
    ) -> None:
        """Start an execution and go on; it runs while virtual time passes."""
        self.state_machines.start(self.add_machine(definition, machine), payload, name)

    def run(
        self,
        definition: Mapping[str, Any],
        payload: Any,
        *,
        name: str,
        machine: str = MACHINE,
    ) -> ExecutionResult:
        """Start an execution and wait until no execution runs any more."""
        self.start(definition, payload, name=name, machine=machine)
        self.state_machines.finish()
        return self.state_machines.result(name)

    def result(self, name: str) -> ExecutionResult:
        """What became of an execution, or how far it is."""
        return self.state_machines.result(name)


@contextmanager
def account(
    start: datetime = START, *, seed: int = 1, real_seconds: float = REAL_SECONDS
) -> Iterator[Account]:
    """An empty account whose clock stands at `start`.

    `real_seconds` is how long the caller waits for virtual time to pass, really.
    """
    check_patch_points()
    with ExitStack() as stack:
        stack.enter_context(environment({**_ENVIRONMENT, **dict.fromkeys(_FORGOTTEN)}))
        stack.enter_context(_seeded(seed))
        traveller = stack.enter_context(time_machine.travel(start, tick=False))
        config: Any = {
            "lambda": {"use_docker": False},
            "stepfunctions": {"execute_state_machine": True},
        }
        stack.enter_context(mock_aws(config=config))
        _share_models()
        stack.enter_context(_quiet())
        turns = Turns(VirtualClock(traveller, start), real_seconds=real_seconds)
        aws = Account(turns, seed=seed)
        sleeper = SimpleNamespace(sleep=turns.sleep, time=lambda: aws.now().timestamp())
        for module in (botocore.endpoint, botocore.waiter, botocore.retries.bucket):
            stack.enter_context(patched(module, "time", sleeper))
        for layer in (
            pools_take_turns(turns),
            aws.functions.served(),
            metrics_from_output(aws.metrics),
            aws.load_balancing.refined(),
            aws.name_service.refined(),
            CloudWatchFront(aws.monitoring).refined(),
            aws.events.refined(),
            aws.state_machines.interpreted(),
            keys_name_users(),
            copied_sparingly(),
            aws.gateway.stands(),
        ):
            stack.enter_context(layer)
        stack.callback(turns.close)
        yield aws


@cache
def _loader() -> Any:
    return create_loader()


def _share_models() -> None:
    """Let all accounts of the process read botocore's models once: it takes a second.

    mock_aws puts the developer's default session back at the end.
    """
    session = botocore.session.get_session()
    session.register_component("data_loader", _loader())
    boto3.setup_default_session(botocore_session=session)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep moto's interpreter from logging each error that a definition handles."""
    log = logging.getLogger("moto.stepfunctions")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Make moto's names and botocore's jitter the same in every run of one seed."""
    before, moto_before = random.getstate(), mock_random.getstate()
    random.seed(seed)
    mock_random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
        mock_random.setstate(moto_before)
