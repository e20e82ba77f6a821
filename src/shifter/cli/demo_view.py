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

from shifter.cli.pictures import clock, edges_table, gates_table, transition
from shifter.core.lanes import Lane, percent

if TYPE_CHECKING:
    from shifter.core.record import Record
    from shifter_sandbox.play import Moment

REDRAW_SECONDS = 0.1
LINGER_SECONDS = 0.4
"""How long a transition stays on the screen at least."""
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
            Text.assemble(clock(at), "  ", (f"! {told}", "bold magenta"))
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
        self._live.update(_screen(self._title, moment, self._story), refresh=True)
        self._drawn = time.perf_counter()
        if new:
            time.sleep(LINGER_SECONDS)


class LastScreen:
    """What a redrawn screen shows in the end, for a picture of it."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._story = Story()
        self._moment: Moment | None = None

    def show(self, moment: Moment) -> None:
        self._story.learn(moment)
        self._moment = moment

    @property
    def screen(self) -> RenderableType:
        """The screen; empty before the first moment."""
        if self._moment is None:
            return Text()
        return _screen(self._title, self._moment, self._story)


def _screen(title: str, moment: Moment, story: Story) -> RenderableType:
    log = Text("\n").join(story.lines[-_LOG_LINES:])
    return Panel(
        Group(
            _head(moment),
            Text(),
            edges_table(moment.weights, moment.dns),
            Text(),
            gates_table(moment.judgements),
            Text(),
            log,
        ),
        title=f"{title}: {moment.scenario.told}",
        title_align="left",
    )


def _head(moment: Moment) -> Table:
    table = Table.grid(padding=(0, 3))
    record = moment.record
    table.add_row(
        Text.assemble(("time  ", "dim"), clock(moment.now)),
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


def _transition(moment: Moment, record: Record) -> Text:
    return transition(
        moment.now,
        phase=record.phase,
        step=record.step,
        share=record.split.share,
        reason=record.reason,
    )


def _span(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min {seconds:02} s"
