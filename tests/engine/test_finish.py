from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shifter.core.directive import SOONEST, Directive, Next
from shifter.core.edges import EdgeState
from shifter.core.errors import Conflict, NotFound, Throttled, Unavailable
from shifter.core.gates.gate import Unreadable
from shifter.core.intervals import INTERVAL
from shifter.core.lanes import Lane, Weights
from shifter.core.notice import Severity
from shifter.core.phases import Phase
from shifter.core.quantities import told_moment
from shifter.core.record import Proof, Record
from shifter.engine import control
from shifter.engine.finish import PROOF_DEADLINE, finish
from shifter.engine.hand_over import hand_over
from tests.engine.bench import EDGE_NAMES, OTTERS, Bench, River

GREEN = dict.fromkeys(EDGE_NAMES, "0/0/1")
BAKED = "every step baked and every gate passed"


# --- completing -----------------------------------------------------------------------


def _decided() -> tuple[Bench, Directive]:
    """A bench whose cutover was decided to be complete."""
    bench = Bench()
    directive = bench.reach(Phase.BAKING, 3)
    directive = bench.go_on(directive, lambda record: record.reason == BAKED)
    bench.river.effects.clear()
    return bench, directive


def test_it_completes_what_was_decided_to_be_complete() -> None:
    """Blue may scale in again, and the lock is free with the save that says so."""
    bench, directive = _decided()
    before, length = bench.record, len(bench.journal)

    following = finish(directive, bench.ports)

    assert ["release capacity", "save", "send", "save"] == bench.river.effects
    assert (
        before.model_copy(
            update={
                "phase": Phase.COMPLETED,
                "ended_at": bench.clock.now(),
                "version": before.version + 2,
                "journal_length": length + 2,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert ("finish", "complete", "read_back") == bench.told(length)[0]
    assert (bench.now(Next.END_COMPLETED), None, GREEN, Severity.INFO, BAKED) == (
        following,
        bench.holder,
        bench.river.shows(),
        bench.notices[-1].severity,
        bench.notices[-1].reason,
    )


@pytest.mark.parametrize("ends", [Phase.COMPLETED, Phase.ROLLED_BACK])
@pytest.mark.parametrize(("scale_in", "scheduled"), [(True, False), (False, True)])
def test_scaling_that_was_suspended_before_the_cutover_stays_so(
    ends: Phase, *, scale_in: bool, scheduled: bool
) -> None:
    """Whoever suspended it had a reason: only what Shifter did is undone."""
    bench = Bench()
    river = bench.river
    river.scale_in_suspended, river.scheduled_suspended = scale_in, scheduled
    directive = bench.reach(Phase.BAKING, 1)
    assert (True, True) == (river.scale_in_suspended, river.scheduled_suspended)
    if ends is Phase.ROLLED_BACK:
        control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")

    bench.finish_all(directive)

    assert (ends, scale_in, scheduled) == (
        bench.record.phase,
        river.scale_in_suspended,
        river.scheduled_suspended,
    )


def test_completing_twice_is_the_same_as_once() -> None:
    bench, directive = _decided()
    first = finish(directive, bench.ports)
    record = bench.record
    bench.river.effects.clear()

    assert first == finish(directive, bench.ports)
    assert (record, []) == (bench.record, bench.river.effects)


@pytest.mark.parametrize(
    "state",
    [
        EdgeState(weights=Weights(blue=1, green=999)),
        Unreadable("AccessDenied"),
    ],
    ids=["edited", "unreadable"],
)
@pytest.mark.parametrize("edge", EDGE_NAMES)
def test_an_edge_that_does_not_show_the_last_step_is_left_to_assess(
    edge: str, state: EdgeState | Unreadable
) -> None:
    """Nothing is finished on what an edge showed some time ago."""
    bench, directive = _decided()
    bench.river.edges[edge] = state
    record = bench.record

    following = finish(directive, bench.ports)

    assert (bench.now(), record, []) == (
        following,
        bench.record,
        bench.river.effects,
    )


def test_blue_that_cannot_scale_in_again_does_not_keep_it_from_completing() -> None:
    bench, directive = _decided()
    bench.river.refused.add("release capacity")

    finish(directive, bench.ports)

    told = "scaling of blue stays off: Change on release capacity: Rate exceeded"
    assert (Phase.COMPLETED, f"{BAKED}; {told}") == (
        bench.record.phase,
        bench.pages[-1],
    )


def test_an_abort_that_comes_meanwhile_is_heard() -> None:
    bench, directive = _decided()
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    bench.river.effects.clear()

    following = finish(directive, bench.ports)

    assert (bench.now(), []) == (following, bench.river.effects)
    assert Next.END_ROLLED_BACK is bench.finish_all(following).action


@pytest.mark.parametrize("order", [control.abort, control.pause])
def test_an_order_that_comes_in_between_wins(order: Callable[..., Record]) -> None:
    """Blue was let scale in already: it is kept able again for as long as it lasts."""
    bench, directive = _decided()
    bench.river.before(
        "save", lambda: order(OTTERS, bench.ports, by="Fern", reason="a heron")
    )

    with pytest.raises(Conflict):
        finish(directive, bench.ports)

    assert (Phase.BAKING, True) == (bench.record.phase, bench.river.scale_in_suspended)


def test_an_end_that_was_saved_by_somebody_else_is_not_undone() -> None:
    """Two that finish at once: blue may scale in."""
    bench, directive = _decided()
    bench.river.before("save", lambda: finish(directive, bench.ports))

    with pytest.raises(Conflict):
        finish(directive, bench.ports)

    assert (Phase.COMPLETED, False) == (
        bench.record.phase,
        bench.river.scale_in_suspended,
    )


@pytest.mark.parametrize("answers", [True, False])
def test_weights_that_were_lowered_since_a_try_that_died_keep_blue_able(
    answers: bool,
) -> None:
    """It died after it had let blue scale in, and all traffic may be blue's now."""
    bench, directive = _decided()
    bench.river.refused.add("save")
    with pytest.raises(Throttled):
        finish(directive, bench.ports)
    assert not bench.river.scale_in_suspended
    bench.river.mend()
    bench.river.edit("edge-1", blue=1)
    if not answers:
        bench.river.refused.add("keep capacity")

    following = finish(directive, bench.ports)

    assert (Next.ASSESS, answers) == (
        following.action,
        bench.river.scale_in_suspended,
    )


def test_a_decision_that_is_not_the_last_one_is_not_carried_out() -> None:
    bench, directive = _decided()
    bench.follow(bench.now())
    record = bench.record
    bench.river.effects.clear()

    following = finish(directive, bench.ports)

    assert (bench.now(), record, []) == (
        following,
        bench.record,
        bench.river.effects,
    )


def test_the_directive_of_another_execution_does_nothing() -> None:
    bench, directive = _decided()
    foreign = directive.model_copy(update={"owner": 2})

    following = finish(foreign, bench.ports)

    assert (foreign.model_copy(update={"action": Next.END_SUPERSEDED}), []) == (
        following,
        bench.river.effects,
    )


def test_a_cutover_that_does_not_exist_is_told() -> None:
    bench, directive = _decided()

    with pytest.raises(NotFound, match="no cutover badgers-4"):
        finish(directive.model_copy(update={"cutover_id": "badgers-4"}), bench.ports)


# --- the proof ------------------------------------------------------------------------


def _rolled_back(at: timedelta = timedelta()) -> tuple[Bench, Directive]:
    """A bench whose cutover has gone back, verified that long after a full minute."""
    bench = Bench()
    bench.reach(Phase.BAKING, 2)
    bench.wait(minutes=2)
    bench.clock.at = bench.clock.at.replace(second=0) + at
    control.abort(OTTERS, bench.ports, by="Fern", reason="a heron")
    directive = bench.reach(Phase.ROLLED_BACK)
    bench.river.effects.clear()
    return bench, directive


def _verified_at(bench: Bench) -> datetime:
    rollback = bench.record.rollback
    assert rollback is not None
    assert rollback.verified_at is not None
    return rollback.verified_at


@pytest.mark.parametrize(
    ("seconds", "needed"),
    # Verified on a full minute: 2 minutes of quiet and 2 for the metrics to arrive.
    # Later in a minute, the rest of it does not count.
    [(0, 240), (1, 299), (59, 241)],
)
def test_two_whole_minutes_after_the_first_look_must_be_closed(
    seconds: int, needed: int
) -> None:
    bench, directive = _rolled_back(at=timedelta(seconds=seconds))
    record = bench.record

    following = finish(directive, bench.ports)

    assert (
        directive.model_copy(
            update={
                "action": Next.FINISH_LATER,
                "until": _verified_at(bench) + timedelta(seconds=needed),
            }
        ),
        record,
        [],
    ) == (following, bench.record, bench.river.effects)


def test_two_quiet_minutes_and_a_probe_through_each_edge_prove_it() -> None:
    bench, directive = _rolled_back()
    before, length = bench.record, len(bench.journal)
    directive = bench.follow(directive)

    following = bench.follow(directive)

    detail = (
        "no request left blue in 2 closed minutes, "
        "and every edge that has a probe answers from blue"
    )
    assert (
        before.model_copy(
            update={
                "proof": Proof(at=directive.until, safe=True, detail=detail),
                "version": before.version + 2,
                "journal_length": length + 2,
                "journal_head": bench.journal[-1].hash,
            }
        )
        == bench.record
    )
    assert (
        bench.now(Next.END_ROLLED_BACK),
        ("finish", "prove", "proven_safe"),
        (Severity.INFO, detail),
    ) == (
        following,
        bench.told(length)[0],
        (bench.notices[-1].severity, bench.notices[-1].reason),
    )


def test_a_proof_is_made_once() -> None:
    bench, directive = _rolled_back()
    bench.finish_all(directive)
    record = bench.record
    bench.river.breaks("traffic")

    assert bench.now(Next.END_ROLLED_BACK) == finish(
        bench.now(Next.FINISH), bench.ports
    )
    assert record == bench.record


def test_an_edge_without_a_probe_needs_none() -> None:
    class Nobody:
        def lane(self, edge: str) -> str | None:
            return None

    bench, directive = _rolled_back()
    bench.ports.probe = Nobody()

    bench.finish_all(directive)

    assert bench.record.proof is not None
    assert bench.record.proof.safe


BLUE_ONLY = {"edge-1": {Lane.BLUE: 900}, "edge-2": {Lane.BLUE: 800}}


def _served(*counts: dict[str, dict[Lane, int]]) -> Callable[[River, datetime], None]:
    """Minutes that were served after the first look, and the last one from then on."""

    def tell(river: River, start: datetime) -> None:
        for number in range(30):
            told = counts[min(number, len(counts) - 1)]
            river.requests[start + number * INTERVAL] = told

    return tell


def _broken(river: River, start: datetime) -> None:
    river.breaks("traffic")


def _foreign(river: River, start: datetime) -> None:
    river.edit("edge-2", blue=1, green=9)
    _served(BLUE_ONLY)(river, start)


def _silent_edge(river: River, start: datetime) -> None:
    river.edges["edge-1"] = Unreadable("no answer")
    _served(BLUE_ONLY)(river, start)


@pytest.mark.parametrize(
    ("trouble", "detail"),
    [
        (_served({}), "no request count for blue at 2026-03-02 10:01:00 UTC"),
        (
            _served({"edge-1": {Lane.BLUE: 0}}),
            "no request count for blue at 2026-03-02 10:01:00 UTC",
        ),
        (
            _served({"edge-2": {Lane.GREEN: 3}}),
            "no request count for blue at 2026-03-02 10:01:00 UTC",
        ),
        (
            _served({**BLUE_ONLY, "edge-2": {Lane.GREEN: 3}}),
            "3 requests reached green at 2026-03-02 10:01:00 UTC",
        ),
        (
            _served({**BLUE_ONLY, "edge-2": {Lane.CANARY: 1}}),
            "1 requests reached canary at 2026-03-02 10:01:00 UTC",
        ),
        (_broken, "request counts cannot be read: Describe on traffic: Rate exceeded"),
        (_foreign, "the probe through edge-2 was answered by green"),
        (_silent_edge, "the probe through edge-1 failed: probe on edge-1: no answer"),
    ],
    ids=[
        "no counts",
        "blue counts zero",
        "only green counts",
        "green counts",
        "canary counts",
        "counts that cannot be read",
        "the probe says green",
        "the probe fails",
    ],
)
def test_what_is_not_proven_in_time_is_paged(
    trouble: Callable[[River, datetime], None], detail: str
) -> None:
    """It looks again each minute for a quarter of an hour; then people must look."""
    bench, directive = _rolled_back()
    verified_at = _verified_at(bench)
    pages = len(bench.pages)
    trouble(bench.river, verified_at)

    looks = []
    while directive.action is not Next.END_ROLLED_BACK:
        directive = bench.follow(directive)
        looks.append(bench.clock.now() - verified_at)

    proof, minute = bench.record.proof, timedelta(minutes=1)
    assert [SOONEST, *(n * minute for n in range(4, 16))] == looks
    assert proof is not None
    last = bench.clock.now() - 4 * minute
    told = detail.replace("2026-03-02 10:01:00 UTC", told_moment(last))
    assert (
        Proof(at=verified_at + PROOF_DEADLINE, safe=False, detail=told),
        [told],
        "not_proven",
        Phase.ROLLED_BACK,
    ) == (proof, bench.pages[pages:], bench.told()[-2][2], bench.record.phase)


def test_requests_that_were_still_under_way_are_forgiven_when_they_stop() -> None:
    """Long requests end late; only the last two closed minutes must be quiet."""
    bench, directive = _rolled_back()
    late = {**BLUE_ONLY, "edge-2": {Lane.GREEN: 3}}
    _served(late, late, BLUE_ONLY)(bench.river, _verified_at(bench))

    bench.finish_all(directive)

    assert bench.record.proof is not None
    assert (True, _verified_at(bench) + timedelta(minutes=6)) == (
        bench.record.proof.safe,
        bench.record.proof.at,
    )


def test_a_proof_whose_save_got_no_answer_ends_the_same() -> None:
    bench, directive = _rolled_back()
    directive = bench.follow(directive)
    bench.river.lost.add("save")
    with pytest.raises(Unavailable):
        bench.follow(directive)
    bench.river.lost.clear()

    assert Next.END_ROLLED_BACK is finish(directive, bench.ports).action
    assert 1 == len([entry for entry in bench.journal if entry.action == "prove"])


# --- a fresh execution ----------------------------------------------------------------


def test_a_fresh_execution_completes_as_the_first_would_have() -> None:
    bench, _ = _decided()
    hand_over(bench.now(Next.HAND_OVER), bench.ports)

    assert Next.END_COMPLETED is bench.finish_all(bench.now()).action
