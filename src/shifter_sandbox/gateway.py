"""The gateway: the one place that every API call of the process passes.

moto's `before-send` hook is in every botocore client, whoever built it, so the gateway
takes its place.  For each call: virtual latency passes (and others may get their turn),
a Lambda past its timeout dies, a planted fault may take the call, an operation that
moto lacks is answered here, and moto answers the rest.

Rule: a call made by a listener of the clock is the emulation's own: it takes no time
and meets no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import BotocoreStubber

from shifter_sandbox import wire
from shifter_sandbox.faults import Faults
from shifter_sandbox.functions import Functions
from shifter_sandbox.patching import patched
from shifter_sandbox.turns import Turns
from shifter_sandbox.wire import Call, Refused

LATENCY = 0.03
"""Virtual seconds of an API call."""

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Gateway:
    """What stands between the clients of the process and moto."""

    def __init__(self, turns: Turns, faults: Faults, functions: Functions) -> None:
        self._turns = turns
        self._faults = faults
        self._functions = functions
        self._answers: dict[str, Answer] = {}
        self._refused_services: set[str] = set()
        self.calls: dict[str, int] = {}

    def answer(self, operation: str, answer: Answer) -> None:
        """Answer an operation here, not in moto; services that speak JSON only."""
        self._answers[operation] = answer

    def refuse_others(self, service: str) -> None:
        """Fail loudly on every operation of a service that is not answered here."""
        self._refused_services.add(service)

    @contextmanager
    def stands(self) -> Iterator[None]:
        """Pass every call through the gateway inside the context."""
        original: Any = BotocoreStubber.__call__

        def passes(
            stubber: BotocoreStubber,
            event_name: str,
            request: AWSPreparedRequest,
            **_: Any,
        ) -> AWSResponse | None:
            call = Call.of(event_name, request)

            def send() -> AWSResponse | None:
                if call.name in self._answers or call.service in self._refused_services:
                    return self._answer(call)
                found: AWSResponse | None = original(stubber, event_name, request)
                return found

            if self._turns.clock.telling:
                return send()
            self._turns.sleep(LATENCY)
            self._functions.check_alive()
            self.calls[call.name] = self.calls.get(call.name, 0) + 1
            effect = self._faults.find(call, self._turns.clock.now())
            return effect(call, send) if effect else send()

        with patched(BotocoreStubber, "__call__", passes):
            yield

    def _answer(self, call: Call) -> AWSResponse:
        answer = self._answers.get(call.name)
        if answer is None:
            raise NotImplementedError(f"the sandbox has no fake of {call.name}")
        try:
            return wire.answer(call, answer(call.parameters))
        except Refused as refused:
            return wire.error(call, refused)
