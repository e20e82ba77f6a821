"""Pictures of a cutover: edges, gates and transitions, the same in every view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from shifter.core.gates.gate import Judgement, State, Verdict
from shifter.core.lanes import Lane, Weights, percent
from shifter.core.phases import Phase

_COLOURS = {Lane.BLUE: "blue", Lane.CANARY: "yellow", Lane.GREEN: "green"}
# Without colours the lanes must still differ.
_SHADES = {Lane.BLUE: "█", Lane.CANARY: "▒", Lane.GREEN: "░"}
_VERDICTS = {
    Verdict.PASS: Text("pass", "green"),
    Verdict.WAIT: Text("wait", "yellow"),
    Verdict.BREACH: Text("BREACH", "bold red"),
}
_PHASES = {
    Phase.ROLLING_BACK: "bold red",
    Phase.ROLLBACK_STUCK: "bold red",
    Phase.ROLLED_BACK: "bold blue",
    Phase.COMPLETED: "bold green",
}
_BAR = 40
_BAR_BESIDE_DNS = 36
"""So that the table fits a terminal of 80 columns, also in a frame."""


def edges_table(
    weights: Mapping[str, Weights], dns: Mapping[str, int] | None = None
) -> Table:
    """What each edge sends where; with DNS weights by edge, where they are known."""
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    length = _BAR if dns is None else _BAR_BESIDE_DNS
    for column in ("edge", "blue", "green", "", *(["DNS"] if dns is not None else [])):
        table.add_column(column, justify="right" if column else "left")
    dns_total = sum((dns or {}).values())
    for edge, found in sorted(weights.items()):
        parts = {lane: found.of(lane) / max(found.total, 1) for lane in Lane}
        row: list[str | Text] = [
            edge,
            f"{parts[Lane.BLUE]:.1%}",
            f"{parts[Lane.GREEN]:.1%}",
            _bar(parts, length),
        ]
        if dns is not None:
            row.append(f"{dns[edge] / max(dns_total, 1):.0%}" if edge in dns else "-")
        table.add_row(*row)
    return table


def _bar(parts: Mapping[Lane, float], length: int) -> Text:
    """A lane that gets anything at all is seen; the largest one gives way."""
    cells = {
        lane: max(1, round(part * length)) if part else 0
        for lane, part in parts.items()
    }
    if any(parts.values()):
        largest = max(parts, key=lambda lane: parts[lane])
        cells[largest] += length - sum(cells.values())
    return Text.assemble(
        *((_SHADES[lane] * count, _COLOURS[lane]) for lane, count in cells.items())
    )


def gates_table(
    judgements: Iterable[Judgement],
    since: Mapping[str, str] | None = None,
    *,
    heading: str = "reading",
) -> Table:
    """The last reading of each gate; `since` tells for how long gates have waited."""
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    table.add_column("gate", no_wrap=True)
    table.add_column("", no_wrap=True)
    if since is not None:
        table.add_column("waits", no_wrap=True)
    table.add_column(heading)  # goes on in the next line: it is what people look for
    for judged in judgements:
        quiet = "dim" if judged.verdict is Verdict.PASS else ""
        waits = [] if since is None else [since.get(judged.gate, "")]
        table.add_row(
            Text(judged.gate, quiet),
            _VERDICTS[judged.verdict],
            *waits,
            Text(reading(judged), quiet),
        )
    return table


def reading(judged: Judgement) -> str:
    """What a gate saw, in words."""
    if judged.reading.state in {State.NO_DATA, State.UNREADABLE}:
        return f"{judged.reading.state.replace('_', ' ')}: {judged.reading.detail}"
    return judged.reading.detail


def transition(
    at: datetime, *, phase: Phase, step: int, share: int, reason: str
) -> Text:
    """One line: when, where the cutover stands now, and why."""
    return Text.assemble(
        clock(at),
        "  ",
        (f"{phase:14}", _PHASES.get(phase, "")),
        f" step {step}, {percent(share)}: ",
        reason,
    )


def log(lines: Iterable[Text]) -> Table:
    """Lines that begin with a clock; a long one goes on beside it, not below it."""
    table = Table.grid()
    table.add_column(no_wrap=True)
    table.add_column()
    for line in lines:
        table.add_row(*line.divide([len("HH:MM:SS  ")]))
    return table


def named(phase: Phase) -> Text:
    """A phase in its colour."""
    return Text(phase, _PHASES.get(phase, "bold"))


def fitting(out: Console, drawn: Iterable[RenderableType]) -> RenderableType:
    """The first that fits the screen, or else the last: longest first, of at least one.

    What a screen cuts off is at its end, which is what happened last.
    """
    shown: RenderableType = ""
    for shown in drawn:
        if len(out.render_lines(shown)) <= out.height:
            break
    return shown


def clock(moment: datetime) -> str:
    """The time of the day."""
    return f"{moment:%H:%M:%S}"
