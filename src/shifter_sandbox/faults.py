"""Faults: what can go wrong between a client and AWS, planted by operation.

A fault names operations (`elbv2.ModifyRule`, `elbv2.*`), may look for a resource in the
request and for the Lambda that sends it, and holds a number of times, a span of virtual
time, or both.  The first fault planted that matches a call takes it.  Faults act below
the client, so botocore's own retries see them (AWS SDKs guide, "Retry behavior").

The hard ones: with a *lost answer* AWS does the write and the client times out; with a
*late landing* the client times out and AWS does the write afterwards; a *crash* ends
the running Lambda before or after the effect, as no `except Exception` can notice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TypedDict, Unpack

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from shifter_sandbox import wire
from shifter_sandbox.functions import Killed, running_function
from shifter_sandbox.turns import Turns
from shifter_sandbox.wire import Call, Refused

Send = Callable[[], AWSResponse | None]
Effect = Callable[[Call, Send], AWSResponse | None]

CLIENT_PATIENCE = 3.0
"""Virtual seconds after which a client that hears nothing gives up."""

_THROTTLES = {
    "dynamodb": Refused("ThrottlingException", "Rate exceeded"),
    "lambda": Refused("TooManyRequestsException", "Rate Exceeded.", 429),
    "elbv2": Refused("Throttling", "Rate exceeded"),
    "route53": Refused("Throttling", "Rate exceeded"),
    "sns": Refused("Throttling", "Rate exceeded"),
}
_THROTTLE = Refused("ThrottlingException", "Rate exceeded")
_XML = {"elbv2", "route53", "sns"}


class Limits(TypedDict, total=False):
    """What every fault may be limited to."""

    times: int | None
    seconds: float | None
    resource: str
    function: str


@dataclass(eq=False)
class Fault:
    """One planted fault; `hits` are the moments at which it struck."""

    operation: str
    effect: Effect
    times: int | None
    until: datetime | None
    resource: str
    function: str
    hits: list[datetime] = field(default_factory=list)

    def takes(self, call: Call, now: datetime) -> bool:
        return (
            (self.times is None or len(self.hits) < self.times)
            and (self.until is None or now < self.until)
            and fnmatchcase(call.name, self.operation)
            and (not self.function or fnmatchcase(running_function(), self.function))
            and (not self.resource or self.resource in call.text)
        )


class Faults:
    """The faults planted in one account.

    Every verb takes `times` (None: always), `seconds` (from now; None: for ever),
    `resource` (text that the request contains) and `function` (the Lambda calling; `?*`
    is any, but nobody else).
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._planted: list[Fault] = []

    def throttle(self, operation: str, **limits: Unpack[Limits]) -> Fault:
        """AWS refuses by rate; nothing happens."""
        return self._plant(
            operation,
            lambda call, _: wire.error(call, _THROTTLES.get(call.service, _THROTTLE)),
            **limits,
        )

    def deny(self, operation: str, **limits: Unpack[Limits]) -> Fault:
        """IAM refuses; nothing happens."""

        def effect(call: Call, _: Send) -> AWSResponse:
            code = "AccessDenied" if call.service in _XML else "AccessDeniedException"
            message = (
                f"User is not authorized to perform: {call.service}:{call.operation}"
            )
            return wire.error(call, Refused(code, message, 403))

        return self._plant(operation, effect, **limits)

    def fail(
        self,
        operation: str,
        *,
        code: str,
        message: str = "",
        status: int = 400,
        **limits: Unpack[Limits],
    ) -> Fault:
        """AWS answers with this error; nothing happens."""
        refused = Refused(code, message or code, status)
        return self._plant(operation, lambda c, _: wire.error(c, refused), **limits)

    def unreachable(self, operation: str, **limits: Unpack[Limits]) -> Fault:
        """No connection is made; nothing happens."""

        def effect(call: Call, _: Send) -> AWSResponse:
            self._turns.sleep(CLIENT_PATIENCE)
            raise ConnectTimeoutError(endpoint_url=call.request.url)

        return self._plant(operation, effect, **limits)

    def lose_answer(self, operation: str, **limits: Unpack[Limits]) -> Fault:
        """AWS does it, and the client never hears."""

        def effect(call: Call, send: Send) -> AWSResponse:
            send()
            self._turns.sleep(CLIENT_PATIENCE)
            raise ReadTimeoutError(endpoint_url=call.request.url)

        return self._plant(operation, effect, **limits)

    def land_late(
        self, operation: str, *, after: float, **limits: Unpack[Limits]
    ) -> Fault:
        """The client times out; AWS does it `after` virtual seconds."""

        def effect(call: Call, send: Send) -> AWSResponse:
            self._turns.spawn(f"late {call.name}", send, delay=after)
            self._turns.sleep(CLIENT_PATIENCE)
            raise ReadTimeoutError(endpoint_url=call.request.url)

        return self._plant(operation, effect, **limits)

    def slow(self, operation: str, *, by: float, **limits: Unpack[Limits]) -> Fault:
        """AWS does it, `by` virtual seconds later than usual."""

        def effect(_: Call, send: Send) -> AWSResponse | None:
            self._turns.sleep(by)
            return send()

        return self._plant(operation, effect, **limits)

    def crash(
        self, operation: str, *, after_effect: bool, **limits: Unpack[Limits]
    ) -> Fault:
        """The Lambda that makes the call dies, before or after AWS has done it."""

        def effect(call: Call, send: Send) -> AWSResponse:
            if after_effect:
                send()
            raise Killed(
                "Runtime.ExitError", f"Runtime exited at {call.name}: exit status 1"
            )

        return self._plant(operation, effect, **limits)

    @property
    def planted(self) -> tuple[Fault, ...]:
        """Every fault that was planted and not taken away."""
        return tuple(self._planted)

    def clear(self) -> None:
        """Take every fault away."""
        self._planted.clear()

    def find(self, call: Call, now: datetime) -> Effect | None:
        """The effect that takes this call, which is then counted."""
        for fault in self._planted:
            if fault.takes(call, now):
                fault.hits.append(now)
                return fault.effect
        return None

    def _plant(
        self,
        operation: str,
        effect: Effect,
        **limits: Unpack[Limits],
    ) -> Fault:
        now = self._turns.clock.now()
        seconds = limits.get("seconds")
        fault = Fault(
            operation,
            effect,
            times=limits.get("times"),
            until=None if seconds is None else now + timedelta(seconds=seconds),
            resource=limits.get("resource", ""),
            function=limits.get("function", ""),
        )
        self._planted.append(fault)
        return fault
