"""Where a cutover stands: as one screen for people, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shifter.cli.following import View
from shifter.cli.pictures import edges_table, gates_table, named, reading, span
from shifter.core.gates.gate import Verdict
from shifter.core.lanes import percent
from shifter.core.phases import GOING_BACK, Phase
from shifter.core.quantities import format_duration
from shifter.core.record import Record
from shifter.ports import Holder

_BAR = 30


def screen(view: View, *, short: bool = False) -> RenderableType:
    """The whole screen; a short one sums up the gates that pass."""
    parts: list[RenderableType] = [_head(view), _facts(view)]
    if view.live.weights:
        parts += [Text(), edges_table(view.live.weights)]
    if view.judgements:
        parts += [Text(), *_gates(view, short=short)]
    return Group(*parts)


def _gates(view: View, *, short: bool) -> Iterator[RenderableType]:
    shown = view.judgements
    if short:
        shown = tuple(j for j in shown if j.verdict is not Verdict.PASS)
    if shown:
        waiting = {} if view.ended else view.record.waiting
        since = {gate: span(view.now - begun) for gate, begun in waiting.items()}
        yield gates_table(shown, since)
    if passed := len(view.judgements) - len(shown):
        yield Text(f"{passed} gates pass", "dim")


def _head(view: View) -> Text:
    record = view.record
    return Text.assemble(
        named(record.phase),
        f"  step {record.step} of {len(record.plan.steps)}, "
        f"{percent(record.split.share)}  ",
        (record.cutover_id, "bold"),
        f" ({record.environment})",
    )


def _facts(view: View) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, told in _rows(view):
        table.add_row(name, told)
    return table


def _rows(view: View) -> Iterator[tuple[str, str | Text]]:
    """What there is to tell, the most urgent first."""
    record, now = view.record, view.now
    if view.nobody_looks:
        yield (
            "DEAD?",
            Text(
                f"nobody has looked since {when(record.look_again_at, now)}: the "
                "watchdog takes it back to blue; do not wait for it: shifter rollback",
                "bold red",
            ),
        )
    yield "why", record.reason
    baked = view.baked
    if baked is not None and view.bake_ends_at is not None:
        bar = "█" * round(baked * _BAR) + "·" * (_BAR - round(baked * _BAR))
        yield "bake", f"{bar} {baked:.0%}, until {when(view.bake_ends_at, now)}"
    for gate, since in () if view.ended else sorted(record.waiting.items()):
        yield "waits for", f"{gate} {_waiting(record, gate, since, now)}"
    if record.pause is not None:
        yield (
            "paused",
            f"{when(record.pause.at, now)} by {record.pause.by}: {record.pause.reason}",
        )
    if record.abort is not None:
        yield (
            "aborted",
            f"{when(record.abort.at, now)} by {record.abort.by}: {record.abort.reason}",
        )
    for edge, weights in sorted(record.adopted.items()):
        yield "by hand", f"{edge} was set to blue/canary/green {weights}"
    if record.rollback is not None:
        yield "way back", _way_back(record, now)
    intended = " or ".join(str(split) for split in record.expected)
    yield "weights", f"the record intends {intended}"
    if view.live.problem:
        yield "", view.live.problem
    if not view.ended:
        yield "next look", when(record.look_again_at, now)
    yield "started", f"{when(record.started_at, now)} by {record.started_by}"
    yield "lock", told_lock(view)
    yield "plan", f"{record.plan.name}: {', '.join(_shares(record))}"


def _shares(record: Record) -> Iterator[str]:
    for step in record.plan.steps:
        yield percent(step.share)


def _waiting(record: Record, gate: str, since: datetime, now: datetime) -> str:
    found = next((g for g in record.plan.all_gates if g.name == gate), None)
    told = f"since {since:%H:%M:%S} ({span(now - since)})"
    if found is None:
        return told
    deadline = record.plan.deadline(found)
    then = found.on_deadline.replace("_", " ")
    return f"{told}; after {format_duration(deadline)}: {then}"


def _way_back(record: Record, now: datetime) -> str:
    begun = record.way_back
    told = f"since {when(begun.since, now)}, {begun.attempts} failed attempts"
    if begun.unable:
        told += f", not written: {', '.join(begun.unable)}"
    if begun.verified_at is not None:
        told += f"; every edge was read all blue {when(begun.verified_at, now)}"
    if record.phase is Phase.ROLLED_BACK:
        proof = record.proof
        told += (
            "; proof that green is quiet is awaited"
            if proof is None
            else f"; {'proven safe' if proof.safe else 'NOT PROVEN'}: {proof.detail}"
        )
    return told


def told_lock(view: View) -> str:
    """Who holds the environment, since when."""
    held = view.holder
    if held is None:
        return "free"
    if held.cutover_id == view.record.cutover_id:
        return f"held by this cutover since {when(held.since, view.now)}"
    return told_holder(held, view.now)


def told_holder(held: Holder, now: datetime) -> str:
    """Who holds, since when and how long at most: a dead holder is known by that."""
    expires = held.expires_at
    if expires is None:
        return f"held by {held.holder} since {when(held.since, now)}"
    if not held.holds(now):
        return f"free: the lease of {held.holder} ran out {when(expires, now)}"
    return (
        f"held by {held.holder} since {when(held.since, now)}, "
        f"at the latest until {when(expires, now)}"
    )


def when(moment: datetime, now: datetime) -> str:
    """A moment, and how far it is from now."""
    day = "" if moment.date() == now.date() else f"{moment:%Y-%m-%d} "
    far = f"in {span(moment - now)}" if moment > now else f"{span(now - moment)} ago"
    return f"{day}{moment:%H:%M:%S} UTC ({far})"


def what_next(view: View) -> tuple[str, ...]:
    """What an operator can type next, for this phase."""
    record = view.record
    if view.ended:
        return (f"shifter explain {record.cutover_id}",)
    if record.phase in GOING_BACK:
        return ("shifter watch", "shifter explain", "shifter resolve --reason TEXT")[
            : 3 if view.stuck else 2
        ]
    asked = [
        f"shifter approve {judged.gate} --reason TEXT"
        for judged in view.judgements
        if judged.kind == "approval" and judged.gate in record.waiting
    ]
    hold = "resume" if record.pause or record.adopted else "pause"
    return (
        *asked,
        f"shifter {hold} --reason TEXT",
        "shifter rollback --reason TEXT",
    )


def document(view: View) -> dict[str, Any]:
    """The same for programs; times in UTC, shares in per mille."""
    record = view.record
    ends_at = view.bake_ends_at
    return {
        "cutover_id": record.cutover_id,
        "environment": record.environment,
        "now": view.now.isoformat(),
        "plan": record.plan.name,
        "phase": record.phase,
        "ended": view.ended,
        "step": record.step,
        "steps": len(record.plan.steps),
        "share_per_mille": record.split.share,
        "started_by": record.started_by,
        "started_at": record.started_at.isoformat(),
        "reason": record.reason,
        "bake_ends_at": None if ends_at is None else ends_at.isoformat(),
        "baked": view.baked,
        "waiting": {g: at.isoformat() for g, at in sorted(record.waiting.items())},
        "paused": _order(record.pause),
        "aborted": _order(record.abort),
        "look_again_at": record.look_again_at.isoformat(),
        "nobody_looks": view.nobody_looks,
        "intended_weights": [split.model_dump() for split in record.expected],
        "live_weights": {
            edge: weights.model_dump() for edge, weights in view.live.weights.items()
        },
        "live_weights_problem": view.live.problem or None,
        "gates": [
            {
                "gate": judged.gate,
                "kind": judged.kind,
                "verdict": judged.verdict.name,
                "reading": reading(judged),
            }
            for judged in view.judgements
        ],
        "rollback": None
        if record.rollback is None
        else record.rollback.model_dump(mode="json"),
        "proof": None if record.proof is None else record.proof.model_dump(mode="json"),
        "lock": lock_document(view.holder),
        "version": record.version,
        "journal_length": record.journal_length,
        "journal_head": record.journal_head,
    }


def lock_document(held: Holder | None) -> dict[str, Any] | None:
    """Who holds the environment, for programs."""
    if held is None:
        return None
    return {
        "holder": held.holder,
        "since": held.since.isoformat(),
        "until": None if held.expires_at is None else held.expires_at.isoformat(),
    }


def _order(order: Any) -> dict[str, Any] | None:
    return None if order is None else order.model_dump(mode="json")
