"""A cutover that asks for evidence, with the engine over a river of traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from shifter.core.counts import Counts
from shifter.core.dossier import Dossier
from shifter.core.edges import EdgeState
from shifter.core.errors import NotReady
from shifter.core.lanes import Lane
from shifter.core.orders import Resume
from shifter.core.outcomes import MINUTE
from shifter.core.phases import Phase
from tests.core.examples import plan
from tests.engine.bench import BURROWS, CROAKING, NOW, Bench, River

PROOF = {"kind": "evidence", "name": "proof", "slow_above_ms": 500}
STEPS = [
    {"share": "1 %", "bake": "3m"},
    {"share": "10 %", "bake": "3m"},
    {"share": "50 %", "bake": "3m"},
    {"share": "100 %"},
]
SLOWLY = plan(steps=STEPS, gates=[CROAKING, BURROWS, PROOF], final_bake="1h")
Told = Mapping[str, Mapping[Lane, Counts]]


class BusyRiver(River):
    """Two thousand requests a minute at each edge.

    They went by the weights that are there when they are told, which is two minutes
    later; that is near enough but for the first minutes of a step.
    """

    green_fails = 0.002
    silent = False

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[datetime, Told] = {}

    def ended(self, start: datetime, length: timedelta) -> Told:
        if self.silent:
            return {}
        return self._known.setdefault(start, self._now())

    def _now(self) -> Told:
        found: dict[str, Mapping[Lane, Counts]] = {}
        for edge, state in self.edges.items():
            assert isinstance(state, EdgeState)
            weights = state.weights
            lanes: dict[Lane, Counts] = {}
            for lane in Lane:
                count = 2000 * weights.of(lane) // weights.total
                rate = self.green_fails if lane is Lane.GREEN else 0.002
                if count:
                    lanes[lane] = (count, round(count * rate), count // 100)
            found[edge] = lanes
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench(river=BusyRiver())


def river(of: Bench) -> BusyRiver:
    assert isinstance(of.river, BusyRiver)
    return of.river


def dossier(of: Bench) -> Dossier:
    return Dossier.model_validate_json(of.record.memories["proof"])


def test_a_healthy_green_is_taken_all_the_way(bench: Bench) -> None:
    bench.reach(Phase.COMPLETED, plan=SLOWLY)

    waited = [e for e in bench.journal if e.rule == "gate_waits"]
    assert any("proof: after" in entry.reason for entry in waited)
    [*_, last] = (e.judgements[-1] for e in bench.journal if e.judgements)
    assert last.reading.detail.startswith("no control at 100 %")


def test_a_green_that_is_worse_is_left_and_the_reason_has_the_numbers(
    bench: Bench,
) -> None:
    river(bench).green_fails = 0.3
    bench.reach(Phase.ROLLED_BACK, plan=SLOWLY)

    record = bench.record
    assert record.rollback is not None
    assert 1 == record.step
    assert "proof: after " in record.rollback.reason
    assert "green is worse than blue" in record.rollback.reason


def test_evidence_goes_on_from_step_to_step_and_its_alpha_is_spent_once(
    bench: Bench,
) -> None:
    """What a shift saves forgets nothing: alpha is for the whole cutover."""
    directive = bench.reach(Phase.BAKING, 1, plan=SLOWLY)
    ages = []
    for step in (2, 3):
        directive = bench.go_on(
            directive,
            lambda record, step=step: (  # type: ignore[misc]
                record.phase is Phase.BAKING and record.step == step
            ),
        )
        ages.append((dossier(bench).state or {})["age"])

    assert 0 < ages[0] < ages[1]


def test_silence_holds_and_its_deadline_pages(bench: Bench) -> None:
    directive = bench.reach(Phase.BAKING, 1, plan=SLOWLY)
    river(bench).silent = True
    bench.go_on(directive, lambda record: bool(bench.pages))

    assert (Phase.BAKING, 1) == (bench.record.phase, bench.record.step)
    assert "proof has no data" in bench.pages[0]


def test_a_resume_is_not_kept_waiting_by_evidence(bench: Bench) -> None:
    """Evidence may wait for traffic that only the resumed weights bring."""
    directive = bench.reach(Phase.BAKING, 1, plan=SLOWLY)
    resume = Resume(by="Fern", at=bench.clock.now(), reason="lunch is over")
    bench.store.records["otters-1"] = bench.record.model_copy(update={"resume": resume})
    bench.go_on(directive, lambda record: record.reason.startswith("Fern resumed"))

    assert Phase.SHIFTING is bench.record.phase


def test_a_start_without_blues_hour_is_refused_before_anything_is_touched(
    bench: Bench,
) -> None:
    river(bench).silent = True

    with pytest.raises(NotReady, match="known of 0 minutes of the hour before"):
        bench.start(SLOWLY)

    assert [] == bench.river.effects
    assert NOW - MINUTE < bench.clock.now()
