"""What every adapter of `ports.Store` promises; then what the table adds to it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from interlock.lock import HolderName, LockTaken
from shifter.adapters.dynamodb import DynamoStore
from shifter.core.errors import (
    AwsError,
    Conflict,
    Denied,
    LockHeld,
    Rejected,
    ShifterError,
    Throttled,
    Unavailable,
    UnreadableRecord,
)
from shifter.core.journal import Entry, broken_at
from shifter.core.orders import Abort
from shifter.core.phases import ENDS, Phase
from shifter.core.record import Proof, Record
from shifter.telemetry import logger
from tests.adapters.account import Account
from tests.adapters.fixtures_b import (
    TABLE,
    AwsStoreBench,
    MemoryStoreBench,
    Save,
    StoreBench,
    begun,
    notice,
    then,
)
from tests.core.examples import ABORT, APPROVED, NOW, OTTERS, PAUSE
from tests.core.strategies import records

LEASE = timedelta(minutes=10)
ROTATION = HolderName.rotation("river/blue/app", "token-1")


@pytest.fixture(params=["memory", "aws"])
def bench(request: pytest.FixtureRequest) -> StoreBench:
    """A store in which there is nothing yet."""
    if request.param == "memory":
        return MemoryStoreBench()
    return AwsStoreBench(request.getfixturevalue("account"))


@pytest.fixture
def table(account: Account) -> DynamoStore:
    """The store over the table alone."""
    return AwsStoreBench(account).store


def refused(bench: StoreBench, save: Save) -> ShifterError | None:
    """What a save came to; None when it was taken."""
    try:
        bench.store.save(*save)
    except ShifterError as error:
        return error
    return None


# --- records --------------------------------------------------------------------------


def test_a_cutover_that_nobody_saved_is_none(bench: StoreBench) -> None:
    assert bench.store.load("otters-1") is None
    assert list(bench.store.journal("otters-1")) == []


def test_what_is_saved_is_what_is_loaded(bench: StoreBench) -> None:
    record, entry = begun(
        reason="the ice → holds",
        pause=PAUSE,
        answers=(APPROVED,),
        outbox=(notice(),),
        waiting={"elder": NOW},
        memories={"echo": "3"},
    )

    bench.store.save(record, entry)

    assert bench.store.load("otters-1") == record
    assert list(bench.store.journal("otters-1")) == [entry]


def test_a_later_save_takes_the_place_of_the_record(bench: StoreBench) -> None:
    first, second = begun(), then(begun()[0], phase=Phase.SHIFTING, step=1)

    bench.store.save(*first)
    bench.store.save(*second)

    assert bench.store.load("otters-1") == second[0]


def test_the_first_of_two_writers_wins_and_nothing_of_the_second_is_kept(
    bench: StoreBench,
) -> None:
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    fast = then(loaded, phase=Phase.SHIFTING, step=1)
    slow = then(loaded, abort=ABORT)

    bench.store.save(*fast)
    with pytest.raises(Conflict, match="otters-1 was saved by somebody else"):
        bench.store.save(*slow)

    assert bench.store.load("otters-1") == fast[0]
    assert list(bench.store.journal("otters-1")) == [begin, fast[1]]


def test_two_that_begin_the_same_cutover_are_two_writers(bench: StoreBench) -> None:
    first, second = begun(started_by="Hazel"), begun(started_by="Fern", at=NOW + LEASE)

    bench.store.save(*first)

    assert type(refused(bench, second)) is Conflict
    assert bench.store.load("otters-1") == first[0]


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_that_is_not_the_next_is_a_conflict(
    bench: StoreBench, version: int
) -> None:
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    record, entry = then(loaded, phase=Phase.SHIFTING, step=1)

    wrong = record.model_copy(update={"version": version})

    assert type(refused(bench, (wrong, entry))) is Conflict
    assert bench.store.load("otters-1") == loaded


def test_a_cutover_does_not_begin_with_a_later_version(bench: StoreBench) -> None:
    record, entry = begun()
    later = record.model_copy(update={"version": 2})

    assert type(refused(bench, (later, entry))) is Conflict
    assert bench.store.load("otters-1") is None


def test_a_save_from_a_phase_that_is_not_the_stored_one_is_a_conflict(
    bench: StoreBench,
) -> None:
    """Whether the lock still has to be ours depends on it."""
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    pretended = loaded.model_copy(update={"phase": Phase.ROLLED_BACK})

    assert type(refused(bench, then(pretended))) is Conflict


def test_the_same_save_again_changes_nothing(bench: StoreBench) -> None:
    """It may be a Conflict; whoever loads sees that the save was made."""
    first = begun()
    second = then(first[0], phase=Phase.SHIFTING, step=1)
    bench.store.save(*first)
    with suppress(Conflict):
        bench.store.save(*first)
    bench.store.save(*second)
    with suppress(Conflict):
        bench.store.save(*second)

    assert bench.store.load("otters-1") == second[0]
    assert list(bench.store.journal("otters-1")) == [first[1], second[1]]


def test_an_old_save_that_is_sent_again_is_a_conflict(bench: StoreBench) -> None:
    first = begun()
    second = then(first[0], phase=Phase.SHIFTING, step=1)
    third = then(second[0], phase=Phase.BAKING)
    for save in (first, second, third):
        bench.store.save(*save)

    assert type(refused(bench, first)) is Conflict
    assert type(refused(bench, second)) is Conflict
    assert bench.store.load("otters-1") == third[0]


# --- the journal ----------------------------------------------------------------------


def test_the_journal_is_whole_and_in_order(bench: StoreBench) -> None:
    """Twelve entries: sorted as text, 10 must still come after 9."""
    save = begun()
    bench.store.save(*save)
    for minute in range(1, 12):
        save = then(save[0], at=NOW + timedelta(minutes=minute), reason=str(minute))
        bench.store.save(*save)

    journal = list(bench.store.journal("otters-1"))

    assert [entry.number for entry in journal] == list(range(1, 13))
    assert broken_at(journal) is None
    assert journal[-1].hash == save[0].journal_head


def test_a_journal_is_read_on_from_where_a_reader_stopped(bench: StoreBench) -> None:
    record, entry = begun()
    bench.store.save(record, entry)
    entries = [entry]
    for _ in range(3):
        record, entry = then(record)
        bench.store.save(record, entry)
        entries.append(entry)

    assert entries[2:] == list(bench.store.journal("otters-1", after=2))
    assert list(bench.store.journal("otters-1", after=4)) == []


def test_each_cutover_has_a_journal_of_its_own(bench: StoreBench) -> None:
    otters, frogs = begun("otters-1"), begun("otters-10", "lakeside")

    bench.store.save(*otters)
    bench.store.save(*frogs)

    assert list(bench.store.journal("otters-1")) == [otters[1]]
    assert list(bench.store.journal("otters-10")) == [frogs[1]]


def test_an_entry_is_never_overwritten(bench: StoreBench) -> None:
    """Not even by a save whose version is right."""
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    forgetful = loaded.model_copy(update={"journal_length": 0})

    assert type(refused(bench, then(forgetful))) is Conflict
    assert bench.store.load("otters-1") == loaded
    assert list(bench.store.journal("otters-1")) == [begin]


# --- the lock -------------------------------------------------------------------------


def test_a_lock_that_nobody_took_is_free(bench: StoreBench) -> None:
    assert bench.store.environment("riverbank").holder is None


def test_a_cutover_holds_its_environment_from_the_first_save(bench: StoreBench) -> None:
    bench.store.save(*begun())

    held = bench.store.environment("riverbank").holder

    assert held is not None
    assert (held.holder, held.since) == ("cutover:otters-1", NOW)
    assert held.holds(NOW + timedelta(days=3650))


def test_a_second_cutover_is_refused_and_told_who_holds_the_environment(
    bench: StoreBench,
) -> None:
    bench.store.save(*begun("otters-1"))

    with pytest.raises(LockHeld) as error:
        bench.store.save(*begun("otters-2", at=NOW + LEASE))

    told = error.value
    assert (told.environment, told.holder, told.since) == (
        "riverbank",
        "cutover:otters-1",
        NOW,
    )
    assert bench.store.load("otters-2") is None
    assert list(bench.store.journal("otters-2")) == []


def test_a_second_environment_is_free(bench: StoreBench) -> None:
    bench.store.save(*begun("otters-1", "riverbank"))
    bench.store.save(*begun("frogs-1", "lakeside"))

    held = bench.store.environment("lakeside").holder

    assert held is not None
    assert held.holder == "cutover:frogs-1"


def test_the_cutover_that_was_begun_last_is_the_latest(bench: StoreBench) -> None:
    """Also when it has ended, and whatever became of its lock."""
    assert bench.store.environment("riverbank").latest is None

    record, entry = begun("otters-1")
    bench.store.save(record, entry)
    assert bench.store.environment("riverbank").latest == "otters-1"
    assert bench.store.environment("lakeside").latest is None

    _steal_lock(bench)
    assert bench.store.environment("riverbank").latest == "otters-1"

    bench.store.save(*then(record, phase=Phase.ROLLING_BACK))
    assert bench.store.environment("riverbank").latest == "otters-1"


def test_a_cutover_that_was_refused_is_not_the_latest(bench: StoreBench) -> None:
    bench.store.save(*begun("otters-1"))

    assert type(refused(bench, begun("otters-2"))) is LockHeld
    assert bench.store.environment("riverbank").latest == "otters-1"


def test_the_next_cutover_is_the_latest(bench: StoreBench) -> None:
    record, entry = begun("otters-1")
    bench.store.save(record, entry)
    bench.store.save(*then(record, phase=Phase.ROLLED_BACK))

    bench.store.save(*begun("otters-2", at=NOW + LEASE))

    assert bench.store.environment("riverbank").latest == "otters-2"


def test_what_is_saved_after_an_end_changes_neither_lock_nor_latest(
    bench: StoreBench,
) -> None:
    """The watchdog writes about the old one while a new one begins."""
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    ended = then(loaded, phase=Phase.ROLLED_BACK)
    bench.store.save(*ended)
    bench.store.save(*begun("otters-2"))
    before = bench.store.environment("riverbank")

    bench.store.save(*then(ended[0], reason="looked after"))

    assert before == bench.store.environment("riverbank")
    assert before.latest == "otters-2"


def test_a_rotation_is_a_holder_and_no_latest(bench: StoreBench) -> None:
    bench.acquire(ROTATION, NOW, LEASE)

    found = bench.store.environment("riverbank")

    assert found.latest is None
    assert found.holder is not None
    assert found.holder.cutover_id is None


def test_the_lock_is_kept_until_the_end(bench: StoreBench) -> None:
    record, entry = begun()
    bench.store.save(record, entry)
    for phase in (Phase.SHIFTING, Phase.BAKING, Phase.ROLLING_BACK):
        record, entry = then(record, phase=phase)
        bench.store.save(record, entry)

        assert bench.store.environment("riverbank").holder is not None, phase


@pytest.mark.parametrize("end", sorted(ENDS))
def test_the_save_that_ends_a_cutover_frees_the_lock(
    bench: StoreBench, end: Phase
) -> None:
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    bench.store.save(*then(loaded, phase=end))

    assert bench.store.environment("riverbank").holder is None
    bench.store.save(*begun("otters-2"))


def test_a_cutover_that_has_ended_is_saved_while_another_holds_the_lock(
    bench: StoreBench,
) -> None:
    """The proof of safety comes minutes after the end, and needs no lock."""
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    ended = then(loaded, phase=Phase.ROLLED_BACK)
    bench.store.save(*ended)
    bench.store.save(*begun("otters-2"))

    proven = then(ended[0], proof=Proof(at=NOW, safe=True, detail="all quiet"))
    bench.store.save(*proven)

    assert bench.store.load("otters-1") == proven[0]
    held = bench.store.environment("riverbank").holder
    assert held is not None
    assert held.holder == "cutover:otters-2"


def test_an_end_that_was_saved_too_late_frees_nothing(bench: StoreBench) -> None:
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    bench.store.save(*then(loaded, phase=Phase.ROLLED_BACK))
    bench.store.save(*begun("otters-2"))

    assert type(refused(bench, then(loaded, phase=Phase.COMPLETED))) is Conflict
    assert bench.store.environment("riverbank").holder is not None


# --- rotations ------------------------------------------------------------------------


def test_a_rotation_keeps_a_cutover_from_beginning(bench: StoreBench) -> None:
    bench.acquire(ROTATION, NOW, LEASE)

    with pytest.raises(LockHeld, match="rotation:river/blue/app#token-1"):
        bench.store.save(*begun(at=NOW + LEASE - timedelta(microseconds=1)))

    assert bench.store.load("otters-1") is None


def test_a_cutover_begins_when_the_lease_of_a_rotation_has_run_out(
    bench: StoreBench,
) -> None:
    bench.acquire(ROTATION, NOW, LEASE)
    held = bench.store.environment("riverbank").holder

    bench.store.save(*begun(at=NOW + LEASE))

    assert held is not None
    assert held.holds(NOW)
    assert not held.holds(NOW + LEASE)
    with pytest.raises(LockTaken, match="cutover:otters-1"):
        bench.acquire(ROTATION, NOW + 2 * LEASE, LEASE)


def test_a_cutover_keeps_a_rotation_away_for_as_long_as_it_lasts(
    bench: StoreBench,
) -> None:
    loaded, begin = begun()
    bench.store.save(loaded, begin)

    with pytest.raises(LockTaken, match="cutover:otters-1"):
        bench.acquire(ROTATION, NOW + timedelta(days=30), LEASE)

    bench.store.save(*then(loaded, phase=Phase.COMPLETED))
    bench.acquire(ROTATION, NOW, LEASE)


def test_a_cutover_that_has_lost_its_lock_saves_nothing(bench: StoreBench) -> None:
    """Nobody takes it from a cutover by the rules; then somebody did it by hand."""
    loaded, begin = begun()
    bench.store.save(loaded, begin)
    _steal_lock(bench)

    for phase in (Phase.SHIFTING, Phase.ROLLED_BACK):
        with pytest.raises(LockHeld, match="riverbank is held by nobody"):
            bench.store.save(*then(loaded, phase=phase))
    assert bench.store.load("otters-1") == loaded


def test_going_back_never_depends_on_the_lock(bench: StoreBench) -> None:
    """Whatever became of the lock, a rollback is saved to its end."""
    record, entry = begun()
    bench.store.save(record, entry)
    _steal_lock(bench)

    for phase in (Phase.ROLLING_BACK, Phase.ROLLBACK_STUCK, Phase.ROLLED_BACK):
        record, entry = then(record, phase=phase)
        bench.store.save(record, entry)

    assert bench.store.load("otters-1") == record
    assert bench.store.environment("riverbank").holder is None


def test_an_abort_is_taken_although_the_lock_is_lost(bench: StoreBench) -> None:
    """It is the first step of going back."""
    record, entry = begun()
    bench.store.save(record, entry)
    _steal_lock(bench)

    aborted = then(record, abort=Abort(by="Fern", at=NOW, reason="a heron"))
    bench.store.save(*aborted)

    assert bench.store.load("otters-1") == aborted[0]


def test_a_rollback_leaves_the_lock_of_its_new_holder_alone(bench: StoreBench) -> None:
    record, entry = begun()
    bench.store.save(record, entry)
    _steal_lock(bench)
    bench.store.save(*begun("otters-2"))

    for phase in (Phase.ROLLING_BACK, Phase.ROLLED_BACK):
        record, entry = then(record, phase=phase)
        bench.store.save(record, entry)

    held = bench.store.environment("riverbank").holder
    assert held is not None
    assert held.holder == "cutover:otters-2"


def _steal_lock(bench: StoreBench) -> None:
    match bench:
        case MemoryStoreBench():
            del bench.store.locks["riverbank"]
        case AwsStoreBench():
            bench.delete({"pk": {"S": "ENVIRONMENT#riverbank"}, "sk": {"S": "LOCK"}})
        case _:
            raise TypeError(bench)


# --- the twins ------------------------------------------------------------------------

SAVES = st.tuples(
    st.sampled_from(["otters-1", "otters-2", "frogs-1"]),
    st.sampled_from(Phase),
    st.sampled_from(["next", "next", "next", "stale", "skip"]),
)
LEASES = st.sampled_from([ROTATION, HolderName.deploy("change-1")])
WAITS = st.integers(1, 400).map(lambda seconds: timedelta(seconds=seconds))
STORIES = st.lists(SAVES | LEASES | WAITS, max_size=25)


class Story:
    """The same things done to one store."""

    def __init__(self, bench: StoreBench) -> None:
        self.bench = bench
        self.now = NOW
        self.told: list[object] = []

    def go_on(self, event: timedelta | HolderName | tuple[str, Phase, str]) -> None:
        match event:
            case timedelta():
                self.now += event
            case HolderName():
                self._tell(self._acquire(event))
            case (cutover_id, phase, version):
                self._tell(self._save(cutover_id, phase, version))

    def _tell(self, outcome: str) -> None:
        store = self.bench.store
        found = store.environment("riverbank")
        held = found.holder
        self.told.append(
            (
                outcome,
                found.latest,
                held and (held.holder, held.since, held.holds(self.now)),
                [store.load(f"{name}-1") for name in ("otters", "frogs")],
                [len(store.journal(f"otters-{number}")) for number in (1, 2)],
            )
        )

    def _acquire(self, holder: HolderName) -> str:
        try:
            self.bench.acquire(holder, self.now, LEASE)
        except LockTaken as error:
            return str(error)
        return "taken"

    def _save(self, cutover_id: str, phase: Phase, version: str) -> str:
        loaded = self.bench.store.load(cutover_id)
        if loaded is None:
            record, entry = begun(cutover_id, at=self.now)
        else:
            record, entry = then(loaded, phase=phase, at=self.now)
        change = {"next": 0, "stale": -1, "skip": 1}[version]
        record = record.model_copy(update={"version": record.version + change})
        error = refused(self.bench, (record, entry))
        return "saved" if error is None else f"{type(error).__name__}: {error}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES)
def test_memory_and_table_tell_the_same_story(events: list[Any]) -> None:
    """The crash schedules run over memory: what holds there must hold in AWS."""
    account = Account()
    with mock_aws():
        stories = [Story(MemoryStoreBench()), Story(AwsStoreBench(account))]
        for story in stories:
            for event in events:
                story.go_on(event)
    account.close()

    memory, aws = stories
    assert memory.told == aws.told


# --- effects of the memory store ------------------------------------------------------


def test_a_save_goes_through_the_hook_and_may_be_lost_or_doubled() -> None:
    effects: list[str] = []

    def twice(name: str, apply: Any) -> object:
        effects.append(name)
        apply()
        return apply()

    bench = MemoryStoreBench(twice)

    assert type(refused(bench, begun())) is Conflict
    assert effects == ["save"]
    assert bench.store.load("otters-1") == begun()[0]


# --- the table ------------------------------------------------------------------------


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records(st.just(OTTERS)))
def test_whatever_a_record_holds_comes_back(whatever: Record) -> None:
    record = whatever.model_copy(update={"version": 1})
    account = Account()
    with mock_aws():
        store = AwsStoreBench(account).store
        store.save(record, begun(record.cutover_id)[1])

        assert store.load(record.cutover_id) == record
    account.close()


def test_a_console_shows_the_essentials(account: Account, table: DynamoStore) -> None:
    east = datetime.fromisoformat("2027-03-20T14:00:10+02:00")
    record, entry = begun(look_again_at=east)
    table.save(record, entry)

    items = account.client("dynamodb").scan(TableName=TABLE)["Items"]

    shown = {(item["pk"]["S"], item["sk"]["S"]): item for item in items}
    assert shown.keys() == {
        ("CUTOVER#otters-1", "RECORD"),
        ("JOURNAL#otters-1", "000001"),
        ("ENVIRONMENT#riverbank", "LOCK"),
        ("ENVIRONMENT#riverbank", "LATEST"),
    }
    row = shown["CUTOVER#otters-1", "RECORD"]
    del row["body"], row["pk"], row["sk"]
    assert row == {
        "version": {"N": "1"},
        "phase": {"S": "PREPARED"},
        "environment": {"S": "riverbank"},
        "started_at": {"S": "2027-03-20T11:00:00.000000+00:00"},
        "look_again_at": {"S": "2027-03-20T12:00:10.000000+00:00"},
    }
    assert shown["ENVIRONMENT#riverbank", "LOCK"]["since"] == {
        "S": "2027-03-20T12:00:00.000000+00:00"
    }


def test_a_save_is_one_transaction_and_everything_is_read_consistently(
    account: Account, table: DynamoStore
) -> None:
    saves = account.record("dynamodb", "TransactWriteItems")
    gets, queries = (
        account.record("dynamodb", "GetItem"),
        account.record("dynamodb", "Query"),
    )
    loaded, begin = begun()
    ended = then(loaded, phase=Phase.ROLLED_BACK)
    for save in ((loaded, begin), then(loaded), ended, then(ended[0])):
        with suppress(Conflict):
            table.save(*save)
    table.load("otters-1")
    table.environment("riverbank")
    table.journal("otters-1")

    assert [[*map(next, map(iter, save["TransactItems"]))] for save in saves] == [
        ["Put", "Put", "Update", "Put"],
        ["Put", "Put", "ConditionCheck"],
        ["Put", "Put", "Delete"],
        ["Put", "Put"],
    ]
    assert [call["ConsistentRead"] for call in gets + queries] == [True, True, True]


def test_an_entry_that_is_there_is_never_written_over(
    account: Account, table: DynamoStore
) -> None:
    """Also when the record was removed by hand."""
    first, again = begun(), begun(at=NOW + LEASE)
    table.save(*first)
    account.client("dynamodb").delete_item(
        TableName=TABLE, Key={"pk": {"S": "CUTOVER#otters-1"}, "sk": {"S": "RECORD"}}
    )

    with pytest.raises(Conflict):
        table.save(*again)

    assert table.journal("otters-1") == [first[1]]


def test_a_long_journal_is_read_page_by_page(
    account: Account, table: DynamoStore
) -> None:
    save = begun()
    table.save(*save)
    for _ in range(4):
        save = then(save[0])
        table.save(*save)
    account.hook(
        "provide-client-params",
        "dynamodb",
        "Query",
        lambda params, **_: {**params, "Limit": 2},
    )
    pages = account.record("dynamodb", "Query")

    journal = table.journal("otters-1")

    assert [entry.number for entry in journal] == [1, 2, 3, 4, 5]
    assert len(pages) == 3


# --- answers that are lost ------------------------------------------------------------


def test_the_token_of_a_save_tells_it_from_every_other(
    account: Account, table: DynamoStore
) -> None:
    saves = account.record("dynamodb", "TransactWriteItems")
    first = begun()
    for save in (first, first, then(first[0]), then(first[0], at=NOW + LEASE)):
        with suppress(Conflict):
            table.save(*save)

    tokens = [save["ClientRequestToken"] for save in saves]

    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3
    assert {len(token) for token in tokens} == {36}


def test_a_save_that_is_tried_again_without_the_lock_has_another_token(
    account: Account, table: DynamoStore
) -> None:
    """DynamoDB would refuse the token of a refused save with other changes."""
    loaded, begin = begun()
    table.save(loaded, begin)
    back = then(loaded, phase=Phase.ROLLING_BACK)
    table.save(*back)
    account.client("dynamodb").delete_item(
        TableName=TABLE, Key={"pk": {"S": "ENVIRONMENT#riverbank"}, "sk": {"S": "LOCK"}}
    )
    saves = account.record("dynamodb", "TransactWriteItems")

    table.save(*then(back[0], phase=Phase.ROLLED_BACK))

    refused_save, taken = saves
    assert len(refused_save["TransactItems"]) == len(taken["TransactItems"]) + 1
    assert refused_save["ClientRequestToken"] != taken["ClientRequestToken"]


def test_a_save_whose_answer_was_lost_is_there(
    account: Account, table: DynamoStore
) -> None:
    record, entry = begun()
    account.lose_answer("dynamodb", "TransactWriteItems")

    with pytest.raises(Unavailable, match="it may have taken effect"):
        table.save(record, entry)

    assert table.load("otters-1") == record


def test_a_save_that_is_sent_again_after_a_lost_answer_succeeds_once(
    account: Account, table: DynamoStore
) -> None:
    """DynamoDB remembers tokens for ten minutes; moto has to be taught to."""
    remembered: dict[str, str] = {}

    def remember(params: dict[str, Any], **_: Any) -> Any:
        body = params["body"]
        text = body if isinstance(body, str) else body.decode()
        token = json.loads(text)["ClientRequestToken"]
        if token not in remembered:
            remembered[token] = text
            return None
        if remembered[token] != text:
            return _refusal("IdempotentParameterMismatchException")
        return SimpleNamespace(status_code=200), {}

    account.hook("before-call", "dynamodb", "TransactWriteItems", remember)
    record, entry = begun()

    table.save(record, entry)
    table.save(record, entry)
    with pytest.raises(Conflict):
        table.save(record.model_copy(update={"reason": "another"}), entry)

    assert table.load("otters-1") == record
    assert table.journal("otters-1") == [entry]


# --- refusals -------------------------------------------------------------------------


def _refusal(code: str, reasons: list[dict[str, str]] | None = None) -> Any:
    answer: dict[str, Any] = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    if reasons is not None:
        answer["CancellationReasons"] = reasons
    return SimpleNamespace(status_code=400), answer


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        (["ConditionalCheckFailed", "None", "None"], Conflict),
        (["None", "ConditionalCheckFailed", "None"], Conflict),
        (["ConditionalCheckFailed", "None", "ConditionalCheckFailed"], Conflict),
        (["TransactionConflict", "None", "None"], Conflict),
        (["None", "TransactionConflict", "None"], Conflict),
        (["None", "None", "TransactionConflict"], Conflict),
        (["None", "None", "ConditionalCheckFailed"], LockHeld),
        (["None", "ProvisionedThroughputExceeded", "None"], Throttled),
        (["None", "None", "ThrottlingError"], Throttled),
        (["ValidationError", "None", "None"], Rejected),
        (["ItemCollectionSizeLimitExceeded", "None", "None"], Rejected),
        (["None", "None", "None"], Rejected),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.__name__,
)
def test_why_a_transaction_was_cancelled_is_told(
    account: Account, table: DynamoStore, codes: list[str], kind: type[ShifterError]
) -> None:
    reasons = [{"Code": code} for code in codes]
    account.hook(
        "before-call",
        "dynamodb",
        "TransactWriteItems",
        lambda **_: _refusal("TransactionCanceledException", reasons),
    )

    with pytest.raises(ShifterError) as error:
        table.save(*begun())

    assert type(error.value) is kind
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", Throttled),
        ("TransactionInProgressException", Throttled),
        ("AccessDeniedException", Denied),
        ("ResourceNotFoundException", Rejected),
        ("InternalServerError", Unavailable),
    ],
)
def test_a_refusal_names_what_it_was_about(
    account: Account, table: DynamoStore, code: str, kind: type[AwsError]
) -> None:
    status = 500 if kind is Unavailable else 400
    for operation in ("TransactWriteItems", "GetItem", "Query"):
        account.refuse("dynamodb", operation, code, status=status)

    for resource, call in (
        ("TransactWriteItems on record of otters-1", lambda: table.save(*begun())),
        ("GetItem on record of otters-1", lambda: table.load("otters-1")),
        ("Query on environment riverbank", lambda: table.environment("riverbank")),
        ("Query on journal of otters-1", lambda: table.journal("otters-1")),
    ):
        with pytest.raises(kind, match=f"{resource}: {code}"):
            call()


# --- what cannot be read or written ---------------------------------------------------


def _spoil(account: Account, sk: str, body: str | None) -> None:
    """Write a body by hand, as another version of Shifter would."""
    pk = "CUTOVER#otters-1" if sk == "RECORD" else "JOURNAL#otters-1"
    item = {"pk": {"S": pk}, "sk": {"S": sk}}
    if body is not None:
        item["body"] = {"S": body}
    account.client("dynamodb").put_item(TableName=TABLE, Item=item)


def _changed(model: Record | Entry, **changes: Any) -> str:
    return json.dumps(json.loads(model.model_dump_json()) | changes)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (_changed(begun()[0], schema_version=2), "schema_version: Input should be 1"),
        (_changed(begun()[0], mood="wet"), "mood: Extra inputs are not permitted"),
        (_changed(begun()[0], phase="FLIPPING"), "phase: Input should be"),
        ("{", "body: Invalid JSON"),
        (None, "it has no body"),
    ],
)
def test_a_record_of_another_version_is_told_apart_from_none(
    account: Account, table: DynamoStore, body: str | None, problem: str
) -> None:
    _spoil(account, "RECORD", body)

    with pytest.raises(UnreadableRecord) as error:
        table.load("otters-1")

    assert str(error.value).startswith("record of otters-1 cannot be read")
    assert problem in str(error.value)
    assert str(error.value).endswith("use the version that wrote it")


def test_a_record_whose_plan_is_refused_now_is_of_another_version(
    account: Account, table: DynamoStore
) -> None:
    """Nobody wrote this plan wrongly: the rules for plans have changed since."""
    gates = [*OTTERS.gates, OTTERS.gates[0]]
    plan = json.loads(OTTERS.model_dump_json()) | {
        "gates": [json.loads(gate.model_dump_json()) for gate in gates]
    }
    _spoil(account, "RECORD", _changed(begun()[0], plan=plan))

    with pytest.raises(UnreadableRecord, match=r"its plan is refused: .*croaking"):
        table.load("otters-1")


def test_an_entry_of_another_version_is_told(
    account: Account, table: DynamoStore
) -> None:
    _spoil(account, "000001", _changed(begun()[1], mood="wet"))

    with pytest.raises(UnreadableRecord, match="journal of otters-1 cannot be read"):
        table.journal("otters-1")


def test_a_record_that_no_item_can_hold_is_refused_before_the_call(
    account: Account, table: DynamoStore
) -> None:
    saves = account.record("dynamodb", "TransactWriteItems")
    record, entry = begun(reason="→" * 130_000)

    with pytest.raises(Rejected, match=r"record of otters-1: 39\d{4} bytes, more than"):
        table.save(record, entry)

    assert saves == []


def test_an_entry_that_no_item_can_hold_is_refused_before_the_call(
    table: DynamoStore,
) -> None:
    record, entry = begun()
    huge = entry.model_copy(update={"reason": "→" * 130_000})

    with pytest.raises(
        Rejected, match=r"journal of otters-1: 39\d{4} bytes, more than"
    ):
        table.save(record, huge)


def test_a_record_that_grows_is_told_while_it_can_still_be_saved(
    table: DynamoStore, caplog: pytest.LogCaptureFixture
) -> None:
    record, entry = begun(reason="x" * 200_000)

    # Powertools sets the level when the logger is made; caplog would put it back.
    logger()
    with caplog.at_level("WARNING", logger="shifter"):
        table.save(record, entry)

    assert table.load("otters-1") == record
    assert "record of otters-1: 20" in caplog.text


def test_moments_are_in_utc(table: DynamoStore) -> None:
    table.save(*begun())
    held = table.environment("riverbank").holder

    assert held is not None
    assert held.since.tzinfo is UTC
