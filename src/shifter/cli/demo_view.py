"""The live view of a run: edges, lanes, DNS, gates, phase, traffic, what just happened.

`LiveView` redraws one screen, as much of it as fits; `PlainView` prints one line for
each transition, for terminals that cannot be redrawn and for files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from shifter.cli.pictures import (
    clock,
    edges_table,
    fitting,
    gates_table,
    log,
    named,
    transition,
)
from shifter.core.gates.gate import Verdict
from shifter.core.lanes import Lane, percent
from shifter.core.phases import ENDS, GOING_BACK
from shifter.core.quantities import span

if TYPE_CHECKING:
    from shifter.core.record import Record
    from shifter_sandbox.play import Moment

REDRAW_SECONDS = 0.1
LINGER_SECONDS = 0.4
"""How long a transition stays on the screen at least."""
_LOG_LINES = 7
_BEFORE = (
    "An AWS account is being emulated; blue serves its payments for a few minutes "
    "before the cutover starts."
)


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

    def __enter__(self) -> Self:
        self._console.rule(self._title, align="left")
        return self

    def __exit__(self, *_: object) -> None:
        self._console.print()

    def show(self, moment: Moment) -> None:
        for line in self._story.learn(moment):
            self._console.print(line)


class LiveView:
    """One screen that is redrawn while the run goes on."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._story = Story()
        self._live = Live(console=console, auto_refresh=False, transient=False)
        self._drawn = 0.0

    def __enter__(self) -> Self:
        self._live.start()
        self._live.update(_panel(self._title, Text(_BEFORE, "dim")), refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, moment: Moment) -> None:
        new = self._story.learn(moment)
        if not new and time.perf_counter() - self._drawn < REDRAW_SECONDS:
            return
        whole = _screen(self._title, moment, self._story)
        short = (
            _screen(self._title, moment, self._story, lines=lines, short=True)
            for lines in range(_LOG_LINES, 0, -1)
        )
        shown = fitting(self._console, chain([whole], short))
        self._live.update(shown, refresh=True)
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


def _screen(
    title: str,
    moment: Moment,
    story: Story,
    *,
    lines: int = _LOG_LINES,
    short: bool = False,
) -> RenderableType:
    """The whole screen; a short one sums up the gates that pass."""
    return _panel(
        title,
        Group(
            _head(moment),
            Text(),
            edges_table(moment.weights, moment.dns or None),
            Text(),
            *_gates(moment, short=short),
            Text(),
            log(story.lines[-lines:]),
        ),
    )


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(content, title=title, title_align="left")


def _gates(moment: Moment, *, short: bool) -> Iterator[RenderableType]:
    judged = moment.judgements
    shown = [j for j in judged if not short or j.verdict is not Verdict.PASS]
    if shown:
        yield gates_table(shown, heading=_heading(moment.record))
    if passed := len(judged) - len(shown):
        yield Text(f"{passed} gates pass", "dim")


def _heading(record: Record | None) -> str:
    """Whoever goes back looks at no gate any more, nor does one who has ended."""
    deciding = record is None or record.phase not in ENDS | GOING_BACK
    return "reading" if deciding else "reading at the last look"


def _head(moment: Moment) -> Text:
    record, lately = moment.record, moment.lately
    failed = moment.total.errors.total()
    return Text.assemble(
        _stands(record),
        ("    next look  ", "dim"),
        _next_look(record, moment.now),
        ("\ntime  ", "dim"),
        f"{clock(moment.now)}, {span(moment.now - moment.since)} after the start",
        ("\nrequests  ", "dim"),
        f"{moment.total.total:,}",
        ("    failed  ", "dim"),
        (f"{failed:,}", "red" if failed else ""),
        ("    on green, last 10 s  ", "dim"),
        f"{lately.share(Lane.GREEN):.1%}" if lately else "-",
    )


def _stands(record: Record | None) -> Text:
    if record is None:
        return Text("preparing", "bold")
    steps = len(record.plan.steps)
    return Text.assemble(
        named(record.phase),
        f"  step {record.step} of {steps}, {percent(record.split.share)}",
    )


def _next_look(record: Record | None, now: datetime) -> str:
    if record is None or record.phase in ENDS:
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
