"""However they interleave, the lock never has two holders."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from moto import mock_aws

from interlock.lock import (
    EnvironmentLock,
    Holder,
    HolderKind,
    HolderName,
    LockTaken,
    checking,
    freeing,
    may_take,
    taking,
)
from tests.adapters.account import Account
from tests.adapters.fixtures_b import TABLE, make_table

START = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
FOREVER = START + timedelta(days=3650)
ACTORS = (
    HolderName.cutover("otters-1"),
    HolderName.cutover("otters-2"),
    HolderName.rotation("app", "token-1"),
    HolderName.rotation("app", "token-2"),
    HolderName.deploy("change-1"),
)
SECONDS = st.integers(1, 30).map(lambda seconds: timedelta(seconds=seconds))


class Interleaving(RuleBasedStateMachine):
    """Everybody acts on the table alone, and believes what the table answered.

    What somebody believes is that they hold the environment until a moment; one belief
    at a time may be true, and it is the one that the table shows.
    """

    def __init__(self) -> None:
        super().__init__()
        self._aws, self._account = mock_aws(), Account()
        self._aws.start()
        self.client: Any = self._account.client("dynamodb")
        self.lock = EnvironmentLock(self.client, TABLE)
        self.now = START
        self.believes: dict[HolderName, datetime] = {}

    @initialize()
    def make(self) -> None:
        make_table(self.client)

    def teardown(self) -> None:
        self._aws.stop()
        self._account.close()

    @rule(waits=SECONDS)
    def time_passes(self, waits: timedelta) -> None:
        self.now += waits

    @rule(actor=st.sampled_from(ACTORS), lease=SECONDS)
    def acquire(self, actor: HolderName, lease: timedelta) -> None:
        allowed = may_take(self.lock.holder("riverbank"), actor, self.now)
        if actor.kind is HolderKind.CUTOVER:
            taken = self._transact(taking(TABLE, "riverbank", actor, self.now))
            until = FOREVER
        else:
            taken, until = self._lease(actor, lease), self.now + lease
        if taken:
            self.believes[actor] = until
        assert taken is allowed

    @precondition(lambda self: self.believes)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Also somebody whose lease has run out, and does not know it, releases."""
        actor = data.draw(st.sampled_from(sorted(self.believes, key=str)))
        del self.believes[actor]
        if actor.kind is HolderKind.CUTOVER:
            assert self._transact(freeing(TABLE, "riverbank", actor))
            return
        with suppress(LockTaken):
            self.lock.release("riverbank", actor)

    @rule(actor=st.sampled_from(ACTORS))
    def release_what_is_not_held(self, actor: HolderName) -> None:
        if actor in self.believes:
            return
        if actor.kind is HolderKind.CUTOVER:
            assert not self._transact(freeing(TABLE, "riverbank", actor))
            return
        with suppress(LockTaken):
            self.lock.release("riverbank", actor)

    @invariant()
    def at_most_one_belief_is_true_and_the_table_shows_it(self) -> None:
        true = [str(who) for who, until in self.believes.items() if self.now < until]
        held = self._held()

        assert true == ([held.holder] if held else [])

    @invariant()
    def a_check_passes_for_the_holder_alone(self) -> None:
        held = self._held()
        if held is None:
            return
        passes = [
            str(actor)
            for actor in ACTORS
            if self._transact(checking(TABLE, "riverbank", actor))
        ]
        assert passes == [held.holder]

    def _held(self) -> Holder | None:
        held = self.lock.holder("riverbank")
        return held if held is not None and held.holds(self.now) else None

    def _lease(self, actor: HolderName, lease: timedelta) -> bool:
        try:
            self.lock.acquire("riverbank", actor, self.now, lease)
        except LockTaken:
            return False
        return True

    def _transact(self, change: Any) -> bool:
        try:
            self.client.transact_write_items(TransactItems=[change])
        except self.client.exceptions.TransactionCanceledException:
            return False
        return True


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None
)
