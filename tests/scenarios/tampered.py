"""Runs that were tampered with: a harness that praises one of them is blind.

Each takes a run without flaws and spoils one thing, as an engine with a bug would leave
it; the check that it is meant for has to report it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shifter.core.gates.gate import Verdict
from shifter.core.journal import Entry
from shifter.core.lanes import Weights
from shifter.core.notice import Notice, Severity
from shifter.core.record import Claim
from shifter_sandbox import flaws
from shifter_sandbox.play import Played, play
from shifter_sandbox.scenario import End
from shifter_sandbox.scenarios import RUNS
from shifter_sandbox.timeline import Shown

ROLLED_BACK, COMPLETED = "aborted", "prepare-dies-save"
"""Quick runs of both ends."""


@dataclass(frozen=True, slots=True)
class Tampered:
    """One way to spoil a run."""

    told: str
    check: flaws.Check
    """What has to report it."""
    spoil: Callable[[Played], Played]
    run: str = ROLLED_BACK

    def reports(self, played: Played) -> tuple[str, ...]:
        """What is told of the run when it is spoiled."""
        return tuple(self.check(self.spoil(played)))


def told_of_each() -> Iterator[tuple[Tampered, tuple[str, ...]]]:
    """Everything that is spoiled, with what is told of it."""
    played = {key: play(RUNS[key]) for key in (ROLLED_BACK, COMPLETED)}
    for tampered in TAMPERED:
        yield tampered, tampered.reports(played[tampered.run])


def _record(**changes: Any) -> Callable[[Played], Played]:
    return lambda p: replace(p, record=p.record.model_copy(update=changes))


def _scenario(**changes: Any) -> Callable[[Played], Played]:
    return lambda p: replace(p, scenario=replace(p.scenario, **changes))


def _altered_entry(played: Played) -> Played:
    first, *rest = played.journal
    entry = first.model_copy(update={"reason": "nothing to see here"})
    return replace(played, journal=(entry, *rest))


def _other_reading(played: Played) -> Played:
    """A step was taken although a gate waited, by what the entry holds."""

    def worse(entry: Entry) -> Entry:
        first, *rest = entry.judgements
        judged = first.model_copy(update={"verdict": Verdict.WAIT})
        return entry.model_copy(update={"judgements": (judged, *rest)})

    journal = tuple(worse(e) if e.rule == "next_step" else e for e in played.journal)
    return replace(played, journal=journal)


def _no_grounds(played: Played) -> Played:
    journal = tuple(e.model_copy(update={"grounds": None}) for e in played.journal)
    return replace(played, journal=journal)


def _skipped_step(played: Played) -> Played:
    """Entries of a step that is intended and never settled are gone."""
    left = tuple(e for e in played.journal if e.step != 1)
    return replace(played, journal=left)


def _early_step(played: Played) -> Played:
    """The next step begins before this one was read back."""
    left = tuple(e for e in played.journal if (e.step, e.phase) != (1, "BAKING"))
    return replace(played, journal=left)


def _raised(played: Played) -> Played:
    """An edge gives a tenth of a percent more than its step, for a moment."""
    settled = next(e for e in played.journal if e.phase == "BAKING")
    share = played.record.plan.split(settled.step).share + 1
    weights = Weights(blue=1000 - share, green=share)
    shown = Shown(settled.at, "edge-1", weights, by_hand=False)
    return replace(played, timeline=(*played.timeline, shown))


def _raised_after_the_end(played: Played) -> Played:
    """A late write lands when all blue had been settled."""
    shown = Shown(played.ended, "edge-2", Weights(blue=99, green=1), by_hand=False)
    return replace(played, timeline=(*played.timeline, shown))


def _other_lane(played: Played) -> Played:
    shown = Shown(played.ended, "edge-1", Weights(canary=1), by_hand=False)
    return replace(played, timeline=(*played.timeline, shown))


def _left_split(played: Played) -> Played:
    weights = {**played.weights, "edge-2": Weights(blue=1, green=1)}
    return replace(played, weights=weights)


def _unsent(played: Played) -> Played:
    notice = Notice(
        severity=Severity.INFO,
        environment=played.record.environment,
        cutover_id=played.record.cutover_id,
        at=played.ended,
        phase=played.record.phase,
        step=played.record.step,
        steps=3,
        action="settle",
        rule="read_back",
        reason="nobody heard",
        journal_head=played.record.journal_head,
    )
    return _record(outbox=(notice,))(played)


def _open_claim(played: Played) -> Played:
    until = played.ended + timedelta(seconds=5)
    return _record(claim=Claim(version=1, until=until))(played)


def _running(played: Played) -> Played:
    last = replace(played.executions[-1], status="RUNNING")
    return replace(played, executions=(*played.executions[:-1], last))


def _another_driver(played: Played) -> Played:
    other = replace(played.executions[-1], name="second", status="RUNNING")
    return replace(played, others=(other,))


def _told_otherwise(played: Played) -> Played:
    first, *rest = played.events
    detail = {**first["detail"], "reason": "all is well"}
    return replace(played, events=({**first, "detail": detail}, *rest))


def _foreign_head(played: Played) -> Played:
    first, *rest = played.events
    detail = {**first["detail"], "journal_head": "f" * 64}
    return replace(played, events=({**first, "detail": detail}, *rest))


def _no_page(played: Played) -> Played:
    quiet = tuple(
        {**m, "message": str(m["message"]).replace("PAGE", "by the way")}
        for m in played.messages
    )
    return replace(played, messages=quiet)


def _green(played: Played) -> Played:
    """The execution succeeds although traffic came back."""
    last = replace(played.executions[-1], status="SUCCEEDED", error=None)
    return replace(played, executions=(*played.executions[:-1], last))


def _by_watchdog(played: Played) -> Played:
    changes = {"actor": "watchdog", "action": "roll_back"}
    last = played.journal[-1].model_copy(update=changes)
    return replace(played, journal=(*played.journal[:-1], last))


def _unproven(played: Played) -> Played:
    assert played.record.proof is not None
    proof = played.record.proof.model_copy(update={"safe": False})
    return _record(proof=proof)(played)


def _never_struck(played: Played) -> Played:
    [fault] = played.faults
    return replace(played, faults=(replace(fault, hits=[]),))


TAMPERED = (
    Tampered("it ends otherwise", flaws.the_end, _scenario(end=End.COMPLETED)),
    Tampered("for another reason", flaws.the_end, _scenario(because="an outage")),
    Tampered("nothing happened", flaws.the_end, lambda p: replace(p, happened={})),
    Tampered("a fault never struck", flaws.the_end, _never_struck, COMPLETED),
    Tampered(
        "what the story shows is missing",
        flaws.what_the_story_shows,
        lambda p: replace(p, invocations=()),
        COMPLETED,
    ),
    Tampered("an entry was altered", flaws.the_journal, _altered_entry),
    Tampered("a reading was altered", flaws.the_decisions, _other_reading),
    Tampered("nobody knows the grounds", flaws.the_decisions, _no_grounds),
    Tampered(
        "the last entry is missing",
        flaws.the_journal,
        lambda p: replace(p, journal=p.journal[:-1]),
    ),
    Tampered("a step was skipped", flaws.the_steps, _skipped_step, COMPLETED),
    Tampered("a step began early", flaws.the_steps, _early_step, COMPLETED),
    Tampered("a share above the step's", flaws.the_share, _raised),
    Tampered("a raise after the end", flaws.the_share, _raised_after_the_end),
    Tampered("weight on another lane", flaws.the_share, _other_lane, COMPLETED),
    Tampered("a split is left after a rollback", flaws.the_edges, _left_split),
    Tampered("a split is left at the end", flaws.the_edges, _left_split, COMPLETED),
    Tampered(
        "stickiness is left",
        flaws.the_edges,
        lambda p: replace(p, sticky=frozenset({"edge-1"})),
    ),
    Tampered(
        "DNS is left behind",
        flaws.the_names,
        lambda p: replace(p, dns={"edge-1": 3, "edge-2": 1}),
    ),
    Tampered("the lock is left", flaws.the_lock, lambda p: replace(p, locked=True)),
    Tampered(
        "a stuck cutover without its lock", flaws.the_lock, _record(phase="BAKING")
    ),
    Tampered("a notice is left", flaws.what_stays_open, _unsent),
    Tampered("a claim is left", flaws.what_stays_open, _open_claim),
    Tampered(
        "scale-in stays suspended",
        flaws.what_stays_open,
        lambda p: replace(p, scale_in_suspended=True),
    ),
    Tampered("its execution still runs", flaws.what_stays_open, _running),
    Tampered("another execution runs", flaws.what_stays_open, _another_driver),
    Tampered(
        "an event was not sent",
        flaws.the_notices,
        lambda p: replace(p, events=p.events[1:]),
    ),
    Tampered(
        "a message was not sent",
        flaws.the_notices,
        lambda p: replace(p, messages=p.messages[1:]),
    ),
    Tampered("a notice tells otherwise", flaws.the_notices, _told_otherwise),
    Tampered("a notice without an entry", flaws.the_notices, _foreign_head),
    Tampered("nobody was paged", flaws.the_notices, _no_page),
    Tampered("the execution is green", flaws.the_execution, _green),
    Tampered("the watchdog came unasked", flaws.the_execution, _by_watchdog),
    Tampered("nobody looked for the proof", flaws.the_proof, _record(proof=None)),
    Tampered("the proof failed", flaws.the_proof, _unproven),
)
