"""Where a cutover stands, as one screen for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shifter.cli.following import View
from shifter.cli.pictures import edges_table, gates_table, named
from shifter.core.gates.gate import Verdict
from shifter.core.lanes import percent
from shifter.core.phases import GOING_BACK, Phase
from shifter.core.quantities import format_duration, span
from shifter.core.record import Record
from shifter.ports import Holder

_BAR = 20  # its line fits 80 columns
_BACK = GOING_BACK | {Phase.ROLLED_BACK}


def screen(view: View, *, short: bool = False) -> RenderableType:
    """The whole screen; a short one sums up the gates, and leaves out what stays."""
    parts: list[RenderableType] = [_head(view), _facts(view, short=short)]
    if view.live.weights:
        parts += [Text(), edges_table(view.live.weights)]
    over = view.ended or view.record.phase in _BACK
    if view.judgements and short and not over:
        parts += [Text(), _summed_up(view)]
    if view.judgements and not short:
        title = [_of_before(view)] if over else []
        parts += [Text(), *title, _gates(view, over=over)]
    return Group(*parts)


def _of_before(view: View) -> Text:
    """That the readings below are old, and hold nothing up any more."""
    at = "" if view.judged_at is None else f", {when(view.judged_at, view.now)}"
    return Text(f"The gates as they were read last{at}; nothing waits for them:")


def _gates(view: View, *, over: bool) -> Table:
    waiting = view.record.waiting.items()
    since = {gate: span(view.now - begun) for gate, begun in waiting}
    return gates_table(view.judgements, None if over else since)


def _summed_up(view: View) -> Text:
    """How many gates pass; what the others say is in `why`."""
    passed = sum(judged.verdict is Verdict.PASS for judged in view.judgements)
    others = len(view.judgements) - passed
    told = f"{passed} gates pass" + (f", {others} do not: see why" if others else "")
    return Text(told, "" if others else "dim")


def _head(view: View) -> Text:
    record = view.record
    left = "from " if record.phase in _BACK else ""
    return Text.assemble(
        named(record.phase),
        f"  {left}step {record.step} of {len(record.plan.steps)}, "
        f"{percent(record.split.share)}  ",
        (record.cutover_id, "bold"),
        f" ({record.environment})",
    )


def _facts(view: View, *, short: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name, told in _rows(view):
        table.add_row(name, told)
    for name, told in () if short else _background(view):
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
        word = "until" if view.bake_ends_at > now else "over since"
        yield "bake", f"{bar} {baked:.0%}, {word} {when(view.bake_ends_at, now)}"
    over = view.ended or record.phase in _BACK
    for gate, since in () if over else sorted(record.waiting.items()):
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
        yield "by hand", f"{edge} was set to {weights.told}"
    if record.rollback is not None:
        yield "way back", _way_back(record, now)
    intended = " or ".join(str(split) for split in record.expected)
    yield "weights", f"the record intends {intended}"
    if view.live.problem:
        yield "", view.live.problem
    if not view.ended:
        yield "next look", when(record.look_again_at, now)
    if not _holds(view):
        yield "lock", told_lock(view)


def _background(view: View) -> Iterator[tuple[str, str | Text]]:
    """What does not change while a cutover is watched."""
    record, now = view.record, view.now
    yield "started", f"{when(record.started_at, now)} by {record.started_by}"
    if _holds(view):
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


def _holds(view: View) -> bool:
    return view.holder is not None and view.holder.cutover_id == view.record.cutover_id


def told_lock(view: View) -> str:
    """Who holds the environment, since when."""
    held = view.holder
    if held is None:
        return "free"
    if _holds(view):
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
