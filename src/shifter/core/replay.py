"""Replay: what an evidence gate would have said of a journal, with other parameters.

The journal has every interval that was taken, and how each look judged.  The same
intervals are given to another engine, look by look, so what differs comes from the
parameters alone.  What went differently then cannot be replayed: traffic is what it
was, at the weights that were.

With the gate as it was, every reading is the one in the journal; a test holds that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shifter.core.dossier import Dossier, learn
from shifter.core.evidence import Evidence
from shifter.core.gates.evidence import EvidenceGate
from shifter.core.gates.gate import Judgement, Situation, State
from shifter.core.journal import Entry
from shifter.core.phases import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look of the gate, as it was and as it would have been."""

    entry: int
    """Number of the journal's entry."""
    at: datetime
    step: int
    """From 1; 0 before the first."""
    was: Judgement
    would: Judgement
    share: int
    """Of that step, in per mille."""
    nats: float
    """How much would have spoken for "green is worse than blue", as a logarithm."""
    permitted: float
    """How much of the evidence for the next step was there: 1 is enough."""


def replay(
    gate: EvidenceGate,
    shares: tuple[int, ...],
    entries: Iterable[Entry],
    parameters: dict[str, Any] | None = None,
) -> tuple[Look, ...]:
    """Judge again.  `parameters` of the engine come on top of the gate's.

    Raises Unusable for parameters that cannot be.
    """
    chosen = {**gate.parameters(), **(parameters or {})}
    evidence: Evidence | None = None
    ladder: tuple[int, ...] = ()
    until: datetime | None = None
    looks = []
    for entry, was in _judged(entries, gate.name):
        dossier = Dossier.model_validate_json(was.memory or "")
        if evidence is None:
            begun = dossier.model_copy(update={"state": None})
            evidence, ladder = begun.engine(shares, chosen)
        for taken in dossier.taken:
            # A look that could not read its source remembers what the one before did.
            if until is None or taken.end > until:
                learn(evidence, taken, ladder, shares[taken.step - 1])
                until = taken.end
        situation = _situation(entry, dossier, shares)
        would = was
        if was.reading.state is not State.UNREADABLE:
            would = gate.rejudge(dossier, evidence, ladder, situation)
        looks.append(
            Look(
                entry=entry.number,
                at=entry.at,
                step=situation.step,
                was=was,
                would=would,
                share=_share(situation),
                nats=evidence.log_e,
                permitted=_permitted(evidence, ladder, situation),
            )
        )
    return tuple(looks)


def _judged(entries: Iterable[Entry], gate: str) -> Iterable[tuple[Entry, Judgement]]:
    """The looks of which something is remembered."""
    for entry in entries:
        for judged in entry.judgements:
            if judged.gate == gate and judged.memory is not None:
                yield entry, judged


def _situation(entry: Entry, dossier: Dossier, shares: tuple[int, ...]) -> Situation:
    """Where the cutover stood; an entry that shifts names the step that follows."""
    step, settled_at = entry.step, None
    if entry.phase_before is Phase.PREPARED:
        step = 0
    elif entry.phase_before is not Phase.SHIFTING and dossier.visits:
        step, settled_at = dossier.visits[-1].step, dossier.visits[-1].settled_at
    return Situation(now=entry.at, shares=shares, step=step, settled_at=settled_at)


def _permitted(
    evidence: Evidence, ladder: tuple[int, ...], situation: Situation
) -> float:
    permission = evidence.permission
    share = _share(situation)
    if share not in ladder or permission.step != ladder.index(share):
        return 0.0
    return min(max(min(permission.gate) / permission.enough, 0.0), 1.0)


def _share(situation: Situation) -> int:
    """The share of the present step, in per mille; 0 before the first."""
    return situation.shares[situation.step - 1] if situation.step else 0
