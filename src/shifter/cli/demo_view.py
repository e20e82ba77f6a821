"""The live view of a run: edges, lanes, DNS, gates, phase, traffic, what just happened.

`LiveView` redraws one screen; `PlainView` prints one line for each transition, for
terminals that cannot be redrawn and for files.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from shifter.core.gates.gate import Judgement, State, Verdict
from shifter.core.lanes import Lane, percent

if TYPE_CHECKING:
    from shifter.core.record import Record
    from shifter_sandbox.play import Moment

REDRAW_SECONDS = 0.1
LINGER_SECONDS = 0.4
"""How long a transition stays on the screen at least."""
_COLOURS = {Lane.BLUE: "blue", Lane.CANARY: "yellow", Lane.GREEN: "green"}
_VERDICTS = {
    Verdict.PASS: Text("pass", "green"),
    Verdict.WAIT: Text("wait", "yellow"),
    Verdict.BREACH: Text("BREACH", "bold red"),
}
_LOG_LINES = 7


class Story:
    """What has happened so far, in lines for people."""

    def __init__(self) -> None:
        self.lines: list[Text] = []
        self._told: set[str] = set()
        self._stood: tuple[str, int] = ("", 0)

    def learn(self, moment: Moment) -> list[Text]:
        """The new lines of this moment."""
        new = [
            Text.assemble(_clock(at), "  ", (f"! {told}", "bold magenta"))
            for told, at in moment.happened.items()
            if told not in self._told
        ]
        self._told.update(moment.happened)
        record = moment.record
        if record is not None:
            stands = (str(record.phase), record.step)
            if stands != self._stood:
                self._stood = stands
                new.append(_transition(moment, record))
        self.lines.extend(new)
        return new


class PlainView:
    """One line for each transition."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._story = Story()
        self._headed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._console.print()

    def show(self, moment: Moment) -> None:
        if not self._headed:
            self._headed = True
            self._console.rule(f"{self._title}: {moment.scenario.told}", align="left")
        for line in self._story.learn(moment):
            self._console.print(line)


class LiveView:
    """One screen that is redrawn while the run goes on."""

    def __init__(self, console: Console, title: str) -> None:
        self._title = title
        self._story = Story()
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, moment: Moment) -> None:
        new = self._story.learn(moment)
        if not new and time.perf_counter() - self._drawn < REDRAW_SECONDS:
            return
        self._live.update(self._screen(moment), refresh=True)
        self._drawn = time.perf_counter()
        if new:
            time.sleep(LINGER_SECONDS)

    def _screen(self, moment: Moment) -> RenderableType:
        log = Text("\n").join(self._story.lines[-_LOG_LINES:])
        return Panel(
            Group(
                _head(moment),
                Text(),
                _edges(moment),
                Text(),
                _gates(moment.judgements),
                Text(),
                log,
            ),
            title=f"{self._title}: {moment.scenario.told}",
            title_align="left",
        )


def _head(moment: Moment) -> Table:
    table = Table.grid(padding=(0, 3))
    record = moment.record
    table.add_row(
        Text.assemble(("time  ", "dim"), _clock(moment.now)),
        Text.assemble(("for  ", "dim"), _span(moment.now - moment.since)),
        _stands(record),
        Text.assemble(("next look  ", "dim"), _next_look(record, moment.now)),
    )
    total = moment.total
    bad = total.errors.total()
    lately = moment.lately
    table.add_row(
        Text.assemble(("requests  ", "dim"), f"{total.total:,}"),
        Text.assemble(("badly  ", "dim"), (f"{bad:,}", "red" if bad else "")),
        Text.assemble(
            ("on green, last 10 s  ", "dim"),
            f"{lately.share(Lane.GREEN):.1%}" if lately else "-",
        ),
        Text(),
    )
    return table


def _stands(record: Record | None) -> Text:
    if record is None:
        return Text("preparing", "bold")
    steps = len(record.plan.steps)
    return Text.assemble(
        (record.phase, "bold"),
        f"  step {record.step} of {steps}, {percent(record.split.share)}",
    )


def _next_look(record: Record | None, now: datetime) -> str:
    if record is None:
        return "-"
    left = (record.look_again_at - now).total_seconds()
    return f"in {left:.0f} s" if left > 0 else "now"


def _edges(moment: Moment) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for column in ("edge", "blue", "green", "", "DNS"):
        table.add_column(column, justify="right" if column != "" else "left")
    dns_total = sum(moment.dns.values())
    for edge, weights in sorted(moment.weights.items()):
        parts = {lane: weights.of(lane) / max(weights.total, 1) for lane in Lane}
        bar = Text()
        for lane, part in parts.items():
            bar.append("█" * round(part * 40), _COLOURS[lane])
        dns = moment.dns.get(edge)
        table.add_row(
            edge,
            f"{parts[Lane.BLUE]:.1%}",
            f"{parts[Lane.GREEN]:.1%}",
            bar,
            "-" if dns is None else f"{dns / max(dns_total, 1):.0%}",
        )
    return table


def _gates(judgements: tuple[Judgement, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    table.add_column("gate", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("reading", no_wrap=True, overflow="ellipsis")
    for judged in judgements:
        quiet = judged.verdict is Verdict.PASS
        table.add_row(
            Text(judged.gate, "" if not quiet else "dim"),
            _VERDICTS[judged.verdict],
            Text(_reading(judged), "dim" if quiet else ""),
        )
    return table


def _reading(judged: Judgement) -> str:
    if judged.reading.state in {State.NO_DATA, State.UNREADABLE}:
        return f"{judged.reading.state.replace('_', ' ')}: {judged.reading.detail}"
    return judged.reading.detail


def _transition(moment: Moment, record: Record) -> Text:
    style = {
        "ROLLING_BACK": "bold red",
        "ROLLBACK_STUCK": "bold red",
        "ROLLED_BACK": "bold blue",
        "COMPLETED": "bold green",
    }.get(record.phase, "")
    return Text.assemble(
        _clock(moment.now),
        "  ",
        (f"{record.phase:13}", style),
        f" step {record.step}, {percent(record.split.share)}: ",
        record.reason,
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}"


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s"
