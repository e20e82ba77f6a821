"""A journal that is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shifter.core.counts import Unusable
from shifter.core.dossier import Dossier
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import (
    Judgement,
    OnBad,
    Reading,
    State,
    Unreadable,
    Verdict,
)
from shifter.core.journal import Entry
from shifter.core.phases import Phase
from shifter.core.replay import Look, replay
from tests.core.examples import MINUTE, SECOND
from tests.core.gates.evidence_runs import SHARES, Run, by_application, gate, traffic


def entry(run: Run, number: int, before: Phase = Phase.BAKING) -> Entry:
    return Entry(
        cutover_id="otters-1",
        number=number,
        at=run.now,
        actor="assess",
        action="hold",
        rule="gate_waits",
        reason="because",
        phase_before=before,
        phase=before,
        step=run.situation.step,
        judgements=(run.judged,),
        previous="",
    )


def journal(run: Run, steps: int = 3, minutes: int = 9) -> list[Entry]:
    """Every look of a run over some steps."""
    entries = [entry(run, 1, Phase.PREPARED)]
    for step in range(1, steps + 1):
        run.situation = replace(run.situation, step=step, settled_at=None)
        run.wait(20 * SECOND)
        entries.append(entry(run, len(entries) + 1, Phase.SHIFTING))
        run.shift(step)
        until = run.now + timedelta(minutes=minutes)
        while run.now < until:
            run.wait(20 * SECOND)
            entries.append(entry(run, len(entries) + 1))
    return entries


def forgetful(judged: Judgement) -> Judgement:
    return judged.model_copy(update={"memory": None})


@pytest.mark.parametrize("judge", [gate(), by_application(), gate(on_worse="hold")])
@pytest.mark.parametrize("green_failing", [2, 60])
def test_with_the_same_gate_every_reading_is_the_journals(
    judge: EvidenceGate, green_failing: int
) -> None:
    """Otherwise what differs would not come from the parameters."""
    run = Run(judge)
    run.world = lambda start, length, share: traffic(
        start, length, share, green_failing=green_failing
    )
    looks = replay(judge, SHARES, journal(run))

    assert 3 * 27 + 4 == len(looks)
    assert [forgetful(look.was) for look in looks] == [look.would for look in looks]
    verdicts = {look.would.verdict for look in looks}
    assert (green_failing == 60 and judge.on_worse is OnBad.ROLL_BACK) == (
        Verdict.BREACH in verdicts
    )


def test_other_parameters_judge_otherwise() -> None:
    """A stricter budget asks for more, and a larger alpha goes back sooner."""
    run = Run()
    run.world = lambda start, length, share: traffic(
        start, length, share, green_failing=40
    )
    entries = journal(run)

    def goes_back(looks: tuple[Look, ...]) -> int:
        return next(
            look.entry for look in looks if look.would.verdict is Verdict.BREACH
        )

    def passes(looks: tuple[Look, ...]) -> int:
        return sum(look.would.verdict is Verdict.PASS for look in looks)

    as_it_was = replay(gate(), SHARES, entries)
    assert goes_back(replay(gate(alpha="10 %"), SHARES, entries)) < goes_back(as_it_was)
    assert passes(replay(gate(budget=1), SHARES, entries)) < passes(as_it_was)
    tolerant = replay(gate(), SHARES, entries, {"r0": 100.0})
    assert Verdict.BREACH not in {look.would.verdict for look in tolerant}


def test_how_far_the_permission_is_is_told() -> None:
    looks = replay(gate(), SHARES, journal(Run(), steps=1))

    told = [look.permitted for look in looks]
    assert 0.0 == told[0]
    assert told == sorted(told)
    assert 1.0 == told[-1]


def test_a_look_that_could_not_read_counts_nothing_twice() -> None:
    """It remembers what the look before had taken."""
    run = Run()
    entries = journal(run, steps=1)
    while not Dossier.model_validate_json(run.judged.memory or "").taken:
        run.wait(20 * SECOND)
        entries.append(entry(run, len(entries) + 1))
    blind = run.judge.judge(Unreadable("fog"), run.situation)
    run.judged = blind
    entries.append(entry(run, len(entries) + 1))
    run.now += 2 * MINUTE
    run.look()
    entries.append(entry(run, len(entries) + 1))
    *_, unread, last = replay(gate(), SHARES, entries)

    assert (blind, State.UNREADABLE) == (unread.would, unread.would.reading.state)
    assert forgetful(last.was) == last.would


def test_entries_without_this_gate_are_left_out() -> None:
    run = Run()
    other = Judgement(
        gate="another",
        kind="alarm",
        reading=Reading(state=State.GOOD, detail="fine"),
        verdict=Verdict.PASS,
    )
    bare = entry(run, 1).model_copy(update={"judgements": (other,)})

    assert () == replay(gate(), SHARES, [bare])


def test_parameters_that_nobody_knows_are_refused() -> None:
    with pytest.raises(Unusable, match="luck: no such parameter"):
        replay(gate(), SHARES, journal(Run(), steps=1), {"luck": 1.0})
