"""Notices reach people and systems, or are known not to have."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from interlock.events import CutoverTransition
from shifter.adapters.memory.notices import MemoryNotifier
from shifter.adapters.notices import SnsEventBridgeNotifier
from shifter.core.errors import AwsError, Denied, Rejected, Throttled, Unavailable
from shifter.core.notice import Severity
from shifter.ports import Notifier
from tests.adapters.account import Account
from tests.adapters.fixtures_b import notice


class Mailbox:
    """A topic and a bus, with queues behind them that tell what arrived."""

    def __init__(self, account: Account) -> None:
        self._sqs = account.client("sqs")
        sns, events = account.client("sns"), account.client("events")
        topic = sns.create_topic(Name="notices")["TopicArn"]
        self._messages, arn = self._queue("messages")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        events.create_event_bus(Name="bus")
        self._events, arn = self._queue("events")
        events.put_rule(
            Name="all",
            EventBusName="bus",
            EventPattern=json.dumps(
                {"source": ["shifter"], "detail-type": ["Cutover transition"]}
            ),
        )
        events.put_targets(
            Rule="all", EventBusName="bus", Targets=[{"Id": "queue", "Arn": arn}]
        )
        self.notifier = SnsEventBridgeNotifier(sns, events, topic_arn=topic, bus="bus")

    @property
    def messages(self) -> list[Any]:
        """What people got."""
        return self._received(self._messages)

    @property
    def events(self) -> list[Any]:
        """What systems got."""
        return self._received(self._events)

    def _queue(self, name: str) -> tuple[str, str]:
        url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        found = self._sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        return url, found["Attributes"]["QueueArn"]

    def _received(self, url: str) -> list[Any]:
        answer = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


@pytest.fixture
def mailbox(account: Account) -> Mailbox:
    return Mailbox(account)


def refuse_event(account: Account, code: str) -> None:
    """Let PutEvents succeed while its entry fails."""
    account.answer(
        "events",
        "PutEvents",
        lambda _: {
            "FailedEntryCount": 1,
            "Entries": [{"ErrorCode": code, "ErrorMessage": "not now"}],
        },
    )


def test_people_get_one_message_with_what_a_filter_needs(mailbox: Mailbox) -> None:
    told = notice()

    mailbox.notifier.send(told)

    [message] = mailbox.messages
    assert message["Subject"] == told.subject
    assert message["Message"] == told.text
    assert {
        name: attribute["Value"]
        for name, attribute in message["MessageAttributes"].items()
    } == {"severity": "page", "environment": "riverbank", "cutover_id": "otters-1"}


def test_systems_get_one_event_with_the_whole_notice(mailbox: Mailbox) -> None:
    told = notice(severity=Severity.INFO)

    mailbox.notifier.send(told)

    [event] = mailbox.events
    assert (event["source"], event["detail-type"], event["time"]) == (
        "shifter",
        "Cutover transition",
        "2027-03-20T12:00:00Z",
    )
    detail = CutoverTransition.model_validate(event["detail"])
    assert detail.model_dump(exclude={"schema_version"}) == told.model_dump()
    assert detail.schema_version == 1


def test_a_topic_that_refuses_does_not_keep_the_event_from_being_sent(
    account: Account, mailbox: Mailbox
) -> None:
    account.refuse("sns", "Publish", "AuthorizationError", status=403)

    with pytest.raises(Denied, match="Publish on the notice topic"):
        mailbox.notifier.send(notice())

    assert len(mailbox.events) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", Throttled),
        ("InternalFailure", Unavailable),
        ("AccessDeniedException", Denied),
        ("MalformedDetail", Rejected),
    ],
)
def test_an_entry_that_failed_in_a_call_that_succeeded_is_a_failure(
    account: Account, mailbox: Mailbox, code: str, kind: type[AwsError]
) -> None:
    refuse_event(account, code)

    with pytest.raises(AwsError, match=f"PutEvents on the event bus: {code}") as error:
        mailbox.notifier.send(notice())

    assert type(error.value) is kind
    assert len(mailbox.messages) == 1


def test_an_entry_that_failed_without_saying_why_is_a_failure(
    account: Account, mailbox: Mailbox
) -> None:
    account.answer(
        "events", "PutEvents", lambda _: {"FailedEntryCount": 1, "Entries": [{}]}
    )

    with pytest.raises(AwsError, match="PutEvents on the event bus: Unknown"):
        mailbox.notifier.send(notice())


def test_a_bus_that_refuses_does_not_keep_the_message_from_being_sent(
    account: Account, mailbox: Mailbox
) -> None:
    account.refuse("events", "PutEvents")

    with pytest.raises(Throttled, match="PutEvents"):
        mailbox.notifier.send(notice())

    assert len(mailbox.messages) == 1


def test_when_both_ways_fail_both_are_told(account: Account, mailbox: Mailbox) -> None:
    account.refuse("sns", "Publish", "AuthorizationError", status=403)
    account.refuse("events", "PutEvents", "InternalFailure", status=500)

    with pytest.raises(Denied, match="Publish") as error:
        mailbox.notifier.send(notice())

    [note] = error.value.__notes__
    assert note.startswith("PutEvents on the event bus: InternalFailure")


def test_a_message_whose_answer_was_lost_counts_as_not_sent(
    account: Account, mailbox: Mailbox
) -> None:
    """It is sent again: people are told twice rather than never."""
    account.lose_answer("sns", "Publish")

    for _ in range(2):
        with pytest.raises(Unavailable):
            mailbox.notifier.send(notice())

    assert len(mailbox.messages) == 2


def test_the_longest_names_make_a_subject_that_is_accepted(mailbox: Mailbox) -> None:
    mailbox.notifier.send(notice(environment="e" * 64, cutover_id="c" * 70))

    [message] = mailbox.messages
    assert len(message["Subject"]) <= 100


# --- in memory ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [
        "o" * 300,
        "river\nbank",
        "river\r\nbank\t\x00\x1b[31m",
        "Flußufer → Otterhöhle 🦦",
        "\n riverbank",
        "river\u2028bank\x85",
    ],
)
@pytest.mark.parametrize("severity", Severity)
def test_a_subject_is_always_one_that_sns_takes(
    account: Account, mailbox: Mailbox, environment: str, severity: Severity
) -> None:
    """A notice that is refused for its words would keep all later ones back."""
    calls = account.record("sns", "Publish")

    mailbox.notifier.send(notice(environment=environment, severity=severity))

    [call] = calls
    subject = call["Subject"]
    assert 0 < len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
    assert not subject[0].isspace()
    assert severity is Severity.INFO or subject.startswith("PAGE: ")


def test_a_message_has_no_control_characters_and_an_end(
    account: Account, mailbox: Mailbox
) -> None:
    """The reason of an order is whatever somebody typed."""
    calls = account.record("sns", "Publish")
    events = account.record("events", "PutEvents")

    mailbox.notifier.send(notice(reason="wet\x00\x1b → fur\n" + "🦦" * 300_000))

    [call], [event] = calls, events
    assert "\n\nwet?? → fur\n🦦🦦🦦" in call["Message"]
    assert call["Message"].endswith(f"Journal head: {'a' * 64}\n")
    assert len(call["Message"].encode()) < 256 * 1024
    assert len(event["Entries"][0]["Detail"].encode()) < 256 * 1024


def test_what_was_sent_in_memory_is_a_list() -> None:
    notifier = MemoryNotifier()

    notifier.send(notice(step=1))
    notifier.send(notice(step=2))

    assert notifier.sent == [notice(step=1), notice(step=2)]


def test_a_broken_notifier_raises_and_sends_nothing() -> None:
    notifier = MemoryNotifier()
    notifier.broken = Throttled("Publish", "memory", "slower")

    with pytest.raises(Throttled):
        notifier.send(notice())

    assert notifier.sent == []


def test_sending_in_memory_goes_through_the_hook() -> None:
    effects: list[str] = []

    def lost(name: str, apply: Callable[[], object]) -> object:
        effects.append(name)
        apply()
        raise Unavailable(name, "memory", "no answer")

    notifier = MemoryNotifier(lost)

    with pytest.raises(Unavailable):
        notifier.send(notice())

    assert effects == ["send"]
    assert notifier.sent == [notice()]


def test_both_fit_the_port(mailbox: Mailbox) -> None:
    """mypy proves it here."""
    ports: list[Notifier] = [MemoryNotifier(), mailbox.notifier]

    assert SimpleNamespace(notifiers=ports).notifiers
