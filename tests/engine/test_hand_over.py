from __future__ import annotations

from datetime import timedelta

import pytest

from shifter.core.directive import Directive, Next
from shifter.core.errors import Conflict, NotFound, Throttled, Unavailable
from shifter.core.phases import Phase
from shifter.engine import control
from shifter.engine.hand_over import hand_over
from tests.engine.bench import OTTERS, Bench


def _full() -> tuple[Bench, Directive]:
    """A bench whose execution has used up its history while a step bakes."""
    bench = Bench(history_limit=100)
    directive = bench.start()
    while directive.action is not Next.HAND_OVER:
        directive = bench.follow(directive)
    bench.river.effects.clear()
    return bench, directive


def _follower(directive: Directive) -> Directive:
    return directive.model_copy(update={"owner": 2, "action": Next.HOLD})


def test_the_new_owner_is_saved_first_and_started_second() -> None:
    bench, directive = _full()
    before = bench.record

    following = hand_over(directive, bench.ports)

    assert ["save", "start"] == bench.river.effects
    assert (
        before.model_copy(
            update={
                "owner": 2,
                "history_events": 0,
                "version": before.version + 1,
                "journal_length": before.journal_length + 1,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert (
        "execution 2 goes on; execution 1 has used up to 105 history events"
        == bench.journal[-1].reason
    )
    assert {
        f"{OTTERS}.2": _follower(directive).model_dump(mode="json")
    } == bench.started
    assert directive.model_copy(update={"action": Next.END_SUPERSEDED}) == following


def test_the_fresh_execution_goes_on_where_the_other_stopped() -> None:
    """It looks when the other would have, and whatever the other still does is void."""
    bench, directive = _full()
    hand_over(directive, bench.ports)
    follower = bench.follower()
    assert (directive.until, 2) == (follower.until, follower.owner)

    following = bench.follow(follower)

    assert (directive.until, Next.HOLD, 15) == (
        bench.clock.now(),
        following.action,
        bench.record.history_events,
    )
    stale = directive.model_copy(update={"action": Next.ASSESS})
    assert Next.END_SUPERSEDED is bench.follow(stale).action


def test_a_late_hand_over_asks_for_a_look_at_once() -> None:
    bench, directive = _full()
    bench.wait(hours=1)
    now = bench.clock.now()

    hand_over(directive, bench.ports)

    assert now == bench.follower().until


def test_handing_over_twice_is_the_same_as_once() -> None:
    bench, directive = _full()
    first = hand_over(directive, bench.ports)
    record, started = bench.record, dict(bench.started)

    second = hand_over(directive, bench.ports)

    assert (first, record, started) == (second, bench.record, bench.started)


@pytest.mark.parametrize("trouble", ["refused", "lost"])
@pytest.mark.parametrize("effect", ["save", "start"])
def test_a_failure_in_between_is_mended_by_the_retry(effect: str, trouble: str) -> None:
    """There is exactly one new owner, and exactly one new execution."""
    bench, directive = _full()
    getattr(bench.river, trouble).add(effect)
    with pytest.raises((Throttled, Unavailable)):
        hand_over(directive, bench.ports)
    getattr(bench.river, trouble).clear()

    hand_over(directive, bench.ports)

    assert (2, [f"{OTTERS}.2"]) == (bench.record.owner, list(bench.started))


def test_an_execution_that_is_no_owner_any_more_starts_nothing() -> None:
    bench, directive = _full()
    hand_over(directive, bench.ports)
    hand_over(bench.now(Next.HAND_OVER), bench.ports)
    assert 3 == bench.record.owner
    bench.river.effects.clear()

    following = hand_over(directive, bench.ports)

    assert (directive.model_copy(update={"action": Next.END_SUPERSEDED}), []) == (
        following,
        bench.river.effects,
    )


def test_a_cutover_that_has_ended_needs_no_follower() -> None:
    bench, directive = _full()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.finish_all(bench.now())
    bench.river.effects.clear()

    following = hand_over(directive, bench.ports)

    assert (bench.now(Next.END_ROLLED_BACK), [], {}) == (
        following,
        bench.river.effects,
        bench.started,
    )


def test_an_order_that_comes_meanwhile_is_not_lost() -> None:
    bench, directive = _full()

    def pause() -> None:
        control.pause(OTTERS, bench.ports, by="Bramble", reason="lunch")

    bench.river.before("save", pause)
    with pytest.raises(Conflict):
        hand_over(directive, bench.ports)

    hand_over(directive, bench.ports)

    assert bench.record.pause is not None
    assert 2 == bench.record.owner


def test_a_cutover_that_does_not_exist_is_told() -> None:
    bench, directive = _full()

    with pytest.raises(NotFound, match="no cutover badgers-4"):
        hand_over(directive.model_copy(update={"cutover_id": "badgers-4"}), bench.ports)


def test_a_long_cutover_is_driven_by_one_execution_after_the_other() -> None:
    bench, directive = _full()
    owners = {1}
    while directive.action is not Next.END_COMPLETED:
        directive = bench.follow(directive)
        owners.add(directive.owner)

    assert set(range(1, bench.record.owner + 1)) == owners
    assert (Phase.COMPLETED, True) == (bench.record.phase, len(owners) > 5)
    assert timedelta(hours=1, minutes=40) < bench.clock.now() - bench.record.started_at
