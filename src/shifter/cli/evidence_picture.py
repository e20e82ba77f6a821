"""A picture of evidence over time: three lines of characters, one for some minutes.

    step    1 %  5 %   10 %
    worse   ▁▁▁▁▁▁▁▁▂▁▁█     up to 155 to 1: 100 to 1 goes back
    enough  ▁▄▆█▁▄███▁██     full: enough for the next step

A character shows the most of what was known in its minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil, log

from shifter.core.explanation import odds
from shifter.core.lanes import PER_MILLE, percent
from shifter.core.replay import Look

WIDEST = 48
"""Characters in a line."""
_LEVELS = "▁▂▃▄▅▆▇█"
_MINUTE = timedelta(minutes=1)


def picture(looks: Sequence[Look], alpha: float) -> tuple[str, ...]:
    """The three lines; none where nothing was seen."""
    seen = [look for look in looks if look.share]
    if not seen:
        return ()
    began, limit = seen[0].at, -log(alpha)
    minutes = ceil((seen[-1].at - began + _MINUTE) / _MINUTE / WIDEST)
    columns: dict[int, list[Look]] = {}
    for look in seen:
        columns.setdefault((look.at - began) // (minutes * _MINUTE), []).append(look)
    width = max(columns) + 1
    worse = [max((g.nats for g in columns.get(n, ())), default=0) for n in range(width)]
    enough = [
        max((g.permitted for g in columns.get(n, ())), default=0) for n in range(width)
    ]
    most = max(look.nats for look in seen)
    against = _drawn([nats / limit for nats in worse])
    return (
        f"step    {_steps(columns, width)}",
        f"worse   {against}  up to {odds(max(most, 0.0))}: {odds(limit)} goes back",
        f"enough  {_drawn(enough)}  full: enough for the next step",
    )


def _drawn(parts: Sequence[float]) -> str:
    """Full is 1 or more, and only that."""
    last = len(_LEVELS) - 1
    return "".join(
        _LEVELS[last if part >= 1 else min(max(int(part * last), 0), last - 1)]
        for part in parts
    )


def _steps(columns: dict[int, list[Look]], width: int) -> str:
    """The share of each step where it begins, as far as there is room."""
    line, share = "", None
    for number in range(width):
        here = max((g.share for g in columns.get(number, ())), default=share)
        if here is not None and here != share and len(line) <= number:
            told = "no control" if here == PER_MILLE else percent(here)
            line = f"{line.ljust(number)}{told} "
        share = here
    return line.rstrip()
