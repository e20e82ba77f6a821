"""A console for texts that others wrote: reasons, readings, what AWS answers.

Such a text is shown as it is: it colours nothing, moves no cursor, and is no markup.
The record and the journal are shown as they were stored, so this holds for entries of
any author.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from shifter.core.plain import plain


class PlainConsole(Console):
    """Prints what others wrote without obeying it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def on_broken_pipe(self) -> None:
        """Leave it to who ends every command; Rich's own way out has code 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is to be printed; only Rich's own control codes stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else _seen(segment)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text of no style, as wide as it is going to be shown."""
        return super().render_str(_lines(text), **options)


class Teller(PlainConsole):
    """Tells on standard error what goes on; nothing waits for who cannot be told."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, or go on: an order is not lost because its news cannot be told."""
        with suppress(OSError):
            super().print(*objects, **options)


def _seen(segment: Segment) -> Segment:
    return Segment(_lines(segment.text), segment.style)


def _lines(text: str) -> str:
    return "\n".join(map(plain, text.split("\n")))
