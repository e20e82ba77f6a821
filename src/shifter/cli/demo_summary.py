"""The one page at the end of a demonstration."""

from __future__ import annotations

from datetime import timedelta
from textwrap import fill
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shifter.cli.evidence_picture import picture
from shifter.cli.pictures import clock
from shifter.core.lanes import percent
from shifter.core.phases import Phase

if TYPE_CHECKING:
    from shifter_sandbox.summary import Summary

_KEPT = "\N{NO-BREAK SPACE}"
_INDENT = " " * len("enough  ")
_LEFT = len("  breach to safe  ")
"""Columns before what is told."""
_ENDS = {Phase.COMPLETED: "bold green", Phase.ROLLED_BACK: "bold blue"}


def print_summary(console: Console, summaries: list[Summary]) -> None:
    """Print what moved when, why it came back, whom it hurt, and how fast."""
    from shifter_sandbox.gateway import LATENCY

    console.rule("Summary", align="left")
    for summary in summaries:
        console.print(
            Text.assemble(
                (summary.name, "bold"),
                f": {summary.told}  ->  ",
                (summary.end, _ENDS.get(summary.end, "bold red")),
                "" if summary.as_told else ("  (not as expected)", "bold red"),
            )
        )
        console.print(
            Padding(_facts(summary, LATENCY, console.width - _LEFT), (0, 0, 1, 2))
        )
    real = sum(summary.real_seconds for summary in summaries)
    virtual = sum((summary.duration for summary in summaries), timedelta())
    console.print(
        f"{len(summaries)} runs, {_span(virtual)} of virtual time in {real:.0f} s. "
        "Only AWS was emulated: the state machine, the functions and the adapters "
        "are the ones that run there."
    )


def _facts(summary: Summary, latency: float, room: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    moves = ", ".join(
        f"{clock(move.at)} {percent(move.share)}".replace(" ", _KEPT)
        + _dns_told(summary, index)
        for index, move in enumerate(summary.moves)
    )
    table.add_row("moved", _kept(moves, room) or "nothing")
    table.add_row("why" if summary.way_back else "end", summary.reason)
    if summary.way_back is not None:
        back = summary.way_back
        noticed = back.to_notice
        before = "" if noticed is None else f"seen {_span(noticed)} after it began; "
        table.add_row(
            "way back",
            f"{before}decided {clock(back.decided)}, "
            f"all blue {clock(back.verified)}, certain {clock(back.settled)}",
        )
        table.add_row(
            "breach to safe",
            Text.assemble(
                (f"{back.to_safe.total_seconds():.1f} s", "bold"),
                f", counting {latency * 1000:.0f} ms for each AWS call",
            ),
        )
        table.add_row("proof", summary.proof or "none")
    lines = picture(summary.evidence, summary.alpha)
    if lines:
        table.add_row("evidence", _kept(lines[0], room))
        for line in lines[1:]:
            left, gap, caption = line.rpartition("  ")
            table.add_row("", _kept(left + gap + caption.replace(" ", _KEPT), room))
    bad = ", ".join(
        f"{count:,} on {lane}" for lane, count in sorted(summary.bad.items())
    )
    table.add_row(
        "served",
        f"{summary.requests:,} requests in {_span(summary.duration)}; "
        f"badly: {bad or 'none'}",
    )
    whole = "whole" if summary.journal_whole else "BROKEN"
    table.add_row(
        "journal",
        f"{summary.journal_entries} entries, {whole}, "
        f"head {summary.journal_head[:12]}; "
        f"pages: {summary.pages}; executions: {summary.executions}",
    )
    return table


def _dns_told(summary: Summary, index: int) -> str:
    """What a move did to DNS, if it did anything."""
    before = summary.moves[index - 1].dns_share if index else None
    share = summary.moves[index].dns_share
    told = f" (DNS {percent(share or 0)})".replace(" ", _KEPT)
    return "" if share is None or share == before else told


def _kept(text: str, room: int) -> Text:
    """Lines that fit, broken at no blank that is to be kept."""
    broken = fill(text, room, subsequent_indent=_INDENT if "  " in text else "")
    return Text(broken.replace(_KEPT, " "), no_wrap=True)


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
