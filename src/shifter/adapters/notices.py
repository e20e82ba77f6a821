"""Notices: one message to people by SNS, one event to systems by EventBridge.

AWS documentation: Amazon SNS API, "Publish" (a subject has at most 100 characters);
Amazon EventBridge API, "PutEvents" (entries can fail although the call succeeds).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interlock.events import CUTOVER_TRANSITION, SOURCE, CutoverTransition
from shifter.adapters.failures import translated
from shifter.core.errors import AwsError, Unavailable
from shifter.core.notice import Notice

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_sns import SNSClient


class SnsEventBridgeNotifier:
    """Fits `ports.Notifier`; when one way fails, the other is still tried."""

    def __init__(
        self, sns: SNSClient, events: EventBridgeClient, *, topic_arn: str, bus: str
    ) -> None:
        self._sns = sns
        self._events = events
        self._topic_arn = topic_arn
        self._bus = bus

    def send(self, notice: Notice) -> None:
        failed: AwsError | None = None
        for way in (self._publish, self._put_event):
            try:
                way(notice)
            except AwsError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _publish(self, notice: Notice) -> None:
        named = {
            "severity": notice.severity.value,
            "environment": notice.environment,
            "cutover_id": notice.cutover_id,
        }
        with translated("Publish", "the notice topic"):
            self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=notice.subject,
                Message=notice.text,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in named.items()
                },
            )

    def _put_event(self, notice: Notice) -> None:
        detail = CutoverTransition.model_validate(
            notice.model_dump(mode="json"), strict=False
        )
        with translated("PutEvents", "the event bus"):
            answer = self._events.put_events(
                Entries=[
                    {
                        "Source": SOURCE,
                        "DetailType": CUTOVER_TRANSITION,
                        "Detail": detail.model_dump_json(),
                        "EventBusName": self._bus,
                        "Time": notice.at,
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            raise Unavailable(
                "PutEvents",
                "the event bus",
                f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}",
            )
