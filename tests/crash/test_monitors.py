"""Each monitor speaks when its rule is broken: a silent monitor proves nothing.

A saboteur runs right after a function, in a run in which nothing else goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shifter.core.directive import Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.lanes import PER_MILLE, Split, Weights
from shifter.core.phases import Phase
from shifter.core.record import Record
from shifter.engine.saving import save
from shifter.ports import Ports
from tests.crash.run import ENGINE, Engine, run
from tests.crash.schedule import Race, Racer, Schedule
from tests.crash.world import CUTOVER, CrashPorts, CrashWorld

Saboteur = Callable[[CrashWorld], None]

ALL_GREEN = EdgeState(weights=Split(green=PER_MILLE).weights())
NOTHING = EdgeState(weights=Weights())


def after(function: str, sabotage: Saboteur) -> Engine:
    """An engine in which somebody does something, once, after a function."""
    name = f"${{{function}Function}}"
    done: list[bool] = []

    def sabotaged(event: Any, ports: Ports) -> Directive:
        directive = ENGINE[name](event, ports)
        assert isinstance(ports, CrashPorts)
        if not done:
            done.append(True)
            sabotage(ports.world)
        return directive

    return {**ENGINE, name: sabotaged}


def violations(
    engine: Engine, scenario: str = "breach-in-the-middle", race: Race | None = None
) -> str:
    return "\n".join(run(Schedule(scenario, race=race), engine).violations)


def writes(state: EdgeState) -> Saboteur:
    def write(world: CrashWorld) -> None:
        world.effect("write edge-1", lambda: world.edges.update({"edge-1": state}))

    return write


def saves(**changes: object) -> Saboteur:
    """Save the record with changes that no decision has made."""

    def change(world: CrashWorld) -> None:
        record = loaded(world)
        save(
            world.ports,
            record.model_copy(update=changes),
            now=world.clock.now(),
            actor="saboteur",
            action="sabotage",
            rule="none",
            reason="to see who notices",
            before=record.phase,
        )

    return change


def loaded(world: CrashWorld) -> Record:
    record = world.store.load(CUTOVER)
    assert record is not None
    return record


def test_nobody_speaks_when_nothing_is_wrong() -> None:
    assert "" == violations(after("Shift", lambda world: None))


def test_weights_that_are_all_zero_are_noticed() -> None:
    told = violations(after("Shift", writes(NOTHING)))

    assert "write edge-1: all weights of edge-1 are zero" in told


def test_a_share_that_no_assessment_allowed_is_noticed() -> None:
    told = violations(after("Shift", writes(ALL_GREEN)))

    assert "edge-1 shows 0/0/1; allowed were at most 100 per mille" in told


def test_any_weight_on_green_after_a_rollback_is_noticed() -> None:
    """Minutes later, too."""

    def later(world: CrashWorld) -> None:
        world.clock.appoint(
            world.clock.now() + timedelta(minutes=4), lambda: writes(ALL_GREEN)(world)
        )

    told = violations(after("Finish", later))

    assert "edge-1 shows 0/0/1; allowed were at most 0 per mille" in told
    assert "ends blue, and edge-1 shows 0/0/1" in told


def test_a_raise_after_an_abort_is_noticed() -> None:
    told = violations(
        {**ENGINE, "${ShiftFunction}": _shift_that_ignores_an_abort},
        race=Race(Racer.ABORT, 8),
    )

    assert "raised from 1/0/0 to 9/0/1, though an abort had been taken" in told


def _shift_that_ignores_an_abort(event: Any, ports: Ports) -> Directive:
    assert isinstance(ports, CrashPorts)
    writes(EdgeState(weights=Split.leaving_blue(100).weights()))(ports.world)
    return ENGINE["${ShiftFunction}"](event, ports)


def test_a_step_that_is_skipped_is_noticed() -> None:
    told = violations(after("Shift", saves(step=3)))

    assert "saboteur saved sabotage (none): step 1 is followed by 3" in told


def test_a_step_that_only_an_assessment_may_take_is_noticed() -> None:
    told = violations(after("Shift", saves(step=2)))

    assert "saboteur saved sabotage (none): step 1 is followed by 2" in told


def test_a_step_that_is_left_before_it_has_baked_is_noticed() -> None:
    told = violations(_engine_that_does_not_bake())

    assert "step 1 was left before it had baked" in told


def _engine_that_does_not_bake() -> Engine:
    """assess is told that the step began to bake an hour ago."""

    def hasty(event: Any, ports: Ports) -> Directive:
        assert isinstance(ports, CrashPorts)
        store, record = ports.world.store, ports.world.record
        if record is None or record.phase is not Phase.BAKING:
            return ENGINE["${AssessFunction}"](event, ports)
        long_ago = ports.clock.now() - timedelta(hours=1)
        store.records[CUTOVER] = record.model_copy(
            update={"bake_from": long_ago, "claim": None}
        )
        return ENGINE["${AssessFunction}"](event, ports)

    return {**ENGINE, "${AssessFunction}": hasty}


def test_a_phase_that_the_table_does_not_lead_to_is_noticed() -> None:
    told = violations(after("Shift", saves(phase=Phase.PREPARED)))

    assert "BAKING is followed by PREPARED" in told


def test_a_settled_record_that_the_edges_do_not_show_is_noticed() -> None:
    def unsettle(world: CrashWorld) -> None:
        writes(EdgeState(weights=Weights(blue=1)))(world)
        record = loaded(world)
        world.monitor.writing("edge-1")
        save(
            world.ports,
            record,
            now=world.clock.now(),
            actor="saboteur",
            action="settle",
            rule="none",
            reason="believed",
            before=record.phase,
        )

    told = violations(after("Shift", unsettle))

    assert "edge-1 shows 1/0/0, not blue 90 %, green 10 %" in told


def test_a_gap_between_versions_is_noticed() -> None:
    def skip(world: CrashWorld) -> None:
        record = loaded(world)
        skipped = record.model_copy(update={"version": record.version + 1})
        world.store.records[CUTOVER] = skipped
        saves()(world)

    assert "is followed by" in violations(after("Prepare", skip))


def test_a_journal_entry_that_does_not_carry_the_one_before_is_noticed() -> None:
    def forget(world: CrashWorld) -> None:
        world.store.records[CUTOVER] = loaded(world).model_copy(
            update={"journal_head": "f" * 64}
        )

    told = violations(after("Shift", forget))

    assert "breaks the chain" in told
    assert "the journal is broken at entry" in told


def test_an_entry_that_was_changed_afterwards_is_noticed() -> None:
    def rewrite(world: CrashWorld) -> None:
        entries = world.store.journals[CUTOVER]
        entries[1] = entries[1].model_copy(update={"reason": "it was never me"})

    told = violations(after("Shift", rewrite))

    assert "the journal is broken at entry 2" == told


def test_a_lock_that_is_lost_is_noticed() -> None:
    def steal(world: CrashWorld) -> None:
        lock = world.store.locks["payments"]
        world.clock.appoint(
            world.clock.now() + timedelta(seconds=1),
            lambda: world.store.locks.update(payments=lock),
        )
        del world.store.locks["payments"]
        world.store.locks["payments"] = type(lock)("deploy:7", lock.since)
        world.monitor.look_at_record(
            loaded(world),
            world.store.journals[CUTOVER][-1],
            states=world.edges,
            holder=world.store.environment("payments").holder,
            scale_in_suspended=True,
        )

    assert "without the lock" in violations(after("Shift", steal))


def test_a_lock_that_is_kept_after_the_end_is_noticed() -> None:
    def keep(world: CrashWorld) -> None:
        record = loaded(world).model_copy(update={"phase": Phase.ROLLED_BACK})
        world.monitor.look_at_record(
            record,
            world.store.journals[CUTOVER][-1],
            states=world.edges,
            holder=world.store.environment("payments").holder,
            scale_in_suspended=True,
        )

    assert "ROLLED_BACK, and the lock is not free" in violations(after("Shift", keep))


def test_a_blue_that_may_scale_in_is_noticed() -> None:
    def release(world: CrashWorld) -> None:
        world.ports.capacity.release(())

    told = violations(after("Prepare", release))

    assert "blue may scale in during SHIFTING" in told


def test_an_end_that_a_scenario_forbids_is_noticed() -> None:
    """Nobody looks at the alarm: the cutover completes in spite of it."""

    def deaf(world: CrashWorld) -> None:
        world.alarms = _Deaf(world.alarms)

    assert "ends green: COMPLETED" in violations(after("Prepare", deaf))


class _Deaf(dict[str, Any]):
    """Alarms that stay as they are."""

    def __setitem__(self, name: str, seen: Any) -> None:
        """Hear nothing."""


def test_a_cutover_that_nobody_drives_any_more_is_noticed() -> None:
    def leave(event: Any, ports: Ports) -> Directive:
        directive = ENGINE["${ShiftFunction}"](event, ports)
        return directive.model_copy(update={"action": Next.END_SUPERSEDED})

    told = violations({**ENGINE, "${ShiftFunction}": leave})

    assert "ends WRONG: BAKING" in told


def test_a_cutover_that_never_ends_is_noticed() -> None:
    def again(event: Any, ports: Ports) -> Directive:
        directive = ENGINE["${ShiftFunction}"](event, ports)
        return directive.model_copy(update={"action": Next.SHIFT})

    told = violations({**ENGINE, "${ShiftFunction}": again})

    assert "no end after" in told


def test_a_mistake_in_the_code_is_noticed() -> None:
    def mistaken(world: CrashWorld) -> None:
        raise ZeroDivisionError("a mistake")

    assert "a mistake: ZeroDivisionError" in violations(after("Shift", mistaken))


@pytest.mark.parametrize("racer", [Racer.ABORT, Racer.BREAKER, Racer.WATCHDOG])
def test_an_order_to_go_back_that_comes_to_nothing_is_noticed(racer: Racer) -> None:
    """Whoever orders a way back, and is not refused, gets one."""

    def ignore(event: Any, ports: Ports) -> Directive:
        assert isinstance(ports, CrashPorts)
        record = ports.world.record
        assert record is not None
        pardoned = {"abort": None}
        if record.rollback is not None and record.phase is not Phase.ROLLED_BACK:
            pardoned |= {"rollback": None, "phase": Phase.PREPARED}  # type: ignore[dict-item]
        ports.world.store.records[CUTOVER] = record.model_copy(update=pardoned)
        return ENGINE["${AssessFunction}"](event, ports)

    told = violations(
        {**ENGINE, "${AssessFunction}": ignore}, "completes", Race(racer, 6)
    )

    assert "ends green: COMPLETED" in told
