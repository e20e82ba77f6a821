from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.directive import Next
from shifter.core.errors import NotFound
from shifter.core.phases import Phase
from shifter.core.quantities import told_moment
from shifter.engine.watchdog import UNSEEN, watch
from tests.engine.bench import EDGE_NAMES, OTTERS, UNTOUCHED, Bench

SECOND = timedelta(seconds=1)


def _abandoned(bench: Bench, by: timedelta = SECOND) -> None:
    """Nobody looks until so long after the owner counts as dead."""
    bench.wait_until(bench.record.look_again_at + UNSEEN + by)
    bench.river.effects.clear()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_where_nothing_runs_there_is_nothing_to_watch(bench: Bench) -> None:
    assert watch(bench.ports) is None
    assert bench.untouched() == UNTOUCHED


def test_an_owner_has_three_minutes() -> None:
    """The runbook and the notices say so."""
    assert timedelta(seconds=180) == UNSEEN


@pytest.mark.parametrize("by", [timedelta(), -SECOND, -UNSEEN])
@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.SHIFTING, Phase.BAKING])
def test_an_owner_that_may_be_alive_is_left_alone(
    bench: Bench, phase: Phase, by: timedelta
) -> None:
    bench.reach(phase)
    _abandoned(bench, by)
    before = bench.record

    assert watch(bench.ports) is None
    assert (before, []) == (bench.record, bench.river.effects)


@pytest.mark.parametrize("phase", [Phase.PREPARED, Phase.SHIFTING, Phase.BAKING])
def test_a_dead_owner_s_cutover_goes_back(bench: Bench, phase: Phase) -> None:
    """Whatever it was doing: no step is finished, and no share is raised."""
    bench.reach(phase)
    step, since = bench.record.step, bench.record.look_again_at
    _abandoned(bench)

    done = watch(bench.ports)

    assert done is not None
    assert (Next.ROLL_BACK_LATER, Phase.ROLLING_BACK, step) == (
        done.action,
        bench.record.phase,
        bench.record.step,
    )
    assert ("watchdog", "roll_back", "asked") in bench.told()
    assert f"nobody has looked since {told_moment(since)}" in (bench.record.reason)
    assert [bench.record.reason] == bench.pages
    assert bench.river.shows() == _blue(bench)


def _blue(bench: Bench) -> dict[str, str]:
    return {
        edge: str(state.weights) for edge, state in bench.record.baseline.edges.items()
    }


def test_a_way_back_that_nobody_carries_on_is_carried_on(bench: Bench) -> None:
    """Until it has settled, and the environment is free."""
    bench.reach(Phase.BAKING, 1)
    for _ in range(2):
        _abandoned(bench)
        assert watch(bench.ports) is not None

    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)
    assert watch(bench.ports) is None


def test_a_way_back_that_is_young_is_left_to_who_began_it(bench: Bench) -> None:
    bench.reach(Phase.BAKING, 1)
    _abandoned(bench)
    watch(bench.ports)
    before = bench.record

    bench.wait(minutes=1)

    assert watch(bench.ports) is None
    assert before == bench.record


def test_a_stuck_way_back_is_tried_until_it_works(bench: Bench) -> None:
    """Long after its execution has given up."""
    bench.reach(Phase.BAKING, 1)
    bench.river.refused.update(f"write {edge}" for edge in EDGE_NAMES)
    for _ in range(3):
        _abandoned(bench)
        watch(bench.ports)
    assert bench.record.phase is Phase.ROLLBACK_STUCK
    bench.river.mend()

    for _ in range(2):
        _abandoned(bench)
        watch(bench.ports)

    assert (Phase.ROLLED_BACK, None) == (bench.record.phase, bench.holder)


def test_who_saves_at_the_same_moment_is_alive(bench: Bench) -> None:
    last = bench.reach(Phase.BAKING, 1)
    _abandoned(bench)
    bench.river.before("save", lambda: bench.follow(last))

    assert watch(bench.ports) is None
    assert bench.record.phase is Phase.BAKING
    assert "watchdog" not in {entry.actor for entry in bench.journal}


def test_a_lock_without_a_record_is_told_aloud(bench: Bench) -> None:
    """The heartbeat ends with it, and people come."""
    bench.start()
    del bench.store.records[OTTERS]

    with pytest.raises(NotFound, match="there is no cutover otters-1"):
        watch(bench.ports)
