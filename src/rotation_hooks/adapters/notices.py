"""Notices: a message to people by SNS, an event to systems by EventBridge.

One way that fails does not keep the other from being tried.

AWS documentation: Amazon SNS API, `Publish` (a subject is short, and ASCII); Amazon
EventBridge API, `PutEvents` (entries can fail although the call succeeds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rotation_hooks.adapters.failures import translated
from rotation_hooks.core.errors import AwsError, Unavailable
from rotation_hooks.core.notice import DETAIL_TYPE, SOURCE, Notice

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_sns import SNSClient


class SnsEventBridgeNotifier:
    """Fits `ports.Notifier`."""

    def __init__(
        self, sns: SNSClient, events: EventBridgeClient, *, topic_arn: str, bus: str
    ) -> None:
        self._sns = sns
        self._events = events
        self._topic_arn = topic_arn
        self._bus = bus

    def tell(self, notice: Notice) -> None:
        failures: list[AwsError] = []
        for way in (self._publish, self._put_event):
            try:
                way(notice)
            except AwsError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _publish(self, notice: Notice) -> None:
        with translated("Publish", "the notice topic"):
            self._sns.publish(
                TopicArn=self._topic_arn, Subject=notice.subject, Message=notice.text
            )

    def _put_event(self, notice: Notice) -> None:
        with translated("PutEvents", "the event bus"):
            answer = self._events.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": DETAIL_TYPE,
                        "Detail": notice.model_dump_json(),
                        "EventBusName": self._bus,
                        "Time": notice.at,
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "unknown")
            raise Unavailable("PutEvents", "the event bus", f"it refused: {code}")
