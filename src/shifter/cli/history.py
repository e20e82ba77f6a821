"""`shifter history` and `shifter explain`: what happened, and why, from the journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from shifter.cli.connection import Connection
from shifter.cli.look import console
from shifter.cli.operated import AsJson, MaybeId
from shifter.cli.pictures import named, reading
from shifter.core.case import Decision
from shifter.core.errors import NotFound, ShifterError
from shifter.core.gates.gate import Judgement, Verdict
from shifter.core.hindsight import decided_otherwise
from shifter.core.journal import Entry, broken_at
from shifter.core.lanes import percent
from shifter.core.record import Record

_ROOM = 100
"""Columns that the table needs for a sentence to stay one."""


class BrokenChain(ShifterError):
    """The journal is not what was written: an entry was changed, lost or added."""


class DecidedOtherwise(ShifterError):
    """A decision of the journal does not follow from what its entry holds."""


def history(
    to: Connection, cutover_id: MaybeId = None, as_document: AsJson = False
) -> None:
    """Show the journal, verify the chain of its hashes, and decide everything again."""
    record = to.record(cutover_id)
    entries = to.store.journal(record.cutover_id)
    broken = _broken_at(record, entries)
    head = entries[-1].hash if entries else ""
    made = sum(entry.grounds is not None for entry in entries)
    otherwise = tuple(decided_otherwise(entries, record.plan))
    if as_document:
        told = {
            "cutover_id": record.cutover_id,
            "environment": record.environment,
            "whole": broken is None,
            "broken_at": broken,
            "head": head,
            "decisions": made,
            "decided_otherwise": [
                {
                    "number": entry.number,
                    "action": now.action,
                    "rule": now.rule,
                    "reason": now.reason,
                }
                for entry, now in otherwise
            ],
            "entries": [entry.model_dump(mode="json") for entry in entries],
        }
        print(json.dumps(told, indent=2))
    else:
        out = console()
        out.print(_table(entries) if out.width >= _ROOM else _two_lines(entries))
    if broken is not None:
        raise BrokenChain(
            f"the journal of {record.cutover_id} is broken at entry {broken}: compare "
            "it with the journal heads in the notices, and keep the table as it is"
        )
    if otherwise:
        raise DecidedOtherwise(_told_otherwise(*otherwise[0], len(otherwise)))
    if not as_document:
        print(f"The chain of {len(entries)} entries is whole. Its head: {head}")
        print(f"Each of {made} decisions was made again, from its entry: all alike.")


def _told_otherwise(entry: Entry, now: Decision, count: int) -> str:
    """What the first such decision was, what it would be, and what that can mean."""
    also = f" ({count} decisions in all)" if count > 1 else ""
    return (
        f"entry {entry.number} decided {entry.action} by {entry.rule}, and this "
        f"version decides {now.action} by {now.rule} on the same grounds{also}: "
        "another version of Shifter made it, or somebody changed the record: "
        "compare with the notices of that time"
    )


def _broken_at(record: Record, entries: Sequence[Entry]) -> int | None:
    """The first entry that breaks the chain; what the record knows must be there."""
    broken = broken_at(entries)
    if broken is not None:
        return broken
    known = record.journal_length
    if len(entries) < known:
        return len(entries) + 1
    return None if entries[known - 1].hash == record.journal_head else known


def _table(entries: Sequence[Entry]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("no.", "time (UTC)", "actor", "action", "rule"):
        table.add_column(column, no_wrap=column != "actor", overflow="fold")
    table.add_column("reason", overflow="fold", ratio=1)
    day = None
    for entry in entries:
        date = "" if entry.at.date() == day else f"{entry.at:%Y-%m-%d} "
        day = entry.at.date()
        table.add_row(
            str(entry.number),
            f"{date}{entry.at:%H:%M:%S}",
            _short(entry.actor),
            entry.action,
            entry.rule,
            Text(entry.reason),
        )
    return table


def _two_lines(entries: Sequence[Entry]) -> Table:
    """The same where a column of reasons would be a few words wide."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for entry in entries:
        table.add_row(
            str(entry.number),
            Text.assemble(
                (f"{entry.at:%Y-%m-%d %H:%M:%S}", "bold"),
                f"  {_short(entry.actor)}: {entry.action}, {entry.rule}\n",
                entry.reason,
            ),
        )
    return table


