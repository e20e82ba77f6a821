"""Notices reach people and systems, or are known not to have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from interlock.events import CutoverTransition
from shifter.adapters.memory.notices import MemoryNotifier
from shifter.adapters.notices import SnsEventBridgeNotifier
from shifter.core.errors import AwsError, Denied, Rejected, Throttled, Unavailable
from shifter.core.notice import Notice, Severity, Way
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


@pytest.mark.parametrize("way", Way)
def test_a_notice_goes_out_on_the_way_that_was_asked_for_alone(
    mailbox: Mailbox, way: Way
) -> None:
    """Who was told before is not told again because the other way had failed."""
    mailbox.notifier.send(notice(), (way,))

    assert (len(mailbox.messages), len(mailbox.events)) == (
        (1, 0) if way is Way.PEOPLE else (0, 1)
    )


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


# --- what every notifier promises, in memory as over AWS ------------------------------


class NotifierBench(Protocol):
    """A notifier, and what arrived."""

    @property
    def notifier(self) -> Notifier: ...

    def arrived(self) -> list[Notice]:
        """What arrived since this was asked last."""

    def refuse(self) -> None:
        """Let nothing be sent any more."""

    def lose_answer(self) -> None:
        """Let the next notice arrive and look as if it had not."""


class MemoryNotifierBench:
    def __init__(self) -> None:
        self._losing = False
        self.effects: list[str] = []
        self.notifier = MemoryNotifier(self._effect)

    def arrived(self) -> list[Notice]:
        told, self.notifier.sent = self.notifier.sent, []
        return told

    def refuse(self) -> None:
        self.notifier.broken = Throttled("Publish", "memory", "slower")

    def lose_answer(self) -> None:
        self._losing = True

    def _effect(self, name: str, apply: Callable[[], object]) -> object:
        self.effects.append(name)
        done = apply()
        if self._losing:
            self._losing = False
            raise Unavailable(name, "memory", "no answer")
        return done


class AwsNotifierBench:
    def __init__(self, account: Account) -> None:
        self._account = account
        self._mailbox = Mailbox(account)
        self.notifier = self._mailbox.notifier

    def arrived(self) -> list[Notice]:
        """What people and systems got; never something else."""
        people = [message["Message"] for message in self._mailbox.messages]
        systems = [
            Notice.model_validate(
                {k: v for k, v in event["detail"].items() if k != "schema_version"}
            )
            for event in self._mailbox.events
        ]
        assert people == [told.text for told in systems]
        return systems

    def refuse(self) -> None:
        self._account.refuse("sns", "Publish")
        self._account.refuse("events", "PutEvents")

    def lose_answer(self) -> None:
        self._account.lose_answer("events", "PutEvents")


@pytest.fixture(params=["memory", "aws"])
def bench(request: pytest.FixtureRequest) -> NotifierBench:
    if request.param == "memory":
        return MemoryNotifierBench()
    return AwsNotifierBench(request.getfixturevalue("account"))


def test_what_is_sent_arrives_whole_and_once(bench: NotifierBench) -> None:
    bench.notifier.send(notice(step=1))
    assert bench.arrived() == [notice(step=1)]

    bench.notifier.send(notice(step=2, severity=Severity.INFO))
    assert bench.arrived() == [notice(step=2, severity=Severity.INFO)]


def test_what_is_sent_twice_arrives_twice(bench: NotifierBench) -> None:
    """Whoever is not sure sends it again; that it is the same is seen by its text."""
    bench.notifier.send(notice())
    bench.notifier.send(notice())

    assert bench.arrived() == [notice(), notice()]


def test_what_cannot_be_sent_is_an_error(bench: NotifierBench) -> None:
    bench.refuse()

    with pytest.raises(Throttled):
        bench.notifier.send(notice())

    assert bench.arrived() == []


def test_a_lost_answer_is_an_error_though_the_notice_arrived(
    bench: NotifierBench,
) -> None:
    bench.lose_answer()

    with pytest.raises(Unavailable):
        bench.notifier.send(notice())

    assert bench.arrived() == [notice()]


def test_what_people_and_systems_got_in_memory_is_a_list_each() -> None:
    notifier = MemoryNotifier()

    notifier.send(notice(step=1))
    notifier.send(notice(step=2), (Way.PEOPLE,))
    notifier.send(notice(step=3), (Way.SYSTEMS,))

    assert notifier.sent == [notice(step=1), notice(step=2)]
    assert notifier.announced == [notice(step=1), notice(step=3)]


def test_a_broken_bus_in_memory_keeps_systems_alone_from_being_told() -> None:
    notifier = MemoryNotifier()
    notifier.bus_broken = Throttled("PutEvents", "memory", "slower")

    with pytest.raises(Throttled):
        notifier.send(notice())

    assert (notifier.sent, notifier.announced) == ([notice()], [])


def test_sending_in_memory_goes_through_the_hook() -> None:
    """Where the crash tests strike."""
    bench = MemoryNotifierBench()

    bench.notifier.send(notice())

    assert bench.effects == ["send"]
