"""The latest cutover is found whatever became of its lock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from interlock.lock import Holder
from shifter.adapters.memory.store import MemoryStore
from shifter.core.errors import NotFound, UnreadableRecord
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.engine.active import active, latest, named_or_active, occupant
from shifter.engine.breaker import trip
from shifter.engine.watchdog import UNSEEN, watch
from tests.engine.bench import OTTERS, Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()


def _lose_lock(bench: Bench) -> None:
    del bench.store.locks["riverbank"]


def test_before_the_first_cutover_there_is_none(bench: Bench) -> None:
    assert (None, None) == (latest(bench.ports), active(bench.ports))
    with pytest.raises(NotFound, match="no cutover of riverbank is active"):
        named_or_active(None, bench.ports)


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.SHIFTING, Phase.BAKING])
def test_the_latest_is_active_until_it_ends(bench: Bench, phase: Phase) -> None:
    bench.reach(phase)

    assert bench.record == latest(bench.ports) == active(bench.ports)
    assert bench.record == named_or_active(None, bench.ports)


def test_one_that_has_ended_is_the_latest_and_not_active(bench: Bench) -> None:
    bench.reach(Phase.COMPLETED)

    assert (bench.record, None) == (latest(bench.ports), active(bench.ports))
    assert bench.record == named_or_active(OTTERS, bench.ports)


def test_a_lock_that_was_deleted_hides_it_from_nobody(bench: Bench) -> None:
    """The breaker and the watchdog bring it home all the same."""
    bench.reach(Phase.BAKING, 2)
    _lose_lock(bench)
    assert bench.record == active(bench.ports)

    bench.wait_until(bench.record.look_again_at + UNSEEN + timedelta(seconds=1))
    watch(bench.ports)

    assert Phase.ROLLING_BACK is bench.record.phase


def test_a_lock_that_was_deleted_hides_it_not_from_the_breaker(bench: Bench) -> None:
    bench.reach(Phase.BAKING, 2)
    _lose_lock(bench)
    bench.river.alarms.clear()

    trip("frogs-complain", bench.clock.now(), bench.ports)

    assert Phase.ROLLING_BACK is bench.record.phase


def test_a_latest_without_a_record_is_told_aloud(bench: Bench) -> None:
    bench.start()
    del bench.store.records[OTTERS]

    with pytest.raises(NotFound, match="there is no cutover otters-1"):
        latest(bench.ports)


@pytest.mark.parametrize(
    ("held", "left", "has_it"),
    [
        (None, 0, f"cutover:{OTTERS}"),
        ("deploy:dam", 1, "deploy:dam"),
        ("deploy:dam", 0, f"cutover:{OTTERS}"),
    ],
)
def test_whoever_has_lost_the_lock_has_the_environment_until_it_ends(
    bench: Bench, held: str | None, left: int, has_it: str
) -> None:
    """Unless somebody else holds it now."""
    bench.reach(Phase.BAKING, 1)
    _lose_lock(bench)
    now = bench.clock.now()
    if held is not None:
        ends = now + timedelta(seconds=left)
        bench.store.locks["riverbank"] = Holder(held, now, ends)

    found = occupant("riverbank", bench.ports)

    assert found is not None
    assert has_it == found.holder


def test_nobody_has_an_environment_that_nobody_moves(bench: Bench) -> None:
    assert occupant("riverbank", bench.ports) is None
    bench.finish_all(bench.start())
    assert occupant("riverbank", bench.ports) is None


# --- records of another version -------------------------------------------------------


class Newer(MemoryStore):
    """A store whose records were written by another version of Shifter."""

    def load(self, cutover_id: str) -> Record | None:
        raise UnreadableRecord(f"record of {cutover_id} cannot be read")


def _upgraded(holder: str | None) -> Bench:
    bench = Bench()
    bench.ports.store = Newer()
    bench.ports.store.latest["riverbank"] = OTTERS
    if holder is not None:
        bench.ports.store.locks["riverbank"] = Holder(holder, bench.clock.now())
    return bench


def test_a_record_of_another_version_that_holds_the_lock_is_told_aloud() -> None:
    with pytest.raises(UnreadableRecord):
        active(_upgraded("cutover:otters-1").ports)


@pytest.mark.parametrize("holder", [None, "deploy:7", "cutover:otters-2"])
def test_a_record_of_another_version_without_the_lock_has_ended(
    holder: str | None,
) -> None:
    """An upgrade after a cutover must not silence the watchdog for ever."""
    ports = _upgraded(holder).ports

    assert (None, None) == (latest(ports), active(ports))
    assert watch(ports) is None
