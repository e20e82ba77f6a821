"""EventBridge: rules that reach Lambda, and the alarm events that AWS itself sends.

moto raises for a Lambda target and sends no event when an alarm changes.  Here a Lambda
target is invoked as a task of its own, `delay` virtual seconds later, once.  AWS
promises *at least* once and in any order: a test that needs this invokes the function
again itself.  Sources: Amazon EventBridge user guide, "Event bus targets"; Amazon
CloudWatch user guide, "Alarm events and EventBridge".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.models import Rule, events_backends

from shifter_sandbox.patching import patched
from shifter_sandbox.turns import Turns


class EventDelivery:
    """The fake over moto's EventBridge."""

    def __init__(self, turns: Turns, region: str, *, delay: float = 1.0) -> None:
        self._turns = turns
        self._region = region
        self._delay = delay

    def alarm_changed(self, event: Mapping[str, Any]) -> None:
        """Deliver an event to the rules of the default bus, as AWS does its own."""
        backend = events_backends[DEFAULT_ACCOUNT_ID][self._region]
        for rule in backend.event_buses["default"].rules.values():
            if rule.state == "ENABLED":
                rule.send_to_targets(dict(event))  # type: ignore[arg-type]

    @contextmanager
    def refined(self) -> Iterator[None]:
        """Lay the fake over moto inside the context."""
        original = Rule.send_to_targets

        def send(rule: Rule, original_event: Any, transform_input: bool = True) -> None:
            if not rule.event_pattern.matches_event(original_event):
                return
            functions = [t for t in rule.targets if ":lambda:" in t["Arn"]]
            for target in functions:
                self._invoke(target["Arn"], original_event)
            everything = rule.targets
            rule.targets = [t for t in everything if t not in functions]
            try:
                original(rule, original_event, transform_input)
            finally:
                rule.targets = everything

        with patched(Rule, "send_to_targets", send):
            yield

    def _invoke(self, arn: str, event: Mapping[str, Any]) -> None:
        payload = json.dumps(event).encode()

        def invoke() -> None:
            boto3.client("lambda").invoke(FunctionName=arn, Payload=payload)

        self._turns.spawn(f"event to {arn}", invoke, delay=self._delay)
