"""A cutover is begun once for each id, and whoever comes second is told why not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from interlock.lock import Holder
from shifter.core.errors import LockHeld, Refused, Throttled
from shifter.core.plan import Plan
from shifter.engine.prepare import Start
from shifter.engine.start import Started, start
from tests.core.examples import plan
from tests.engine.bench import NOW, OTTERS, SWIM, Bench


def _order(cutover_id: str = OTTERS, of: Plan = SWIM, by: str = "Hazel") -> Start:
    return Start(cutover_id=cutover_id, plan=of, started_by=by)


def _told(cutover_id: str = OTTERS, *, started: bool) -> Started:
    return Started(cutover_id=cutover_id, execution=cutover_id, started=started)


def test_a_start_begins_the_execution_that_is_named_for_the_cutover() -> None:
    bench = Bench()

    done = start(_order(), bench.ports)

    assert _told(started=True) == done
    assert bench.started == {
        OTTERS: {"plan": SWIM.model_dump(mode="json"), "started_by": "Hazel"}
    }


def test_the_same_start_before_the_lock_is_taken_is_one_start() -> None:
    bench = Bench()

    assert start(_order(), bench.ports) == start(_order(), bench.ports)
    assert 1 == len(bench.started)


def test_the_same_start_later_changes_nothing() -> None:
    """Whoever repeats it need not be the one who started it."""
    bench = Bench()
    bench.start()

    assert _told(started=False) == start(_order(by="Fern"), bench.ports)
    assert {} == bench.started


def test_an_id_names_one_plan() -> None:
    bench = Bench()
    bench.start()

    with pytest.raises(Refused, match="for another plan, by Hazel"):
        start(_order(of=plan()), bench.ports)
    assert {} == bench.started


def test_an_id_whose_start_was_refused_is_used_up() -> None:
    """Step Functions would take the name as started, and nothing would happen."""
    bench = Bench()
    bench.started[OTTERS] = {"plan": "another"}

    with pytest.raises(Refused, match="give this one another id"):
        start(_order(), bench.ports)


def test_the_second_cutover_is_told_who_holds_the_environment_since_when() -> None:
    bench = Bench()
    bench.start()

    with pytest.raises(LockHeld, match=f"cutover:{OTTERS} since 2026-03-02T09:00:00"):
        start(_order("voles-1"), bench.ports)
    assert {} == bench.started


def test_a_cutover_that_has_lost_its_lock_still_has_the_environment() -> None:
    """While it goes back, no other may raise what it lowers."""
    bench = Bench()
    bench.start()
    del bench.store.locks["riverbank"]

    with pytest.raises(LockHeld, match=f"cutover:{OTTERS} since 2026-03-02T09:00:00"):
        start(_order("voles-1"), bench.ports)
    assert {} == bench.started


def test_after_the_end_the_environment_is_free() -> None:
    bench = Bench()
    bench.finish_all(bench.start())

    assert start(_order("voles-1"), bench.ports).started


@pytest.mark.parametrize(("left", "begins"), [(-1, True), (0, True), (1, False)])
def test_a_lease_counts_until_it_ends(left: int, begins: bool) -> None:
    bench = Bench()
    ends = NOW + timedelta(seconds=left)
    bench.store.locks["riverbank"] = Holder("deploy:dam", NOW, ends)

    if begins:
        assert start(_order(), bench.ports).started
    else:
        with pytest.raises(LockHeld, match="deploy:dam"):
            start(_order(), bench.ports)


def test_what_aws_refuses_is_told() -> None:
    bench = Bench()
    bench.river.refused.add("start")

    with pytest.raises(Throttled):
        start(_order(), bench.ports)
