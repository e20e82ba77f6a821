"""`shifter status` and `shifter watch`: where the cutover stands."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from itertools import chain
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from shifter.cli.connection import Connection
from shifter.cli.errors import ExitCode
from shifter.cli.following import Following, View, told_once
from shifter.cli.next_steps import what_next
from shifter.cli.operated import AsJson, MaybeId
from shifter.cli.pictures import fitting, log, transition
from shifter.cli.plain_console import PlainConsole, Teller
from shifter.cli.standing import screen, told_holder
from shifter.cli.standing_json import document, lock_document
from shifter.core.journal import Entry
from shifter.core.phases import Phase

WIDTH_WITHOUT_TERMINAL = 100
STUCK = (
    "STUCK, people were paged: mend the cause. Shifter tries again until it is through."
)
UntilStuck = Annotated[
    bool, typer.Option("--until-stuck", help="End with 11 once the rollback is stuck.")
]
_LOG_LINES = 7
_SHORT_LOG_LINES = (3, 2, 1)


def status(
    to: Connection, cutover_id: MaybeId = None, as_document: AsJson = False
) -> None:
    """Tell once where a cutover stands, and who holds the lock.

    Without an id it is the cutover that was begun last.
    """
    named = cutover_id or to.latest()
    if named is None:
        _tell_nothing(to, as_document=as_document)
        return
    view = Following(to, named).look()
    if as_document:
        print(json.dumps(document(view), indent=2))
        return
    out = console()
    if view.ended:
        out.print(f"Nothing is active in {view.record.environment}. The last one:")
    out.print(screen(view))
    tell_next(out, view)


def _tell_nothing(to: Connection, *, as_document: bool) -> None:
    environment = to.deployed.environment
    held = to.store.environment(environment).holder
    if as_document:
        told = {
            "cutover_id": None,
            "environment": environment,
            "now": to.now().isoformat(),
            "lock": lock_document(held),
        }
        print(json.dumps(told, indent=2))
        return
    lock = (
        "the lock is free"
        if held is None
        else f"the lock is {told_holder(held, to.now())}"
    )
    print(f"Nothing is active in {environment}, and {lock}.")


def watch(
    to: Connection,
    cutover_id: MaybeId = None,
    *,
    until_stuck: UntilStuck = False,
    as_document: AsJson = False,
) -> None:
    """Watch a cutover until it ends; the exit code tells how.

    A rollback that is stuck is tried again, and followed until it is through.
    Ctrl-C stops watching and leaves the cutover alone.  Where the terminal cannot be
    redrawn, each transition is one line; with --json, one JSON document a line.
    """
    named = to.record(cutover_id).cutover_id
    follow(to, named, as_document=as_document, until_stuck=until_stuck)


def follow(
    to: Connection, cutover_id: str, *, as_document: bool, until_stuck: bool = False
) -> None:
    """Watch to the end; leave with the exit code that tells how it ended."""
    out = console()
    shown = (
        _Documents()
        if as_document
        else _Screen(out)
        if out.is_terminal
        else _Lines(out)
    )
    view = None
    try:
        with shown:
            for view in Following(to, cutover_id).views():
                shown.show(view)
                if until_stuck and view.stuck:
                    break
    except KeyboardInterrupt:
        told = f"Stopped watching. {cutover_id} goes on: shifter watch {cutover_id}"
        Teller().print(told)
        stuck = view is not None and view.stuck
        raise typer.Exit(ExitCode.STUCK if stuck else ExitCode.INTERRUPTED) from None
    if view is not None and view.stuck and as_document:
        print(json.dumps(document(view)), flush=True)
    if view is not None and not as_document:
        _tell_end(out, view)
    raise typer.Exit(_code(view))


def _code(view: View | None) -> ExitCode:
    codes = {
        Phase.COMPLETED: ExitCode.OK,
        Phase.ROLLED_BACK: ExitCode.ROLLED_BACK,
        Phase.ROLLBACK_STUCK: ExitCode.STUCK,
    }
    return ExitCode.UNEXPECTED if view is None else codes[view.record.phase]


def _tell_end(out: Console, view: View) -> None:
    out.print(f"\n{view.record.phase}: {view.record.reason}")
    tell_next(out, view)


def tell_next(out: Console, view: View) -> None:
    """Print what to type next."""
    out.print()
    for command in what_next(view):
        out.print(f"  {command}", style="dim")


class _Documents(nullcontext[None]):
    """One JSON document a line: each new entry, then where it stands at the end."""

    def show(self, view: View) -> None:
        for entry in view.new:
            print(entry.model_dump_json(exclude={"judgements"}), flush=True)
        if view.ended:
            print(json.dumps(document(view)), flush=True)


class _Lines(nullcontext[None]):
    """One line a transition."""

    def __init__(self, out: Console) -> None:
        super().__init__()
        self._out = out
        self._last: Entry | None = None
        self._stuck = False

    def show(self, view: View) -> None:
        for line in _told(view, self._last):
            self._out.print(line, soft_wrap=True)
        self._last = next(reversed(view.new), self._last)
        if view.stuck and not self._stuck:
            self._out.print(f"\n{STUCK}", soft_wrap=True)
            tell_next(self._out, view)
        self._stuck = view.stuck


class _Screen:
    """One screen that is redrawn."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._live = Live(
            console=out,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._log: list[Text] = []
        self._last: Entry | None = None

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, view: View) -> None:
        self._log += _told(view, self._last)
        self._last = next(reversed(view.new), self._last)
        whole = self._drawn(view, _LOG_LINES, short=False)
        short = (self._drawn(view, n, short=True) for n in _SHORT_LOG_LINES)
        self._live.update(fitting(self._out, chain([whole], short)), refresh=True)

    def _drawn(self, view: View, lines: int, *, short: bool) -> Panel:
        news = self._log[-lines:]
        told = _cut(news) if short else log(news)
        parts: list[RenderableType] = [screen(view, short=short), Text(), told]
        if view.stuck:
            parts.append(Text(STUCK, "bold red"))
        if not view.ended:
            typed = " | ".join(what_next(view))
            parts.append(Text(f"In another shell: {typed}", "dim"))
        return Panel(
            Group(*parts),
            title=f"{view.record.plan.name}; Ctrl-C stops watching only",
            title_align="left",
        )


def _cut(lines: list[Text]) -> Text:
    """One row for each line; `why` has the last reason in whole."""
    cut = Text("\n").join(lines)
    cut.no_wrap, cut.overflow = True, "ellipsis"
    return cut


def _told(view: View, last: Entry | None) -> list[Text]:
    """The new entries that say something new, one line each."""
    return [
        transition(
            entry.at,
            phase=entry.phase,
            step=entry.step,
            share=view.record.plan.split(entry.step).share,
            reason=_reason(entry),
        )
        for entry in told_once(view.new, last)
    ]


def _reason(entry: Entry) -> str:
    """Why; with the person, where a person ordered it."""
    if entry.rule not in {"ordered", "asked"}:
        return entry.reason
    return f"{entry.action} by {entry.actor}: {entry.reason}"


def console() -> Console:
    """Standard output, as wide as the terminal is."""
    width = shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 25)).columns
    return PlainConsole(width=width)
