"""The summary of a run: what moved when, why it came back, whom it hurt, how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shifter.core.gates.evidence import EvidenceGate
from shifter.core.journal import broken_at
from shifter.core.lanes import PER_MILLE, Lane
from shifter.core.phases import Action, Phase
from shifter.core.replay import Look, replay
from shifter_sandbox.flaws import flaws
from shifter_sandbox.play import Played


@dataclass(frozen=True, slots=True)
class Move:
    """One change of weights that was read back."""

    at: datetime
    step: int
    share: int
    """Per mille that left blue."""
    dns_share: int | None


@dataclass(frozen=True, slots=True)
class WayBack:
    """How a run came home."""

    began: datetime | None
    """When what was planted or done by hand began."""
    decided: datetime
    verified: datetime
    """When every edge was first read back as all blue."""
    settled: datetime
    """When that had been read a second time, and no write could undo it."""

    @property
    def to_safe(self) -> timedelta:
        """From the decision that something is a breach until all edges are blue."""
        return self.verified - self.decided

    @property
    def to_notice(self) -> timedelta | None:
        """From its beginning until it was seen."""
        return None if self.began is None else self.decided - self.began


@dataclass(frozen=True, slots=True)
class Summary:
    """One run on one page."""

    name: str
    told: str
    end: Phase
    as_told: bool
    """Whether it ended as the scenario says that it must, and nothing is wrong."""
    reason: str
    moves: tuple[Move, ...]
    way_back: WayBack | None
    proof: str | None
    requests: int
    bad: Mapping[str, int]
    """Requests served badly, by lane."""
    duration: timedelta
    executions: int
    pages: int
    journal_entries: int
    journal_whole: bool
    journal_head: str
    real_seconds: float
    flaws: tuple[str, ...] = ()
    """What is wrong, if it did not end as told."""
    evidence: tuple[Look, ...] = ()
    """What the plan's first evidence gate knew at each look."""
    alpha: float = 0.01
    """At one to this, that gate goes back."""

    @property
    def bad_on_green(self) -> int:
        """Requests that only failed because green served them."""
        return self.bad.get(Lane.GREEN, 0)


def summarise(played: Played) -> Summary:
    """Everything is taken from the journal and from what traffic really met."""
    record, scenario = played.record, played.scenario
    wrong = flaws(played)
    return Summary(
        name=scenario.name,
        told=scenario.told,
        end=record.phase,
        as_told=not wrong,
        reason=record.reason,
        moves=_moves(played),
        way_back=_way_back(played),
        proof=record.proof.detail if record.proof else None,
        requests=played.total.total,
        bad=dict(played.total.errors),
        duration=played.duration,
        executions=len(played.executions),
        pages=sum(_is_page(message) for message in played.messages),
        journal_entries=len(played.journal),
        journal_whole=broken_at(played.journal) is None,
        journal_head=record.journal_head,
        real_seconds=played.real_seconds,
        flaws=wrong,
        **_evidence(played),
    )


def _evidence(played: Played) -> dict[str, Any]:
    plan = played.record.plan
    gates = (gate for gate in plan.gates if isinstance(gate, EvidenceGate))
    gate = next(gates, None)
    if gate is None:
        return {}
    shares = tuple(step.share for step in plan.steps)
    looks = replay(gate, shares, played.journal)
    return {"evidence": looks, "alpha": gate.alpha / PER_MILLE}


def _moves(played: Played) -> tuple[Move, ...]:
    plan = played.record.plan
    return tuple(
        Move(
            at=entry.at,
            step=entry.step,
            share=plan.split(entry.step).share,
            dns_share=plan.dns_share(entry.step),
        )
        for entry in played.journal
        if entry.action == Action.SETTLE and entry.phase is Phase.BAKING
    )


def _way_back(played: Played) -> WayBack | None:
    def first(action: str, phase: Phase) -> datetime | None:
        found = (e.at for e in played.journal if (e.action, e.phase) == (action, phase))
        return next(found, None)

    decided = first(Action.ROLL_BACK, Phase.ROLLING_BACK)
    verified = first("verify", Phase.ROLLING_BACK)
    settled = first(Action.SETTLE, Phase.ROLLED_BACK)
    if decided is None or verified is None or settled is None:
        return None
    began = max((at for at in played.happened.values() if at <= decided), default=None)
    return WayBack(began=began, decided=decided, verified=verified, settled=settled)


def _is_page(message: Mapping[str, Any]) -> bool:
    return str(message.get("message", "")).startswith("PAGE")


def as_json(summary: Summary) -> dict[str, Any]:
    """The summary for programs."""
    way_back = summary.way_back
    return {
        "scenario": summary.name,
        "end": summary.end.value,
        "as_told": summary.as_told,
        "flaws": list(summary.flaws),
        "reason": summary.reason,
        "moves": [
            {
                "at": move.at.isoformat(),
                "step": move.step,
                "share_per_mille": move.share,
                "dns_share_per_mille": move.dns_share,
            }
            for move in summary.moves
        ],
        "way_back": None
        if way_back is None
        else {
            "decided_at": way_back.decided.isoformat(),
            "all_blue_at": way_back.verified.isoformat(),
            "settled_at": way_back.settled.isoformat(),
            "breach_to_safe_seconds": way_back.to_safe.total_seconds(),
        },
        "evidence": [
            {
                "at": look.at.isoformat(),
                "share_per_mille": look.share,
                "nats_against_green": round(look.nats, 6),
                "permitted": round(look.permitted, 4),
            }
            for look in summary.evidence
        ],
        "proof": summary.proof,
        "requests": summary.requests,
        "served_badly": dict(summary.bad),
        "virtual_seconds": summary.duration.total_seconds(),
        "executions": summary.executions,
        "pages": summary.pages,
        "journal": {
            "entries": summary.journal_entries,
            "whole": summary.journal_whole,
            "head": summary.journal_head,
        },
    }
