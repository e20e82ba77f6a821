"""Notices: one message to people by SNS, one event to systems by EventBridge.

Rules of this file
* A way that does not answer that it went well has failed: the engine sends the notice
  on that way again, and who got it before gets it twice.
* One way that fails does not keep the other from being tried.
* Text comes from outside, too (a name in a plan, the reason of an order), so what SNS
  would refuse is replaced here: a refused notice would keep all later ones back.

AWS documentation: Amazon SNS API, "Publish" (a subject has less than 100 characters
and no line breaks or control characters; mail clients want ASCII);
Amazon EventBridge API, "PutEvents" (entries can fail although the call succeeds).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlock.events import CUTOVER_TRANSITION, SOURCE, CutoverTransition
from shifter.adapters.failures import from_response, translated
from shifter.core.errors import AwsError
from shifter.core.notice import EVERY_WAY, Notice, Way

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_sns import SNSClient

LONGEST_SUBJECT = 99
LONGEST_REASON = 20_000
"""SNS and EventBridge take 256 KiB, and escaped a character may be twelve bytes."""


class SnsEventBridgeNotifier:
    """Fits `ports.Notifier`; when one way fails, the other is still tried."""

    def __init__(
        self, sns: SNSClient, events: EventBridgeClient, *, topic_arn: str, bus: str
    ) -> None:
        self._sns = sns
        self._events = events
        self._topic_arn = topic_arn
        self._bus = bus

    def send(self, notice: Notice, ways: Sequence[Way] = EVERY_WAY) -> None:
        short = notice.reason[:LONGEST_REASON]
        notice = notice.model_copy(update={"reason": short})
        failures: list[AwsError] = []
        verbs = {Way.PEOPLE: self._publish, Way.SYSTEMS: self._put_event}
        for way in ways:
            try:
                verbs[way](notice)
            except AwsError as error:
                failures.append(error)
        if failures:
            first, *others = failures
            for other in others:
                first.add_note(str(other))
            raise first

    def _publish(self, notice: Notice) -> None:
        named = {
            "severity": notice.severity.value,
            "environment": notice.environment,
            "cutover_id": notice.cutover_id,
        }
        with translated("Publish", "the notice topic"):
            self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=_subject(notice.subject),
                Message=_message(notice.text),
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
            [entry] = answer["Entries"]
            error = {
                "Code": entry.get("ErrorCode", "Unknown"),
                "Message": entry.get("ErrorMessage", ""),
            }
            raise from_response({"Error": error}, "PutEvents", "the event bus")


def _subject(text: str) -> str:
    """Printable ASCII on one line; what is not shows as a question mark."""
    line = " ".join(text.split())
    return "".join(
        letter if letter.isascii() and letter.isprintable() else "?"
        for letter in line[:LONGEST_SUBJECT]
    )


def _message(text: str) -> str:
    """Lines without control characters, which are no part of XML."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text
    )
