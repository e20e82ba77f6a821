"""A picture of the terminal: the first run's last screen, and the summary of all."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from shifter.cli.demo_summary import print_summary
from shifter.core.errors import Refused

if TYPE_CHECKING:
    from shifter.cli.demo_view import LastScreen
    from shifter_sandbox.summary import Summary

_COLUMNS = 118
_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def write_picture(
    path: Path, screens: Sequence[LastScreen], summaries: list[Summary]
) -> None:
    """Write the picture as an SVG.  Raises Refused where the file cannot be written."""
    console = Console(
        file=io.StringIO(), record=True, width=_COLUMNS, force_terminal=True
    )
    console.print(screens[0].screen)
    console.print()
    print_summary(console, summaries)
    # Rich's page loads a font; a picture in a README should ask nobody for anything.
    picture = _FONT.sub("", console.export_svg(title="shifter demo", unique_id="demo"))
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise Refused(
            f"--picture {path} cannot be written: {error.strerror}; name another file"
        ) from None
