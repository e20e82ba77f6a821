"""Monitoring: which state every alarm has, and who is told when one changes.

Metric alarms are evaluated each full minute (`alarms`), composite ones after them and
from them (`alarm_rule`).  A change is told to the subscribers in the shape of
EventBridge's event.  Source: Amazon CloudWatch user guide, "Alarm events and
EventBridge".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from shifter_sandbox import alarm_rule, alarms
from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.metrics import Metrics

Event = Mapping[str, Any]


class Monitoring:
    """The metrics and alarms of one account."""

    def __init__(self, clock: VirtualClock, region: str, *, seed: int) -> None:
        self.clock = clock
        self._region = region
        self.metrics = Metrics(seed)
        self.metrics_asked = 0
        """By GetMetricData, one by one, as AWS charges for them."""
        self.subscribers: list[Callable[[Event], object]] = []
        clock.each_minute(self.evaluate)

    @property
    def backend(self) -> CloudWatchBackend:
        return cloudwatch_backends[DEFAULT_ACCOUNT_ID][self._region]

    def evaluate(self, now: datetime) -> None:
        """Evaluate every alarm: metric alarms first, then composite ones."""
        for alarm in list(self.backend.alarms.values()):
            if alarm.rule is None:
                state, reason = alarms.evaluate(alarm, self.metrics, now)
                self.change(alarm, state, reason)
        composite = [a for a in self.backend.alarms.values() if a.rule is not None]
        for _ in composite:  # one may ask another
            for alarm in composite:
                rule, names = alarm_rule.parse(str(alarm.rule))
                state = "ALARM" if rule(self.state) else "OK"
                firing = [n for n in sorted(names) if self.state(n) == "ALARM"]
                reason = f"raised by {', '.join(firing) or 'none'}"
                self.change(alarm, state, reason)

    def state(self, name: str) -> str:
        """State of an alarm; empty when there is none of this name."""
        alarm = self.backend.alarms.get(name)
        return alarm.state_value if alarm else ""

    def change(self, alarm: Alarm, state: str, reason: str, data: str = "{}") -> None:
        """Record what an alarm is found to be; tell the subscribers of a change."""
        alarm.state_reason = reason
        alarm.state_reason_data = data
        if alarm.state_value == state:
            return
        before = alarm.state_value
        alarm.state_value = state
        stamp(alarm, self.clock.now())
        event = _event(alarm, before, self.clock.now())
        for tell in self.subscribers:
            tell(event)


def stamp(alarm: Any, moment: datetime) -> None:
    """Record when an alarm last changed."""
    alarm.state_updated_timestamp = moment
    alarm.state_transitioned_timestamp = moment


def _event(alarm: Alarm, before: str, now: datetime) -> Event:
    return {
        "version": "0",
        "id": str(mock_random.uuid4()),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": DEFAULT_ACCOUNT_ID,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "region": alarm.region_name,
        "resources": [alarm.alarm_arn],
        "detail": {
            "alarmName": alarm.name,
            "state": {
                "value": alarm.state_value,
                "reason": alarm.state_reason,
                "timestamp": f"{now:%Y-%m-%dT%H:%M:%S.000+0000}",
            },
            "previousState": {"value": before},
            "configuration": {"description": alarm.description or ""},
        },
    }
