"""The one page at the end of a demonstration."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shifter.cli.evidence_picture import picture
from shifter.core.lanes import percent
from shifter.core.phases import Phase

if TYPE_CHECKING:
    from shifter_sandbox.summary import Summary

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
        console.print(Padding(_facts(summary, LATENCY), (0, 0, 1, 2)))
    real = sum(summary.real_seconds for summary in summaries)
    virtual = sum((summary.duration for summary in summaries), timedelta())
    console.print(
        f"{len(summaries)} runs, {_span(virtual)} of virtual time in {real:.0f} s. "
        "Only AWS was emulated: the state machine, the functions and the adapters "
        "are the ones that run there."
    )


def _facts(summary: Summary, latency: float) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    moves = ", ".join(
        f"{_clock(move.at)} {percent(move.share)}" + _dns_told(summary, index)
        for index, move in enumerate(summary.moves)
    )
    table.add_row("moved", moves or "nothing")
    table.add_row("why" if summary.way_back else "end", summary.reason)
    if summary.way_back is not None:
        back = summary.way_back
        noticed = back.to_notice
        before = "" if noticed is None else f"seen {_span(noticed)} after it began; "
        table.add_row(
            "way back",
            f"{before}decided {_clock(back.decided)}, "
            f"all blue {_clock(back.verified)}, certain {_clock(back.settled)}",
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
        table.add_row("evidence", Text("\n".join(lines), no_wrap=True))
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
    return "" if share is None or share == before else f" (DNS {percent(share)})"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