def _short(actor: str) -> str:
    """The end of an ARN: what tells people apart who are in one account."""
    return actor.rsplit(":", 1)[-1] if actor.startswith("arn:") else actor


# --- explain --------------------------------------------------------------------------

_NOT_DECISIVE = frozenset({"claim", "ignore", "notify", "prove", "settle", "verify"})


def explain(
    to: Connection,
    cutover_id: MaybeId = None,
    number: Annotated[
        int | None,
        typer.Option("--entry", metavar="N", min=1, help="Explain this entry."),
    ] = None,
    as_document: AsJson = False,
) -> None:
    """Say in one sentence why a cutover is where it is.

    It is told from the journal: the last decision, and the readings that led to it.
    """
    record = to.record(cutover_id)
    entries = to.store.journal(record.cutover_id)
    entry = _entry(entries, number) if number else _decisive(entries)
    mattered = _mattered(entry)
    known = _known(entries, entry, mattered)
    sentence = _sentence(record, entry)
    if as_document:
        told: dict[str, Any] = {
            "cutover_id": record.cutover_id,
            "phase": record.phase,
            "why": sentence,
            "entry": entry.model_dump(mode="json"),
            "readings_that_mattered": [j.model_dump(mode="json") for j in mattered],
            "evidence": [judged.model_dump(mode="json") for judged in known],
        }
        print(json.dumps(told, indent=2))
        return
    out = console()
    out.print(Text(sentence))
    for judged in (*mattered, *known):
        at = judged.reading.at
        seen = "" if at is None else f" (at {at:%H:%M:%S})"
        out.print(Text(f"  {judged.gate}: {reading(judged)}{seen}"))
    out.print(
        Text.assemble(
            f"Entry {entry.number} of {len(entries)}, rule {entry.rule}; "
            f"{record.cutover_id} is now ",
            named(record.phase),
        )
    )
    out.print(f"\n  shifter status {record.cutover_id}", style="dim")


def _entry(entries: Sequence[Entry], number: int) -> Entry:
    if number > len(entries):
        raise NotFound(f"there is no entry {number}: the journal has {len(entries)}")
    return entries[number - 1]


def _decisive(entries: Sequence[Entry]) -> Entry:
    """The last decision, or the last order of a person."""
    return next(e for e in reversed(entries) if e.action not in _NOT_DECISIVE)


def _mattered(entry: Entry) -> tuple[Judgement, ...]:
    """The readings that led there: the worst, where anything did not pass."""
    worst = max((j.verdict for j in entry.judgements), default=Verdict.PASS)
    if worst is Verdict.PASS:
        return ()
    return tuple(j for j in entry.judgements if j.verdict is worst)


def _known(
    entries: Sequence[Entry], entry: Entry, told: tuple[Judgement, ...]
) -> tuple[Judgement, ...]:
    """What evidence there was then, in numbers, whether it decided or not.

    An entry without readings follows from one that had some.
    """
    before = (e for e in reversed(entries[: entry.number]) if e.judgements)
    newest = next(before, entry).judgements
    return tuple(j for j in newest if j.kind == "evidence" and j not in told)


def _sentence(record: Record, entry: Entry) -> str:
    at = f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"
    reason = entry.reason.rstrip(".")
    name = record.cutover_id
    if entry.rule == "ordered":
        return f"{name}: {entry.actor} ordered {entry.action} at {at}: {reason}."
    told = {
        "prepare": f"began at {at}, because {reason}",
        "shift": f"moved to {_share(record, entry)} at {at}, because {reason}",
        "hold": f"stayed at {_share(record, entry)} at {at}, because {reason}",
        "roll_back": f"went back to blue at {at}, because {reason}",
        "stuck": f"could not be made all blue at {at}, because {reason}",
        "complete": f"was completed at {at}, because {reason}",
        "hand_over": f"went on in a fresh execution at {at}, because {reason}",
    }.get(entry.action, f"{entry.action} at {at}: {reason}")
    by = "" if entry.rule != "asked" else f" (asked by {entry.actor})"
    return f"{name} {told}{by}."


def _share(record: Record, entry: Entry) -> str:
    step = f"step {entry.step} of {len(record.plan.steps)}"
    return f"{step}, {percent(record.plan.split(entry.step).share)}"
